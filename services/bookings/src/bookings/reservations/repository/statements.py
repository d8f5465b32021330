"""The statements behind the bookings' repository."""

from sqlalchemy import text

from bookings.copies.site_trust import SUSPENDED, trusted_on_its_days
from bookings.reservations.handlers.lifecycle import TO_BE_RENEWED

ONE_LIVE_BOOKING_PER_SESSION = "one_live_booking_per_session"
ONE_PLACE_AT_A_TIME = "one_place_at_a_time"

ONE = """
where b.booking_id = :booking_id
  and (b.institution_id = any (cast(:parties as uuid[])) or b.provider_id = any (cast(:parties as uuid[])))
"""

WAITING_FOR_SESSION = """
where b.session_id = :session_id and b.state = 'waitlisted' order by b.asked_order limit :limit
"""

# Many at once are locked in one order, so that they neither fail on a newer version nor deadlock.
OF_SESSION = """
where b.session_id = :session_id and b.state = any (cast(:states as text[]))
order by b.booking_id for update
"""

OF_SITE = """
join sessions s on s.session_id = b.session_id
join opportunities o on o.opportunity_id = s.opportunity_id
where b.provider_id = :provider_id and b.state = any (cast(:states as text[])) and b.begins_at > :now
  and s.provider_id = :provider_id and o.site_id = :site_id and o.activity_band = :activity_band
order by b.booking_id for update of b
"""

_AT_PROVIDER = """
join sessions s on s.session_id = b.session_id
join opportunities o on o.opportunity_id = s.opportunity_id
where b.provider_id = :provider_id and b.state = any (cast(:states as text[])) and b.last_day >= :today
  and (cast(:site_id as uuid) is null or o.named_site_id = cast(:site_id as uuid))
"""
_LOCKED = "order by b.booking_id for update of b"
OF_PROVIDER = f"{_AT_PROVIDER} {_LOCKED}"
_GRANTED_ON_RENEWAL = f"'{TO_BE_RENEWED}' = any (b.conditions)"
# Under way and suspended can only be what a suspension of the provider or the site stopped.
TRUSTED_AGAIN = f"""
{_AT_PROVIDER}
  and (b.begins_at <= :now and not {SUSPENDED} or {trusted_on_its_days(_GRANTED_ON_RENEWAL)}) {_LOCKED}
"""

OF_LEARNER = """
join booking_learners l using (institution_id, booking_id)
where b.institution_id = :institution_id and b.state = any (cast(:states as text[]))
  and l.learner_id = :learner_id and not l.departed
order by b.booking_id for update of b
"""

# The days are looked up row by row (`offset 0`): as a join, with only a guess at how many rows are given,
# every session of the country is read.
INSERT = text(
    """
    with given as materialized (
      select * from json_to_recordset(cast(:rows as json)) as given(
        booking_id uuid, institution_id uuid, provider_id uuid, session_id uuid, opportunity_id uuid,
        cohort_id uuid, state text, places smallint, first_day date, last_day date, begins_at timestamptz,
        asked_at timestamptz, held_until timestamptz, referred boolean, reason_codes text[], decision jsonb,
        version integer, holds boolean, learners json)
    ), b as (
      insert into bookings (booking_id, institution_id, provider_id, session_id, opportunity_id, cohort_id,
        state, places, first_day, last_day, begins_at, asked_at, held_until, referred, reason_codes,
        decision, version)
      select booking_id, institution_id, provider_id, session_id, opportunity_id, cohort_id,
        state, places, first_day, last_day, begins_at, asked_at, held_until, referred, reason_codes,
        decision, version
      from given order by booking_id
    ), r as materialized (
      select given.*, r.learner_id, r.under_16, r.compulsory, r.under_16_days, r.last_two_years,
        r.needs_review
      from given cross join json_to_recordset(learners)
        as r(learner_id uuid, under_16 boolean, compulsory boolean, under_16_days smallint,
             last_two_years boolean, needs_review boolean)
    ), l as (
      insert into booking_learners (institution_id, provider_id, booking_id, session_id, learner_id,
        under_16_on_every_day, of_compulsory_school_age, under_16_days, in_last_two_compulsory_years,
        needs_review, live)
      select institution_id, provider_id, booking_id, session_id, learner_id, under_16, compulsory,
        under_16_days, last_two_years, needs_review, true
      from r order by learner_id
    )
    insert into learner_days (institution_id, provider_id, booking_id, learner_id, during)
    select r.institution_id, r.provider_id, r.booking_id, r.learner_id, d.during
    from r cross join lateral (
      select during from session_days where session_id = r.session_id offset 0
    ) d
    where r.holds order by r.learner_id, d.during
    """
)

