"""The kit's own tables, the same in every service's database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Identity, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def instant(*, nullable: bool = False) -> Any:
    """A column for an instant: timestamptz."""
    return Column(DateTime(timezone=True), nullable=nullable)


class OutboxRow(SQLModel, table=True):
    """An event on its way to the broker: exact bytes, removed once acknowledged."""

    __tablename__ = "outbox"

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    shard: int = Field(sa_column=Column(SmallInteger, nullable=False))
    topic: str = Field(sa_column=Column(Text, nullable=False))
    key: str = Field(sa_column=Column(Text, nullable=False))
    event_id: UUID
    headers: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    payload: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    created_at: datetime = Field(sa_column=instant())


class InboxRow(SQLModel, table=True):
    """A message that was taken: its row shares the transaction of its effect."""

    __tablename__ = "inbox"

    source: str = Field(sa_column=Column(Text, primary_key=True))
    message_id: str = Field(sa_column=Column(Text, primary_key=True))
    fingerprint: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    answer: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    received_at: datetime = Field(sa_column=instant())


class ParkedMessage(SQLModel, table=True):
    """A message set aside after its retries, and later messages of its key behind it."""

    __tablename__ = "parked_messages"

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    consumer: str = Field(sa_column=Column(Text, nullable=False))
    topic: str = Field(sa_column=Column(Text, nullable=False))
    partition: int
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    key: str = Field(sa_column=Column(Text, nullable=False))
    headers: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    payload: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    parked_at: datetime = Field(sa_column=instant())
    replayed_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))


class DeadlineRow(SQLModel, table=True):
    """A moment something waits for: ids only, so the sweeper needs no tenant to see what is due."""

    __tablename__ = "deadlines"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    subject_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    due_at: datetime = Field(sa_column=instant())
    attempts: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
