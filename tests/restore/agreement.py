"""What one service says of a thing, and what the others have kept of it: read as superuser, and compared.

Both sides are put into the same words by SQL. What its owner no longer knows must be over everywhere else.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.faults.reading import Rows

UNSAID = "nobody is told yet"  # the owner's word for what others need not know
_SHOWN = 5  # differences of one kind that are told each


@dataclass(frozen=True)
class Copied:
    """One kind of thing: the owner's rows and a reader's, each as key and value.

    `gone` is the reader's value of what its owner does not know, and of what it may never have heard.
    """

    what: str
    owner: str
    says: str
    reader: str
    keeps: str
    gone: str


@dataclass(frozen=True)
class Compared:
    """How many things two services were compared in, and where they differ."""

    what: str
    between: str
    things: int
    differences: list[str]


async def compare_all(rows: Rows) -> list[Compared]:
    """Every comparison there is, of services with each other and of a service with itself."""
    return [
        *await asyncio.gather(*(_compare(rows, each) for each in COPIED)),
        *await asyncio.gather(*(_add_up(rows, *each) for each in SUMS)),
    ]


async def _compare(rows: Rows, copied: Copied) -> Compared:
    said = {str(key): str(value) for key, value in await rows.ask(copied.owner, copied.says)}
    kept = {str(key): str(value) for key, value in await rows.ask(copied.reader, copied.keeps)}
    found = list(differences(said, kept, copied.gone))
    told = found[:_SHOWN] + ([f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else [])
    return Compared(copied.what, f"{copied.owner}, {copied.reader}", len(said.keys() | kept.keys()), told)


async def _add_up(rows: Rows, what: str, service: str, query: str) -> Compared:
    found = await rows.ask(service, query)
    wrong = [f"{key}: {has}, it should be {wanted}" for key, has, wanted in found if has != wanted]
    return Compared(what, service, len(found), wrong[:_SHOWN])


def differences(said: Mapping[str, str], kept: Mapping[str, str], gone: str) -> Iterator[str]:
    """Where a reader's copies are not what their owner says."""
    for key in sorted(said.keys() | kept.keys()):
        says, keeps = said.get(key), kept.get(key)
        wanted = gone if says is None else says
        if keeps == wanted or (keeps is None and wanted in (gone, UNSAID)):
            continue
        yield f"{key}: the owner says {says or 'nothing'}, the copy {keeps or 'is missing'}"


_ENDED = "state in ('refused', 'expired', 'withdrawn', 'cancelled')"
_BOOKING_LIVES = f"""
    select b.booking_id, case
      when {_ENDED} then 'ended'
      when state in ('waitlisted', 'awaiting_clearance', 'suspended_awaiting') then '{UNSAID}'
      else 'for ' || (select coalesce(string_agg(learner_id::text, ' ' order by learner_id::text), 'nobody')
                      from booking_learners l where l.booking_id = b.booking_id and not l.departed) end
    from bookings b
"""
_EXPECTED = """
    select booking_id, case when ended then 'ended' else 'for ' || (
        select coalesce(string_agg(each::text, ' ' order by each::text), 'nobody')
        from unnest(learner_ids) each) end from bookings
"""
_CLEARED_BY = f"""
    select booking_id, case
      when {_ENDED} then 'over'
      when state in ('confirmed', 'suspended', 'suspended_cleared') then 'granted'
      when state = 'waitlisted' then '{UNSAID}'
      else 'not granted' end
    from bookings
"""
_CLEARANCES = """
    select booking_id, case
      when state in ('ended', 'refused') then 'over'
      when state = 'granted' then 'granted'
      else 'not granted' end
    from clearances
"""
_REGISTERED = """
    select booking_id || ' ' || on_day || ' ' || learner_id, minutes from {} where minutes > 0
"""
# Those whom a roster told; a drill's crowd has no pseudonyms, and nobody was told of it.
_LEARNERS = """
    select learner_id, year_group || case when on_roll then '' else ', left' end
    from learners join pseudonyms using (learner_id)
"""
_KNOWN_LEARNERS = _LEARNERS.replace("join pseudonyms using (learner_id)", "")
_ORGANISATIONS = "select organisation_id, case when open then 'open' else 'closed' end from {}"
_SESSIONS = f"""
    select s.session_id, case
      when o.state = 'draft' then '{UNSAID}'
      when s.state = 'cancelled' then 'cancelled'
      else 'takes place' end
    from sessions s join opportunities o using (opportunity_id)
"""
_KNOWN_SESSIONS = "select session_id, case when cancelled then 'cancelled' else 'takes place' end from {}"
_OPPORTUNITIES = f"""
    select opportunity_id,
        case state when 'draft' then '{UNSAID}' when 'published' then 'listed' else state end
    from opportunities
"""
_ASSURED = """
    select assurance_id, case {0} when 'granted' then 'in force' when 'in_force' then 'in force' else {0} end
        || ' until ' || valid_until from assurances where {0} <> 'lapsed'
"""

