"""Answers from the reference data: no database is asked."""

from opportunities.areas.domain import Areas, Place
from opportunities.areas.postcodes import Postcodes


class AreaReads:
    """The areas as they were read at the start, and places by their postcode."""

    def __init__(self, areas: Areas, postcodes: Postcodes) -> None:
        self.areas = areas
        self._postcodes = postcodes

    async def place(self, postcode: str, field: str) -> Place:
        return await self._postcodes.find(postcode, field)
