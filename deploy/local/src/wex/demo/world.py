"""What the demo's world is made of, read from `world.yaml`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from wex.journey.roster import Pupil, birth_date_in, upn

YEAR_GROUPS = range(7, 12)
_OBJECTIVES = {
    "introduce-inspire": ["II-1.1", "II-2.2"],
    "investigate-explore": ["IE-1.3", "IE-2.2"],
    "apply-demonstrate": ["AD-1.1", "AD-1.2"],
}
_TREES = ("Alder", "Ash", "Birch", "Cedar", "Hazel", "Holly", "Juniper", "Laurel", "Rowan", "Willow")
_FLAGS = ("free-school-meals", "send")


@dataclass(frozen=True)
class Offer:
    """One opportunity of a provider, and when its sessions take place."""

    content: dict[str, Any]  # as the opportunities service takes it, but for the site
    starts_in: list[int]
    starts: str
    ends: str
    places: int
    length: int

    @property
    def title(self) -> str:
        return str(self.content["title"])

    @property
    def has_site(self) -> bool:
        """Whether learners come to the provider."""
        return self.content["mode"] in ("in_person", "hybrid")

    def sessions(self, today: date) -> Iterator[dict[str, Any]]:
        """The sessions that are planned on this day."""
        for ahead in self.starts_in:
            days = _weekdays(today + timedelta(days=ahead), self.length)
            yield {
                "places": self.places,
                # Where nobody is named, days at one site are counted together.
                "supervisor_ids": [str(uuid4())],
                "days": [{"on": on.isoformat(), "starts": self.starts, "ends": self.ends} for on in days],
            }


@dataclass(frozen=True)
class Provider:
    """An employer with one site."""

    reference: str
    name: str
    site: dict[str, str]
    offers: list[Offer]

    @property
    def bands(self) -> list[str]:
        """The bands of activity that its site must be assured for."""
        return sorted({offer.content["activity_band"] for offer in self.offers if offer.has_site})


@dataclass(frozen=True)
class School:
    """A school with so many pupils, spread evenly over the five year groups."""

    reference: str
    name: str
    type: str
    upns: str
    pupils: int

    def roster(self, today: date) -> list[Pupil]:
        """Its pupils in the school year of this day."""
        return [self._pupil(number, today) for number in range(1, self.pupils + 1)]

    def _pupil(self, number: int, today: date) -> Pupil:
        year_group = YEAR_GROUPS[(number - 1) % len(YEAR_GROUPS)]
        return Pupil(
            number,
            upn(self.upns, number),
            given_name=_TREES[number % len(_TREES)],
            family_name=f"Example-{number:02}",
            year_group=year_group,
            birth_date=birth_date_in(year_group, number, today),
            priority_flags=tuple(flag for i, flag in enumerate(_FLAGS) if number % (4 + 3 * i) == 0),
        )


@dataclass(frozen=True)
class Group:
    """Learners of a school's year group, and the offer they go to."""

    school: str
    year: int
    offer: str
    left: str = ""
    learners: int | None = None
    skip: int = 0


@dataclass(frozen=True)
class World:
    """All of it."""

    providers: list[Provider]
    schools: list[School]
    bookings: list[Group]
    example: Group


@cache
def read_world() -> World:
    """The world of `world.yaml`."""
    read = yaml.safe_load(Path(__file__).with_name("world.yaml").read_text())
    return World(
        providers=[_provider(each) for each in read["providers"]],
        schools=[School(**each) for each in read["schools"]],
        bookings=[Group(**each) for each in read["bookings"]],
        example=Group(**read["example"]),
    )


def _provider(read: dict[str, Any]) -> Provider:
    offers = [_offer(each, read["sector"]) for each in read["offers"]]
    return Provider(read["reference"], read["name"], read["site"], offers)


def _offer(read: dict[str, Any], sector: str) -> Offer:
    kind, form, mode, tier, band = read["form"].split()
    session = read["session"]
    starts, ends = session["hours"].split("-")
    task = read.get("task")
    content = {
        "title": read["title"],
        "summary": read["summary"],
        "purpose": read["purpose"],
        "kind": kind,
        "format": form,
        "mode": mode,
        "tier": tier,
        "activity_band": band,
        "sector": sector,
        "year_groups": read["years"],
        "objective_codes": _OBJECTIVES[tier],
        "planned_criteria": [f"M{n}" for n in range(1, 8)] if task else ["M1", "M2", "M4"],
        "task_brief": task,
        "accompanied": kind != "placement",
    }
    return Offer(content, session["starts_in"], starts, ends, session["places"], session.get("length", 1))


def _weekdays(first: date, count: int) -> list[date]:
    """So many weekdays, from this day or the Monday after it."""
    following = (first + timedelta(days=n) for n in range(7 * count))
    weekdays = [day for day in following if day.weekday() < 5]
    return weekdays[:count]
