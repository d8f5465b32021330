"""What operators send and are answered: ids, types, states and reasons, never what a message says."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.http.bodies import RequestBody, ResponseBody

LONGEST_REASON = 500
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON),
    Field(description="Why, without anybody's name: kept with the act", examples=["published twice"]),
]


class ParkedMessage(ResponseBody):
    """A message that is set aside, or was."""

    id: int
    state: Literal["waiting", "unknown", "failed", "replayed", "discarded"]
    type: str = Field(description="The event's type, `(not shown)` where it is none")
    topic: str
    partition: int
    position: int
    key: str = Field(description="The aggregate's id, `(not shown)` where it is none")
    event: str = Field(description="The event's id, `(not shown)` where it is none")
    consumer: str = Field(description="The subscription that could not take it")
    reason: str
    needs: str = Field(description="The id of the fact it waits for; empty where it waits for none")
    holds: bool = Field(description="Whether later messages of its key wait behind it")
    attempts: int
    parked_at: datetime
    try_at: datetime | None = Field(description="When a worker tries it next")


class Act(ResponseBody):
    """What an operator did with a message."""

    at: datetime
    act: Literal["retried", "discarded"]
    by: str
    reason: str


class ParkedInFull(ParkedMessage):
    """The same, with its neighbours and its history."""

    behind: int | None = Field(description="The first message of its key that it waits for")
    holds_back: int = Field(description="How many later ones of its key there are")
    acts: list[Act]


class MessageToDiscard(RequestBody):
    """A message of which everybody agrees that it is to have no effect."""

    reason: Reason
