"""What this service can tell again of its own state, to whoever lost a copy of it or begins late."""

from opportunities.directory import announcing as directory
from opportunities.offers import announcing as offers
from shared.messaging.announcing import Announcement

ANNOUNCEMENTS: list[Announcement] = [directory.ANNOUNCED, offers.ANNOUNCED]
