"""What other capabilities ask of the way out."""

from typing import Protocol


class Destinations(Protocol):
    """Knows where webhooks may be sent."""

    async def check(self, url: str) -> None:
        """Raises `UrlNotAllowed`."""
        ...
