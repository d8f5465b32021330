"""Request and response bodies of concerns."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.http.bodies import RequestBody, ResponseBody


class CategoryBody(ResponseBody):
    """One thing a concern may be about."""

    code: str
    label: str


class CategoriesBody(ResponseBody):
    """What a concern may be about."""

    categories: list[CategoryBody]


class ConcernToRaise(RequestBody):
    """A concern about a provider, or about one of its sites."""

    provider_id: UUID
    site_id: UUID | None = Field(default=None, description="None: it is about the whole provider")
    category: str = Field(
        max_length=80, description="A code of `/v1/concern-categories`", examples=["supervision"]
    )
    description: str = Field(
        min_length=1, max_length=4000, description="Seen only by who raises it and who handles it"
    )
    immediate_risk: bool = Field(description="True suspends the provider, or the site, at once")


class ConcernBody(ResponseBody):
    """A concern without its description."""

    id: UUID
    provider_id: UUID
    site_id: UUID | None
    category: str
    immediate_risk: bool
    state: Literal["open", "unfounded", "resolved", "upheld"]
    raised_at: datetime
    version: int


class ConcernInFull(ConcernBody):
    """A concern with its description; reading it is written down."""

    description: str
    raised_by: UUID = Field(description="The organisation that raised it")
    handled_by: UUID = Field(description="The organisation whose safeguarding leads handle it")
    resolved_at: datetime | None


class ConcernToResolve(RequestBody):
    """How a concern ends: `upheld` keeps suspended what it holds."""

    outcome: Literal["unfounded", "resolved", "upheld"]
