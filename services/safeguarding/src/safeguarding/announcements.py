"""What this service can tell again of its own state, to whoever lost a copy of it or begins late."""

from safeguarding.assurances import announcing as assurances
from safeguarding.clearances import announcing as clearances
from shared.messaging.announcing import Announcement

ANNOUNCEMENTS: list[Announcement] = [assurances.ANNOUNCED, clearances.ANNOUNCED]
