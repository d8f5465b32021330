"""Who may see how much of an institution's progress, and which counts would single somebody out."""

from collections.abc import Sequence
from uuid import UUID

from shared.kernel import NotFound

SMALLEST_SHOWN = 5


def small_counts_withheld(reader: UUID, institution_id: UUID) -> bool:
    """Whether this reader is shown no count below five. The institution is: it knows its learners."""
    return reader != institution_id


def check_learners_are_own(reader: UUID, institution_id: UUID) -> None:
    """Learners are listed one by one to their own institution alone. Raises `NotFound`."""
    if reader != institution_id:
        raise NotFound("There is no such institution, or it is not yours")


def withheld(counts: Sequence[int]) -> list[bool]:
    """Which counts of a breakdown to withhold, so that none below five can be read or worked out.

    Zero is shown. Where a single count would be withheld, the smallest of the others goes with it:
    the total would give it away.
    """
    hidden = [0 < count < SMALLEST_SHOWN for count in counts]
    if sum(hidden) == 1:
        others = [(count, index) for index, count in enumerate(counts) if count and not hidden[index]]
        if others:
            hidden[min(others)[1]] = True
    return hidden
