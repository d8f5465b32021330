"""The search: nearest first by the GiST index on places, or newest first; words by the GIN index."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import QueryCanceledError
from sqlalchemy import RowMapping, text

from opportunities.search.queries import ListedSession, Listing, Search, SearchCursor, SearchTooCostly
from shared.persistence.database import Database, Deadlines
from shared.persistence.reading import reading

_SHOWN_SESSIONS = 3
AT_ONCE = 4  # searches of a process; the next waits for its turn and is then told to come again
_BOUNDS = Deadlines(acquire=2, statement=1, command=3)
_FILTERS = {
    "words": "o.search @@ websearch_to_tsquery('english', :words)",
    "sector": "o.sector = :sector",
    "year_group": "o.year_groups @> array[cast(:year_group as integer)]",
    "tier": "o.tier = :tier",
    "mode": "o.mode = :mode",
    "kind": "o.kind = :kind",
    "area_code": "o.area_code = :area_code",
}
_POINT = "point(cast(:easting as integer), cast(:northing as integer))"
_WITHIN = f"o.place <@ circle({_POINT}, :radius)"
_DISTANCE = f"o.place <-> {_POINT}"


class SearchReads:
    """Searches what is published, which everybody may read."""

    def __init__(self, database: Database) -> None:
        self._database = database.apart("search", size=AT_ONCE, deadlines=_BOUNDS)

    async def search(self, search: Search, after: SearchCursor | None, limit: int) -> Sequence[Listing]:
        """Raises `SearchTooCostly`."""
        values: dict[str, Any] = {
            "limit": limit,
            "shown_sessions": _SHOWN_SESSIONS,
            "starts_from": search.starts_from,
        }
        statement = text(_statement(search, after, values))
        try:
            async with reading(self._database) as db:
                rows = await db.execute(statement, values)
        except QueryCanceledError:
            raise SearchTooCostly(field="query") from None
        return [_listing(row) for row in rows.mappings()]


def _statement(search: Search, after: SearchCursor | None, values: dict[str, Any]) -> str:
    conditions = ["o.state = 'published'", _ahead(search, values, "exists (select", ")")]
    for name, condition in _FILTERS.items():
        if (value := getattr(search, name)) is not None:
            values[name] = value
            conditions.append(condition)
    sort, direction = "o.published_at", "desc"
    if near := search.near:
        values |= {"easting": near.easting, "northing": near.northing, "radius": float(near.radius)}
        conditions.append(_WITHIN)
        sort, direction = _DISTANCE, "asc"
    if after:
        values |= {"after": after.sort_key, "after_id": after.opportunity_id}
        kind = "double precision" if search.near else "timestamptz"
        order = ">" if direction == "asc" else "<"
        conditions.append(f"({sort}, o.opportunity_id) {order} (cast(:after as {kind}), :after_id)")
    distance = _DISTANCE if search.near else "cast(null as double precision)"
    # Every fragment is one of this module's own; what the caller sends are bound values.
    return f"""
        with page as (
          select o.*, {distance} as distance, {sort} as sort_key from opportunities o
          where {" and ".join(conditions)}
          order by {sort} {direction}, o.opportunity_id {direction} limit :limit)
        select page.*, ahead.next_sessions
        from page cross join lateral (
          select json_agg(row_to_json(each) order by each.first_day, each.id) as next_sessions
          from ({_next_sessions(search, values)}) each) ahead
        order by page.sort_key {direction}, page.opportunity_id {direction}
        """  # noqa: S608


def _ahead(search: Search, values: dict[str, Any], opening: str, closing: str, of: str = "o") -> str:
    """Sessions that start on one of the days asked for, with places enough."""
    conditions = [f"s.opportunity_id = {of}.opportunity_id", "s.state = 'scheduled'"]
    conditions.append("s.first_day >= :starts_from")
    if search.starts_to is not None:
        values["starts_to"] = search.starts_to
        conditions.append("s.first_day <= :starts_to")
    if search.places is not None:
        values["places"] = search.places
        conditions.append("s.places - coalesce(t.taken, 0) >= :places")
    tables = "sessions s left join places_taken t on t.session_id = s.session_id"
    return f"{opening} from {tables} where {' and '.join(conditions)}{closing}"


def _next_sessions(search: Search, values: dict[str, Any]) -> str:
    columns = """select s.session_id as id, s.first_day, s.last_day, s.places,
        greatest(0, s.places - coalesce(t.taken, 0)) as places_left"""
    return _ahead(
        search, values, columns, " order by s.first_day, s.session_id limit :shown_sessions", of="page"
    )


def _listing(row: RowMapping) -> Listing:
    shared = Listing.__dataclass_fields__.keys() & row.keys()
    sessions = [ListedSession(**{**each, "id": UUID(each["id"])}) for each in row["next_sessions"]]
    named = {name: row[name] for name in shared}
    return Listing(**{**named, "id": row["opportunity_id"], "next_sessions": sessions})
