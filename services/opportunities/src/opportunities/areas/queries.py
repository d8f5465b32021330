"""What can be asked about areas and places."""

from typing import Protocol

from opportunities.areas.domain import Areas, Place


class AreaQueries(Protocol):
    """Answers questions about areas and places."""

    areas: Areas

    async def place(self, postcode: str, field: str) -> Place:
        """Where a postcode is. Raises `PostcodeUnknown`, which names the request's `field`."""
        ...
