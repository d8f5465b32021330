"""What this service can tell again of its own state, to whoever lost a copy of it or begins late."""

from outcomes.frameworks import announcing as frameworks
from shared.messaging.announcing import Announcement

ANNOUNCEMENTS: list[Announcement] = [frameworks.ANNOUNCED]
