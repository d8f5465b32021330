"""The waiting list: whose turn it is."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from bookings.capacity.rules import Waiting, next_to_promote

sizes = st.lists(st.integers(1, 40), max_size=20)
left = st.integers(0, 120)


def waiting_list(asked: list[int]) -> list[Waiting]:
    return [Waiting(UUID(int=number), places) for number, places in enumerate(asked)]


@given(sizes, left, st.booleans())
def test_never_more_are_called_than_there_are_places(asked: list[int], places: int, passing: bool) -> None:
    promoted = next_to_promote(waiting_list(asked), places, smaller_may_pass=passing)

    assert sum(asked[each.int] for each in promoted) <= places


@given(sizes, left)
def test_in_strict_order_nobody_overtakes(asked: list[int], places: int) -> None:
    promoted = next_to_promote(waiting_list(asked), places, smaller_may_pass=False)

    assert [each.int for each in promoted] == list(range(len(promoted)))
    if len(promoted) < len(asked):
        assert sum(asked[: len(promoted) + 1]) > places


@given(sizes, left)
def test_where_passing_is_allowed_nobody_who_fits_is_left(asked: list[int], places: int) -> None:
    promoted = {each.int for each in next_to_promote(waiting_list(asked), places, smaller_may_pass=True)}

    remaining = places - sum(asked[each] for each in promoted)
    assert all(asked[each] > remaining for each in range(len(asked)) if each not in promoted)
