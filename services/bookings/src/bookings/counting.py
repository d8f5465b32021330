"""What this service counts of a day. Sessions of the day lead to their bookings, these to the registers."""

from sqlalchemy import text

from bookings.learners.announcing import INSTITUTIONS
from bookings.reservations.domain.lifecycle import State
from shared.contracts.bookings import CountedByBookings
from shared.messaging.counting import Counting

# Where safeguarding has let a booking go ahead, whatever else keeps it from it.
_CLEARED = (State.CONFIRMED, State.SUSPENDED, State.SUSPENDED_CLEARED)
_BY_INSTITUTION = text(
    f"""
    with booked as materialized (
      select b.institution_id, b.booking_id, b.state from bookings b
      where b.session_id in (select session_id from session_days where on_day = :on_day)
        and b.institution_id = any (cast(:tenants as uuid[]))
    ), stands as (
      select institution_id, count(*) filter (where state = '{State.CONFIRMED}') as confirmed,
             count(*) filter (where state in ({", ".join(f"'{each}'" for each in _CLEARED)})) as cleared
      from booked group by institution_id
    ), attended as (
      select a.institution_id, count(*) as attended, sum(a.minutes) as minutes,
             count(distinct a.learner_id) as learners
      from booked b join attendance a on a.booking_id = b.booking_id and a.on_day = :on_day
      where a.minutes > 0 group by a.institution_id
    )
    select institution_id, confirmed, cleared, coalesce(attended, 0) as attended,
           coalesce(minutes, 0) as minutes, coalesce(learners, 0) as learners
    from stands left join attended using (institution_id)
    order by institution_id
    """  # noqa: S608 - states of our own
)
_OF_THE_DAY = text(
    """
    select coalesce(sum(taken), 0) as places from session_places
    where session_id in (select session_id from session_days where on_day = :on_day)
    """
)
COUNTING = Counting(CountedByBookings, INSTITUTIONS, _BY_INSTITUTION, _OF_THE_DAY)
