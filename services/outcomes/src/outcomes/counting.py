"""What this service counts of a day: attendance by the registers it has copied."""

from sqlalchemy import text

from shared.contracts.outcomes import CountedByOutcomes
from shared.messaging.counting import Counting

_INSTITUTIONS = text("select distinct institution_id from enrolments")
_BY_INSTITUTION = text(
    """
    select institution_id, count(*) as attended, sum(minutes) as minutes,
           count(distinct learner_id) as learners
    from attendances
    where session_id in (select session_id from session_days where on_day = :on_day) and on_day = :on_day
      and institution_id = any (cast(:tenants as uuid[])) and minutes > 0
    group by institution_id order by institution_id
    """
)
COUNTING = Counting(CountedByOutcomes, _INSTITUTIONS, _BY_INSTITUTION)
