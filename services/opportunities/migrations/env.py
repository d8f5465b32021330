"""Alembic's way in."""

import os

from alembic import context

from shared.persistence.migrations import run_migrations

run_migrations(context.config, os.environ.get("WEX_OWNER_DATABASE_URL", ""))
