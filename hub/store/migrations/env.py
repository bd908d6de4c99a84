"""What alembic runs: hub.store.migrate gives it a connection that already acts as the owner of the tables."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
