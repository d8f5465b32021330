"""Frameworks of learning outcomes: tiers, outcomes, objectives, and what makes an experience meaningful."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.kernel import Invalid


class UnknownObjective(Invalid):
    """An objective is named by its code in a published framework."""

    slug = "objective-not-known"
    title = "No published framework has an objective of this code"


@dataclass(frozen=True, slots=True)
class Objective:
    """What a learner will be able to say or do."""

    code: str
    statement: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a learner gains, reached through its objectives."""

    code: str
    title: str
    statement: str
    objectives: tuple[Objective, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """A step of the pyramid: from higher volume and lower depth to lower volume and higher depth."""

    code: str
    order: int
    title: str
    volume_depth: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of the criteria of a meaningful experience."""

    code: str
    slug: str
    statement: str


@dataclass(frozen=True, slots=True)
class GuaranteedDays:
    """Days guaranteed across a key stage."""

    key_stage: str
    years: tuple[int, ...]
    days: int


@dataclass(frozen=True, slots=True)
class Framework:
    """One version of a framework, whole."""

    framework: str
    version: str
    title: str
    publisher: str
    tiers: tuple[Tier, ...]
    criteria: tuple[Criterion, ...]
    guarantee: tuple[GuaranteedDays, ...]

    @classmethod
    def read(cls, content: Mapping[str, Any], version: str) -> "Framework":
        """A framework from its published data. Raises `KeyError` where a member is missing."""
        return cls(
            content["framework"],
            version,
            content["title"],
            content["publisher"],
            tuple(_tier(each) for each in content["tiers"]),
            tuple(
                Criterion(each["code"], each["slug"], each["statement"])
                for each in content["meaningful_experience"]["criteria"]
            ),
            tuple(
                GuaranteedDays(key_stage, tuple(each["years"]), each["days"])
                for key_stage, each in content["guarantee"]["by_key_stage"].items()
            ),
        )

    @property
    def edition(self) -> int:
        """The number by which versions of a framework are ordered: of `2025-07` it is 202507.

        Raises `ValueError` for a version that is not written as year and month.
        """
        year, _, month = self.version.partition("-")
        if len(year) != 4 or len(month) != 2:
            raise ValueError(f"{self.framework} {self.version}: a version is written as year and month")
        return int(year + month)

    @property
    def objective_codes(self) -> tuple[str, ...]:
        """Every objective's code, in the framework's order."""
        return tuple(
            objective.code
            for tier in self.tiers
            for outcome in tier.outcomes
            for objective in outcome.objectives
        )


@dataclass(frozen=True, slots=True)
class FrameworkPublished:
    """A framework's objectives may be named from now on."""

    framework: Framework


def check_objectives(codes: Iterable[str], frameworks: Iterable[Framework], *, field: str) -> None:
    """Raises `UnknownObjective` unless every code is an objective of a published framework."""
    known = {code for framework in frameworks for code in framework.objective_codes}
    if not known.issuperset(codes):
        raise UnknownObjective(field=field)


def _tier(content: Mapping[str, Any]) -> Tier:
    return Tier(
        content["code"],
        content["order"],
        content["title"],
        content["volume_depth"],
        tuple(
            Outcome(
                outcome["code"],
                outcome["title"],
                outcome["statement"],
                tuple(Objective(each["code"], each["statement"]) for each in outcome["objectives"]),
            )
            for outcome in content["outcomes"]
        ),
    )
