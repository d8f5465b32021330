"""Events of other services to what is copied of them."""

from opportunities.copies import handlers
from opportunities.copies.commands import CopyFramework, CopyPlacesTaken
from opportunities.copies.ports import CopiesUnitOfWork
from shared.contracts.bookings import PlacesChanged
from shared.contracts.envelope import Event
from shared.contracts.outcomes import FrameworkPublished
from shared.messaging.policy import Instruction


def when_places_changed_copy(event: Event[PlacesChanged]) -> Instruction[CopiesUnitOfWork]:
    """Bookings took or gave back places."""
    command = CopyPlacesTaken(event.data.session_id, event.data.taken, event.sequence)
    return Instruction(handlers.copy_places_taken, command)


def when_framework_published_copy(event: Event[FrameworkPublished]) -> Instruction[CopiesUnitOfWork]:
    """A framework's objectives may be aimed at."""
    published = event.data
    codes = tuple(published.objective_codes)
    command = CopyFramework(published.framework, published.version, codes, event.sequence)
    return Instruction(handlers.copy_framework, command)