RESERVE_DAYS = text(
    """
    with days as (
      select l.institution_id, l.provider_id, l.booking_id, l.learner_id, d.during
      from booking_learners l join session_days d using (session_id)
      where l.booking_id = :booking_id and l.live
    ), filled as (
      insert into learner_days (institution_id, provider_id, booking_id, learner_id, during)
      select institution_id, provider_id, booking_id, learner_id, during from days
      order by learner_id, during
      on conflict on constraint one_place_at_a_time do nothing returning true
    )
    select (select count(*) from days) = (select count(*) from filled)
    """
)

FREE_DAYS = text("delete from learner_days where booking_id = :booking_id")

UPDATE = text(
    """
    update bookings b
    set state = v.state, places = v.places, held_until = v.held_until, referred = v.referred,
        reason_codes = v.reason_codes, conditions = v.conditions,
        clearance_sequence = v.clearance_sequence, version = v.version
    from jsonb_to_recordset(cast(:rows as jsonb)) as v(booking_id uuid, state text, places smallint,
      held_until timestamptz, referred boolean, reason_codes text[], conditions text[],
      clearance_sequence integer, version integer, read_at integer)
    where b.booking_id = v.booking_id and b.version = v.read_at
    """
)

CORRECT_AGES = text(
    """
    update booking_learners l
    set under_16_on_every_day = v.under_16, of_compulsory_school_age = v.compulsory,
        under_16_days = v.under_16_days, in_last_two_compulsory_years = v.last_two_years,
        needs_review = v.needs_review
    from jsonb_to_recordset(cast(:rows as jsonb))
      as v(booking_id uuid, learner_id uuid, under_16 boolean, compulsory boolean, under_16_days smallint,
           last_two_years boolean, needs_review boolean)
    where l.booking_id = v.booking_id and l.learner_id = v.learner_id
      and (l.under_16_on_every_day, l.of_compulsory_school_age, l.under_16_days,
           l.in_last_two_compulsory_years, l.needs_review)
        is distinct from (v.under_16, v.compulsory, v.under_16_days, v.last_two_years, v.needs_review)
    """
)

RELEASE = text(
    """
    with given as (
      select * from jsonb_to_recordset(cast(:rows as jsonb))
        as given(booking_id uuid, live boolean, learner_ids uuid[])
    ), freed as (
      delete from learner_days d using given
      where d.booking_id = given.booking_id
        and not (given.live and d.learner_id = any (given.learner_ids))
    )
    update booking_learners l
    set live = given.live and l.learner_id = any (given.learner_ids),
        departed = l.learner_id <> all (given.learner_ids)
    from given where l.booking_id = given.booking_id and not l.departed
    """
)

# A key from attendance sees to it that a learner's registers go with the learner's row of the booking.
FORGET_LEARNER = text(
    "delete from booking_learners where institution_id = :institution_id and learner_id = :learner_id"
)
FORGET_INPUT = text(
    """
    update bookings b set decision = b.decision #- array['inputs', 'learners', cast(:learner_id as text)]
    where b.institution_id = :institution_id and b.booking_id in (
      select booking_id from booking_learners
      where institution_id = :institution_id and learner_id = cast(cast(:learner_id as text) as uuid))
    """
)
