"""Control totals compared: what differs, in which order it is told, and when it is found."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from outcomes.totals.domain import WHOLE_DAY, Counted, Difference, compare_again

NIGHT = datetime(2026, 6, 12, 2, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)
ALL = {"attended": 3, "learners": 3, "minutes": 900}


def nights_later(nights: int) -> datetime:
    return NIGHT + timedelta(days=nights)


def counted(totals: dict[UUID, dict[str, int]], nights: int = 0) -> Counted:
    return Counted(nights_later(nights), totals)


def compare(each: dict[str, Counted], known: Sequence[Difference] = (), nights: int = 0) -> list[Difference]:
    return compare_again(each, known, nights_later(nights))


def told(differences: list[Difference]) -> list[tuple[str, UUID, int, int]]:
    return [(each.measure, each.institution_id, each.number, each.other_number) for each in differences]


def test_equal_numbers_say_nothing() -> None:
    day = {ONE: ALL | {"cleared": 1}, WHOLE_DAY: {"places": 3}}
    each = {
        "bookings": counted(day),
        "outcomes": counted({ONE: ALL}),
        "safeguarding": counted({ONE: {"cleared": 1}}),
        "opportunities": counted({WHOLE_DAY: {"places": 3}}),
    }

    assert compare(each) == []


def test_a_difference_names_measure_institution_and_who_says_how_many() -> None:
    each = {
        "bookings": counted({ONE: ALL, OTHER: ALL}),
        "outcomes": counted({ONE: ALL, OTHER: ALL | {"attended": 2, "minutes": 600}}),
    }

    first, second = compare(each)

    assert told([first, second]) == [("attended", OTHER, 3, 2), ("minutes", OTHER, 900, 600)]
    assert (first.service, first.other_service) == ("bookings", "outcomes")


def test_who_is_not_named_in_a_whole_counting_has_nothing() -> None:
    each = {"bookings": counted({ONE: {"cleared": 2}}), "safeguarding": counted({})}

    assert told(compare(each)) == [("cleared", ONE, 0, 2)]


def test_a_service_that_has_not_counted_the_day_is_not_compared() -> None:
    assert compare({"bookings": counted({ONE: ALL})}) == []


def test_places_are_told_first_and_attendance_after() -> None:
    each = {
        "bookings": counted({ONE: ALL | {"cleared": 1}, WHOLE_DAY: {"places": 3}}),
        "outcomes": counted({}),
        "safeguarding": counted({}),
        "opportunities": counted({}),
    }

    assert [one.measure for one in compare(each)] == ["places", "cleared", "attended", "learners", "minutes"]


def on_night(night: int, number: int = 3, known: Sequence[Difference] = ()) -> list[Difference]:
    """Both count; in outcomes there are two who attended."""
    each = {
        "bookings": counted({ONE: {"attended": number}}, night),
        "outcomes": counted({ONE: {"attended": 2}}, night),
    }
    return compare(each, known, night)


def test_a_difference_is_found_when_it_is_there_on_another_night() -> None:
    first = on_night(0)
    second = on_night(1, known=first)
    later = on_night(5, number=4, known=second)

    assert first[0].found_at is None
    assert second[0].found_at == nights_later(1)
    assert (later[0].found_at, later[0].number) == (nights_later(1), 4)


def test_the_same_countings_compared_again_find_nothing() -> None:
    assert on_night(0, known=on_night(0))[0].found_at is None


def test_what_differed_for_once_is_gone_and_begins_anew() -> None:
    equal = on_night(1, number=2, known=on_night(0))

    assert equal == []
    assert on_night(5, known=equal)[0].found_at is None


def test_countings_of_different_nights_are_not_compared_and_what_was_known_stands() -> None:
    first = on_night(0)
    corrected = {
        "bookings": counted({ONE: {"attended": 7}}, 1),
        "outcomes": counted({ONE: {"attended": 2}}, 0),
    }

    assert compare(corrected, first, 1) == first
    assert compare(corrected, [], 1) == []
