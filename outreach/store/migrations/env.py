"""What Alembic runs: the migrations, on the connection it is handed."""

from __future__ import annotations

from alembic import context

from outreach.store.migrating import METADATA, render_type

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_item=render_type,
    # SQLite cannot alter a table in place: Alembic copies it
    render_as_batch=True,
)
context.run_migrations()
