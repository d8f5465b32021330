"""The waiting list: how long places are held, and who comes next when places are free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PlaceRules:
    """How long places are kept, and whether a smaller group may pass a larger one that waits."""

    hold: timedelta
    referred_hold: timedelta
    smaller_may_pass: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A booking on the waiting list, asking for so many places."""

    booking_id: UUID
    places: int


def next_to_promote(
    waiting_list: Sequence[Waiting], places_left: int, *, smaller_may_pass: bool
) -> list[UUID]:
    """Whose turn it is, in order of asking, as far as the places reach.

    Without `smaller_may_pass` the first that does not fit ends the turn: nobody overtakes it,
    so that a large group is not passed by for ever.
    """
    promoted: list[UUID] = []
    for each in waiting_list:
        if each.places <= places_left:
            promoted.append(each.booking_id)
            places_left -= each.places
        elif not smaller_may_pass:
            break
    return promoted
