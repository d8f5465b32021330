"""What can be read about concerns without reading one: reading one is a command, since it is logged."""

from collections.abc import Mapping
from typing import Protocol


class CategoryQueries(Protocol):
    """Answers queries about the code list of categories."""

    def categories(self) -> Mapping[str, str]:
        """The codes in force today, each with its label."""
        ...
