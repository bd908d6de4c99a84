"""The first tables; they stand in 0001.sql, because they are easier to read and to check there."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes all tables, views, triggers and grants."""
    text = Path(__file__).with_name("0001.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)


def downgrade() -> None:
    """Migrations go forward only: data that a newer table holds cannot be put back."""
    raise NotImplementedError("migrations go forward only; restore a backup instead")
