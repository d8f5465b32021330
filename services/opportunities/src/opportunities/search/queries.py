"""What can be searched for, and what is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from shared.kernel import Invalid


class SearchTooCostly(Invalid):
    """Anybody may search, so no search may hold the database for long."""

    slug = "search-too-costly"
    title = "This search looks through too much; ask for a smaller radius, or for a sector, area or words"


@dataclass(frozen=True, slots=True)
class Near:
    """Within a radius of a point of the National Grid, in metres."""

    easting: int
    northing: int
    radius: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What somebody looks for; what is None does not matter. A session must start on one of the days."""

    starts_from: date
    starts_to: date | None = None
    words: str | None = None
    near: Near | None = None
    sector: str | None = None
    year_group: int | None = None
    tier: str | None = None
    mode: str | None = None
    kind: str | None = None
    area_code: str | None = None
    places: int | None = None


@dataclass(frozen=True, slots=True)
class SearchCursor:
    """Where a page of search ends: by nearness (metres) or by when it was published, then by id."""

    sort_key: float | datetime
    opportunity_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSession:
    """A session ahead as the listing shows it."""

    id: UUID
    first_day: date
    last_day: date
    places: int
    places_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A published opportunity as search shows it; `distance` in metres from where was asked."""

    id: UUID
    provider_id: UUID
    provider_name: str
    site_id: UUID | None
    area_code: str | None
    title: str
    summary: str
    kind: str
    format: str
    mode: str
    tier: str
    activity_band: str
    sector: str
    year_groups: Sequence[int]
    accompanied: bool
    published_at: datetime
    distance: float | None
    next_sessions: Sequence[ListedSession]


class SearchQueries(Protocol):
    """Answers searches."""

    async def search(self, search: Search, after: SearchCursor | None, limit: int) -> Sequence[Listing]:
        """What is published: nearest first where a place is asked for, otherwise newest first."""
        ...
