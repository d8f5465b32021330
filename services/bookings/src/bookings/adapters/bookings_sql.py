"""The statements behind the bookings' repository."""

from sqlalchemy import text

ONE_LIVE_BOOKING_PER_SESSION = "one_live_booking_per_session"
ONE_PLACE_AT_A_TIME = "one_place_at_a_time"

ONE = """
where b.booking_id = :booking_id
  and (b.institution_id = any (cast(:parties as uuid[])) or b.provider_id = any (cast(:parties as uuid[])))
"""

IN_LINE = "where b.session_id = :session_id and b.state = 'waitlisted' order by b.asked_order limit :limit"

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

OF_LEARNER = """
join booking_learners l using (institution_id, booking_id)
where b.institution_id = :institution_id and b.state = any (cast(:states as text[]))
  and l.learner_id = :learner_id and not l.departed
order by b.booking_id for update of b
"""

INSERT = text(
    """
    with b as (
      insert into bookings (booking_id, institution_id, provider_id, session_id, opportunity_id, cohort_id,
        state, places, first_day, last_day, begins_at, asked_at, held_until, referred, reason_codes,
        decision, version)
      values (:booking_id, :institution_id, :provider_id, :session_id, :opportunity_id, :cohort_id,
        :state, :places, :first_day, :last_day, :begins_at, :asked_at, :held_until, :referred,
        cast(:reason_codes as text[]), cast(:decision as jsonb), :version)
      returning institution_id, provider_id, booking_id, session_id
    ), r as (
      select * from unnest(cast(:learner_ids as uuid[]), cast(:under_16 as boolean[]),
                           cast(:compulsory as boolean[])) as r(learner_id, under_16, compulsory)
    ), l as (
      insert into booking_learners (institution_id, provider_id, booking_id, session_id, learner_id,
        under_16_on_every_day, of_compulsory_school_age, live)
      select b.institution_id, b.provider_id, b.booking_id, b.session_id, r.learner_id,
             r.under_16, r.compulsory, true
      from b cross join r order by r.learner_id
    )
    insert into learner_days (institution_id, provider_id, booking_id, learner_id, during)
    select b.institution_id, b.provider_id, b.booking_id, r.learner_id, d.during
    from b join session_days d using (session_id) cross join r
    where cast(:holds as boolean) order by r.learner_id, d.during
    """
)

RESERVE_DAYS = text(
    """
    insert into learner_days (institution_id, provider_id, booking_id, learner_id, during)
    select l.institution_id, l.provider_id, l.booking_id, l.learner_id, d.during
    from booking_learners l join session_days d using (session_id)
    where l.booking_id = :booking_id and l.live order by l.learner_id, d.during
    """
)

UPDATE = text(
    """
    update bookings b
    set state = v.state, places = v.places, held_until = v.held_until, referred = v.referred,
        reason_codes = v.reason_codes, version = v.version
    from jsonb_to_recordset(cast(:rows as jsonb)) as v(booking_id uuid, state text, places smallint,
      held_until timestamptz, referred boolean, reason_codes text[], version integer, read_at integer)
    where b.booking_id = v.booking_id and b.version = v.read_at
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

KEEP_REGISTER = text(
    """
    with replaced as (
      delete from attendance
      where booking_id = :booking_id and on_day = :on_day
        and learner_id <> all (cast(:learner_ids as uuid[]))
    )
    insert into attendance (institution_id, provider_id, booking_id, on_day, learner_id,
      attended, minutes, recorded_at)
    select b.institution_id, b.provider_id, b.booking_id, :on_day, r.learner_id, r.attended, r.minutes, :now
    from bookings b cross join unnest(cast(:learner_ids as uuid[]), cast(:attended as boolean[]),
      cast(:minutes as smallint[])) as r(learner_id, attended, minutes)
    where b.booking_id = :booking_id
    on conflict (institution_id, booking_id, on_day, learner_id) do update
    set attended = excluded.attended, minutes = excluded.minutes, recorded_at = excluded.recorded_at
    """
)
