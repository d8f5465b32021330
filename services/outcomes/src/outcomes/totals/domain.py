"""Which numbers of two services must be the same, and when a difference between them is one.

Services count at moments of their own, and what happens in between makes their numbers differ for once. So
only countings of the same night are compared, and a difference is found when it is there on another night.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

WHOLE_DAY = UUID(int=0)  # stands for the institution of what is counted of the whole day


SAME_NIGHT = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number that one service knows of its own, and another from what the first has said."""

    measure: str
    service: str
    other_service: str


# In the order in which differences are told: what comes first may well be the cause of what follows.
COMPARED = (
    Comparison("places", "bookings", "opportunities"),
    Comparison("cleared", "safeguarding", "bookings"),
    Comparison("attended", "bookings", "outcomes"),
    Comparison("learners", "bookings", "outcomes"),
    Comparison("minutes", "bookings", "outcomes"),
)
MEASURES = tuple(each.measure for each in COMPARED)
_OF_MEASURE = {each.measure: each for each in COMPARED}
COUNTED_BY = tuple(dict.fromkeys(name for each in COMPARED for name in (each.service, each.other_service)))


@dataclass(frozen=True, slots=True)
class Counted:
    """The last whole counting of one service: measures by institution. Who is not in it has nothing."""

    as_of: datetime
    totals: Mapping[UUID, Mapping[str, int]]

    def number(self, institution_id: UUID, measure: str) -> int:
        return self.totals.get(institution_id, {}).get(measure, 0)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two services' numbers of one institution on one day, which should be the same.

    `since` and `other_since` are the countings in which it was first seen.
    """

    measure: str
    institution_id: UUID
    number: int
    other_number: int
    since: datetime
    other_since: datetime
    found_at: datetime | None = None

    @property
    def service(self) -> str:
        """Who says `number`."""
        return _OF_MEASURE[self.measure].service

    @property
    def other_service(self) -> str:
        """Who says `other_number`."""
        return _OF_MEASURE[self.measure].other_service


def comparable(counted: Mapping[str, Counted]) -> list[Comparison]:
    """What can be compared: both services have counted the whole day, in the same night."""
    return [
        each
        for each in COMPARED
        if each.service in counted
        and each.other_service in counted
        and abs(counted[each.service].as_of - counted[each.other_service].as_of) < SAME_NIGHT
    ]


def compare(comparisons: Iterable[Comparison], counted: Mapping[str, Counted]) -> list[Difference]:
    """Where numbers of the day differ."""
    return [
        difference
        for each in comparisons
        for difference in _compare(each.measure, counted[each.service], counted[each.other_service])
    ]


def _compare(measure: str, one: Counted, other: Counted) -> Iterable[Difference]:
    for institution_id in sorted(one.totals.keys() | other.totals.keys()):
        number, other_number = one.number(institution_id, measure), other.number(institution_id, measure)
        if number != other_number:
            yield Difference(measure, institution_id, number, other_number, one.as_of, other.as_of)


def compare_again(
    counted: Mapping[str, Counted], known: Sequence[Difference], now: datetime
) -> list[Difference]:
    """The differences of a day as they stand now. What cannot be compared now stands as it is known."""
    comparisons = comparable(counted)
    measures = {each.measure for each in comparisons}
    before = {(each.measure, each.institution_id): each for each in known}
    stay = [each for each in known if each.measure not in measures]
    present = compare(comparisons, counted)
    return stay + [_again(each, before.get((each.measure, each.institution_id)), now) for each in present]


def _again(present: Difference, before: Difference | None, now: datetime) -> Difference:
    if before is None:
        return present
    another_night = min(present.since, present.other_since) > max(before.since, before.other_since)
    return replace(
        present,
        since=before.since,
        other_since=before.other_since,
        found_at=before.found_at or (now if another_night else None),
    )


@dataclass(frozen=True, slots=True)
class CountedDay:
    """A day as operators see it: who has counted it, how many differences were found, and the first."""

    on: date
    as_of: Mapping[str, datetime | None]
    found: int
    first: Difference | None
