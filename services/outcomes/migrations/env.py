"""Alembic's way in."""

import os

from alembic import context
from sqlmodel import SQLModel

from outcomes.adapters import tables  # noqa: F401 - registers the tables
from shared.persistence.migrations import run_migrations

run_migrations(context.config, SQLModel.metadata, os.environ.get("WEX_OWNER_DATABASE_URL", ""))
