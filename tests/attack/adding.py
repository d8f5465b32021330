"""What the attack needs and the journey leaves out: a corrected register, rows in every table of tenants."""

import asyncio

from tests.faults.reading import Rows
from wex.journey.state import Walk
from wex.platform import Platform

# Rows of the tables that the journey leaves empty.
_ROWS = {
    "outcomes": """
        insert into year_group_changes (institution_id, learner_id, since, year_group)
        select institution_id, learner_id, current_date, 9 from learners limit 1
    """,
    "safeguarding": """
        insert into adult_decisions (decision_id, institution_id, provider_id, supervisor_id, accepted,
          reason_code, decided_on, serves_until, decided_by)
        select gen_random_uuid(), institution_id, provider_id, gen_random_uuid(), true, 'known-to-us',
          current_date, current_date, 'somebody' from clearances limit 1
    """,
}


async def add_rows(platform: Platform) -> None:
    """Put a row of the journey's own tenants into the tables that it leaves empty."""
    rows = Rows(platform.addresses)
    await asyncio.gather(*(rows.ask(service, statement) for service, statement in _ROWS.items()))


async def correct_register(walk: Walk) -> None:
    """The school records one learner's minutes otherwise, and then as before: what was replaced is kept."""
    path = f"/v1/bookings/{walk.bookings['first']}/attendance"
    register = (await walk.clients.call(walk.school, "bookings", "GET", path))["items"][0]
    entries = register["entries"]
    there = next(each for each in entries if each["attended"])
    others = [each for each in entries if each is not there]
    for entry in ({**there, "minutes": there["minutes"] - 1}, there):
        body = {"on": register["on"], "entries": [entry, *others]}
        await walk.clients.call(walk.school, "bookings", "POST", path, body)