COPIED = [
    Copied("bookings and their learners", "bookings", _BOOKING_LIVES, "outcomes", _EXPECTED, "ended"),
    Copied("clearances", "bookings", _CLEARED_BY, "safeguarding", _CLEARANCES, "over"),
    Copied(
        "places taken",
        *("bookings", "select session_id, taken from session_places"),
        *("opportunities", "select session_id, taken from places_taken", "0"),
    ),
    Copied(
        "registers",
        *("bookings", _REGISTERED.format("attendance")),
        *("outcomes", _REGISTERED.format("attendances"), "nobody there"),
    ),
    Copied("learners", "bookings", _LEARNERS, "outcomes", _KNOWN_LEARNERS, "nobody"),
    Copied(
        "organisations",
        *("opportunities", _ORGANISATIONS.format("organisations")),
        *("bookings", _ORGANISATIONS.format("organisations"), "closed"),
    ),
    Copied(
        "organisations",
        *("opportunities", _ORGANISATIONS.format("organisations")),
        *("safeguarding", _ORGANISATIONS.format("known_organisations"), "closed"),
    ),
    Copied(
        "opportunities",
        *("opportunities", _OPPORTUNITIES),
        *("bookings", "select opportunity_id, state from opportunities", "withdrawn"),
    ),
    Copied(
        "sessions",
        *("opportunities", _SESSIONS),
        *("bookings", _KNOWN_SESSIONS.format("sessions"), "cancelled"),
    ),
    Copied(
        "sessions",
        *("opportunities", _SESSIONS),
        *("safeguarding", _KNOWN_SESSIONS.format("known_sessions"), "cancelled"),
    ),
    Copied(
        "assurances in force or suspended",
        *("safeguarding", _ASSURED.format("state")),
        *("bookings", _ASSURED.format("state"), "lapsed"),
    ),
    Copied(
        "assurances in force or suspended",
        *("safeguarding", _ASSURED.format("state")),
        *("opportunities", _ASSURED.format("standing"), "lapsed"),
    ),
]

# What is counted, the count kept, and the count made anew.
SUMS = [
    ("places taken are those of live bookings", "bookings", """
        select session_id, taken, (
            select coalesce(sum(b.places), 0) from bookings b where b.session_id = s.session_id and b.state in
            ('awaiting_clearance', 'confirmed', 'suspended', 'suspended_awaiting', 'suspended_cleared',
             'suspended_revoked'))
        from session_places s"""),
    ("entries of each account", "outcomes", """
        select account_id, entries, (
            select count(*) from ledger_entries e where e.account_id = a.account_id) from accounts a"""),
    ("minutes of each learner", "outcomes", """
        select learner_id, minutes, (
            select coalesce(sum(
                case kind when 'credited' then e.minutes when 'reversed' then -e.minutes end), 0)
            from ledger_entries e join accounts a using (account_id)
            where a.learner_id = t.learner_id and e.key_stage = t.key_stage
              and e.institution_id = t.institution_id)
        from learner_totals t"""),
]  # fmt: skip
