"""Alembic's way in."""

import os

from alembic import context

from opportunities.adapters.tables import Row
from shared.persistence.migrations import run_migrations

run_migrations(context.config, Row.metadata, os.environ.get("WEX_OWNER_DATABASE_URL", ""))
