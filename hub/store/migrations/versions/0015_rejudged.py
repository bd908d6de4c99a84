"""How far stored complaints are judged by newer rules; see 0015.sql."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds two columns to hub."""
    text = Path(__file__).with_name("0015.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)


def downgrade() -> None:
    """Migrations go forward only: data that a newer table holds cannot be put back."""
    raise NotImplementedError("migrations go forward only; restore a backup instead")
