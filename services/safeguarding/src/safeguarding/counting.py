"""What this service counts of a day: the bookings of its sessions that were let go ahead."""

from sqlalchemy import text

from safeguarding.clearances.announcing import INSTITUTIONS
from safeguarding.clearances.domain.clearance_rules import GRANTED
from shared.contracts.safeguarding import CountedBySafeguarding
from shared.messaging.counting import Counting

# A clearance is one booking's. Learners are not counted: who leaves after the day is not told to it any more.
_BY_INSTITUTION = text(
    f"""
    select institution_id, count(*) as cleared from clearances
    where session_id in (select session_id from known_sessions where days @> array[cast(:on_day as date)])
      and institution_id = any (cast(:tenants as uuid[])) and state = '{GRANTED}'
    group by institution_id order by institution_id
    """  # noqa: S608 - a state of our own
)
COUNTING = Counting(CountedBySafeguarding, INSTITUTIONS, _BY_INSTITUTION)
