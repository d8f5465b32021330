"""Columns the services' tables have in common."""

from typing import Any

from sqlalchemy import Column, DateTime


def instant(*, nullable: bool = False) -> Any:
    """A column for an instant: timestamptz."""
    return Column(DateTime(timezone=True), nullable=nullable)
