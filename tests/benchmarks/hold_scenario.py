"""A bookings database in use, for the holds: sessions, schools, learners and earlier bookings, by numbers."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx2

from wex.platform import Platform

SESSIONS = 20_000
SCHOOLS = 20
LEARNERS = 60_000  # who book in a round
EARLIER = 20_000  # bookings there already, of as many learners more
PLACES = 1_000_000
SCHOOL, PROVIDER, SITE, OPPORTUNITY, ASSURANCE, SESSION, LEARNER = range(1, 8)
BOOKED = 11
_SCATTER = 2_654_435_761  # odd: every number goes somewhere else

_SEED = f"""
create schema bench;
grant usage on schema bench to public;
create function bench.id(kind int, n bigint) returns uuid language sql immutable parallel safe as
  $$ select (lpad(to_hex(case when kind in ({SCHOOL}, {LEARNER}) then n * {_SCATTER} % {2**32} else n end),
                  8, '0')
     || '-' || lpad(to_hex(kind), 4, '0') || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
create sequence bench.learner;
grant usage on sequence bench.learner to public;
insert into organisations select bench.id({SCHOOL}, n), 'institution', 'academy', true, 1
  from generate_series(0, {SCHOOLS - 1}) n;
insert into opportunities
  select bench.id({OPPORTUNITY}, n), bench.id({PROVIDER}, n % 500), bench.id({SITE}, n % 500),
         'workplace_visit', 'workplace-visit', 'office', '{{9,10}}', 'listed', 1
  from generate_series(0, 1999) n;
insert into assurances
  select bench.id({ASSURANCE}, n), bench.id({PROVIDER}, n), bench.id({SITE}, n), 'office', 'in_force', 1
  from generate_series(0, 499) n;
insert into sessions
  select bench.id({SESSION}, n), bench.id({OPPORTUNITY}, n % 2000), bench.id({PROVIDER}, n % 500), d, d,
         d + time '09:00', false, 1
  from generate_series(0, {SESSIONS - 1}) n, lateral (select current_date + 30 + (n % 190)::int as d) x;
insert into session_days
  select session_id, first_day, 360, tsrange(first_day + time '09:00', first_day + time '15:00')
  from sessions;
insert into session_places (session_id, opportunity_id, provider_id, places)
  select session_id, opportunity_id, provider_id, {PLACES} from sessions;
insert into learners
  select bench.id({SCHOOL}, n % {SCHOOLS}), bench.id({LEARNER}, n), 'Ada', 'Example',
         current_date - 5300, 9, '{{}}', true, now()
  from generate_series(1, {LEARNERS + EARLIER}) n;
create table bench.earlier as
  select bench.id({BOOKED}, n) as booking_id, bench.id({SCHOOL}, n % {SCHOOLS}) as institution_id,
         bench.id({LEARNER}, n) as learner_id, s.*
  from generate_series({LEARNERS + 1}, {LEARNERS + EARLIER}) n
  join sessions s on s.session_id = bench.id({SESSION}, 1 + n % {SESSIONS - 1});
insert into bookings (booking_id, institution_id, provider_id, session_id, opportunity_id, state, places,
    first_day, last_day, begins_at, asked_at, referred, reason_codes, decision, version)
  select booking_id, institution_id, provider_id, session_id, opportunity_id, 'confirmed', 1,
         first_day, last_day, begins_at, now(), false, '{{}}', '{{}}', 2
  from bench.earlier;
insert into booking_learners
  select institution_id, provider_id, booking_id, session_id, learner_id, true, true, true from bench.earlier;
insert into learner_days
  select institution_id, provider_id, booking_id, learner_id, during
  from bench.earlier join session_days using (session_id);
insert into inbox (source, message_id) select 'http:earlier', booking_id::text from bench.earlier;
update session_places p set taken = (select count(*) from bench.earlier e where e.session_id = p.session_id);
create table bench.session_places as table session_places;
"""
# What was there before stays: tables analysed while empty would be read from end to end for some time after.
_RESET = """
set session_replication_role = replica;
delete from learner_days where booking_id not in (select booking_id from bench.earlier);
delete from booking_learners where booking_id not in (select booking_id from bench.earlier);
delete from bookings where booking_id not in (select booking_id from bench.earlier);
delete from inbox where source <> 'http:earlier';
reset session_replication_role;
truncate outbox, deadlines, session_places;
insert into session_places select * from bench.session_places;
alter sequence bench.learner restart;
vacuum analyze;
checkpoint;
"""


def number(kind: int, n: int) -> UUID:
    """The same id as the database's `bench.id`.

    Schools and learners are scattered, as pseudonyms are, others in order, as UUIDs of version 7 are: an
    index of ranges that is told ids with the same upper half finds nothing quickly.
    """
    upper = n * _SCATTER % 2**32 if kind in (SCHOOL, LEARNER) else n
    return UUID(f"{upper:08x}-{kind:04x}-7000-8000-{n:012x}")


@dataclass
class HoldScenario:
    """The platform, and its bookings database as its superuser."""

    platform: Platform
    admin: "asyncpg.Connection[Any]"

    async def fetch_tokens(self) -> list[str]:
        """A token of every school, for one round: they last ten minutes, a benchmark may take longer."""
        async with httpx2.AsyncClient(timeout=60) as http:
            return [await _token(http, self.platform, number(SCHOOL, n)) for n in range(SCHOOLS)]

    async def reset(self, *, hot_places: int | None = None) -> None:
        """Nobody has booked anything new; the first session has so many places."""
        for statement in _RESET.strip().split(";\n"):
            await self.admin.execute(statement)
        if hot_places is not None:
            update = "update session_places set places = $1 where session_id = $2"
            await self.admin.execute(update, hot_places, number(SESSION, 0))

    async def commit_delay(self, microseconds: int) -> None:
        """Have every group of commits wait so long, as a disk across a network would."""
        siblings = 0 if microseconds else 5
        await self.admin.execute(f"alter system set commit_delay = {microseconds}")
        await self.admin.execute(f"alter system set commit_siblings = {siblings}")
        await self.admin.execute("select pg_reload_conf()")

    async def count(self, query: str) -> int:
        """One number."""
        return int(await self.admin.fetchval(query) or 0)


async def seeded(platform: Platform) -> HoldScenario:
    """Seed the platform's bookings database."""
    name = platform.database("bookings").name
    admin = await asyncpg.connect(f"{platform.addresses.postgres.rsplit('/', 1)[0]}/{name}")
    await admin.execute(_SEED)
    await admin.execute("vacuum analyze")
    return HoldScenario(platform, admin)


async def _token(http: httpx2.AsyncClient, platform: Platform, school: UUID) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": f"mis-of-{school}",
        "audience": "wex-bookings",
        "scope": "bookings:read bookings:write",
        "organisation": str(school),
    }
    response = await http.post(f"{platform.addresses.issuer}/token", data=form)
    response.raise_for_status()
    return str(response.json()["access_token"])
