"""Bringing a database to the newest schema, with Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from sqlalchemy import JSON
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from outreach.store import (  # noqa: F401 - their tables
    goodwill,
    incidents,
    ledger,
    operations,
    permissions,
    promises,
    report_mails,
    subjects,
)
from outreach.store.database import Store
from outreach.store.types import Amount, Instant

METADATA = SQLModel.metadata


def upgrade_schema(store: Store) -> None:
    """Run the migrations that are missing, in one transaction."""
    with store.write() as connection:
        command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Any) -> Config:
    """Return Alembic's settings for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def render_type(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Write our column types into migrations as what they are underneath."""
    if kind != "type":
        return False
    if isinstance(item, Instant | Amount):
        return "sa.BigInteger()"
    if isinstance(item, AutoString):
        return "sa.String()"
    if isinstance(item, JSON):
        context.imports.add("from outreach.store.types import json_type")
        return "json_type()"
    return False
