"""Answers to queries about the categories of concerns."""

from collections.abc import Mapping

from safeguarding.concerns.ports import ConcernCategories
from shared.kernel import Clock


class CategoryReads:
    """The categories in force today."""

    def __init__(self, categories: ConcernCategories, clock: Clock) -> None:
        self._categories = categories
        self._clock = clock

    def categories(self) -> Mapping[str, str]:
        return self._categories.on(self._clock.today())
