"""What this service counts of a day: places taken, as it has copied them. It knows of no institution's."""

from sqlalchemy import text

from shared.contracts.opportunities import CountedByOpportunities
from shared.messaging.counting import Counting

_OF_THE_DAY = text(
    """
    select coalesce(sum(t.taken), 0) as places
    from sessions s join places_taken t using (session_id)
    where daterange(s.first_day, s.last_day, '[]') @> cast(:on_day as date)
      and exists (select from jsonb_array_elements(s.days) as d where cast(d ->> 'on' as date) = :on_day)
    """
)
COUNTING = Counting(CountedByOpportunities, of_the_day=_OF_THE_DAY)
