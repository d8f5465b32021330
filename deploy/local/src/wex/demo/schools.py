"""The demo's schools: on the register, with their pupils, and their bookings in every state."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from wex.demo import attendance
from wex.demo.booking import book, until_decided
from wex.demo.seeding import POLL_SECONDS, Seeding
from wex.demo.supply import organisations, sessions_ahead
from wex.demo.world import YEAR_GROUPS, Group, School, World
from wex.journey import roster
from wex.journey.clients import Persona
from wex.journey.supply import AREA

_CANCELLATION = {"reason_code": "school-trip-moved"}


async def seed_schools(seeding: Seeding, world: World) -> None:
    """Put every school on the register with its pupils."""
    known = await organisations(seeding, "institution")
    await asyncio.gather(*(_seed_school(seeding, each, known) for each in world.schools))


async def seed_bookings(seeding: Seeding, world: World) -> None:
    """Book, first what is attended and moves the clock, last what waits for a place that others took."""
    for states in (
        {"attended"},
        {"confirmed", "awaiting_clearance", "cancelled", "withdrawn"},
        {"waitlisted"},
    ):
        await asyncio.gather(
            *(_seed_booking(seeding, each) for each in world.bookings if each.left in states)
        )
    await asyncio.gather(*(_count(seeding, each) for each in seeding.schools.values()))


async def prepare_example(seeding: Seeding, group: Group) -> None:
    """What README.md's requests name: a school, a cohort of it, and a session it may be booked into."""
    school = seeding.schools[group.school]
    who = seeding.persona("school", school)
    body = {"label": f"Year {group.year}, demo", "learner_ids": learners_of(seeding, group)}
    cohort = await seeding.change(who, "bookings", "/v1/cohorts", body)
    session = sessions_ahead(seeding.offers[group.offer], seeding.today)[0]
    seeding.example |= {"SCHOOL": school["id"], "COHORT": cohort["id"], "SESSION": session["id"]}


def learners_of(seeding: Seeding, group: Group) -> list[str]:
    """The learners of a group, by pseudonym."""
    everybody = seeding.learners[group.school, group.year][group.skip :]
    return everybody[: group.learners]


async def _seed_school(seeding: Seeding, school: School, known: dict[str, dict[str, Any]]) -> None:
    async with seeding.limit:
        body = {
            "kind": "institution",
            "name": school.name,
            "institution_type": school.type,
            "area_code": AREA,
            "reference": school.reference,
        }
        organisation = known.get(school.reference) or await seeding.change(
            seeding.hub, "opportunities", "/v1/organisations", body
        )
        seeding.schools[school.reference] = organisation
        await _send_roster(seeding, school, seeding.persona("mis", organisation))
        who = seeding.persona("school", organisation)

        async def look() -> list[dict[str, Any]]:
            return [each async for each in seeding.read_all(who, "bookings", "/v1/learners")]

        learners = await seeding.clients.until(
            look, lambda seen: len(seen) >= school.pupils, "every learner is known", every=POLL_SECONDS
        )
        for year, names in _by_year(learners):
            seeding.learners[school.reference, year] = names
        seeding.advanced()


async def _send_roster(seeding: Seeding, school: School, mis: Persona) -> None:
    content = roster.packed(school.roster(seeding.today))
    key = f"demo-roster-{roster.school_year(seeding.today)}"
    await seeding.clients.call(
        mis, "integrations", "POST", "/v1/rosters", content=content, headers={"Idempotency-Key": key}
    )


def _by_year(learners: Iterable[dict[str, Any]]) -> Iterable[tuple[int, list[str]]]:
    years: defaultdict[int, list[str]] = defaultdict(list)
    for each in sorted(learners, key=lambda learner: learner["family_name"]):
        years[each["year_group"]].append(each["id"])
    return ((year, years[year]) for year in YEAR_GROUPS)


async def _seed_booking(seeding: Seeding, group: Group) -> None:
    async with seeding.limit:
        who = seeding.persona("school", seeding.schools[group.school])
        if group.left == "attended":
            await attendance.seed_attended(seeding, who, group, learners_of(seeding, group))
        elif ahead := sessions_ahead(seeding.offers[group.offer], seeding.today):
            await _book_and_leave(seeding, who, group, ahead[0]["id"])
        seeding.advanced()


async def _book_and_leave(seeding: Seeding, who: Persona, group: Group, session: str) -> None:
    booking = await book(
        seeding, who, session, learners_of(seeding, group), waiting=group.left == "waitlisted"
    )
    if booking is None:
        return
    path = f"/v1/bookings/{booking['id']}"
    if group.left == "withdrawn":
        await seeding.change(who, "bookings", f"{path}/withdrawal")
    if group.left in ("confirmed", "cancelled"):
        await until_decided(seeding, who, booking["id"])
    if group.left == "cancelled":
        await seeding.change(who, "bookings", f"{path}/cancellation", _CANCELLATION)


async def _count(seeding: Seeding, school: dict[str, Any]) -> None:
    who = seeding.persona("school", school)
    async for booking in seeding.read_all(who, "bookings", "/v1/bookings"):
        seeding.bookings[booking["state"]] += 1
    path = f"/v1/institutions/{school['id']}/progress"
    for stage in ("KS3", "KS4"):
        report = await seeding.read(who, "outcomes", path, key_stage=stage)
        seeding.credited_minutes += report["credited_minutes"]
