"""What accept has not read yet is the hub's alone; see 0013.sql."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Says whose text each data key opens, and narrows four policies."""
    text = Path(__file__).with_name("0013.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)


def downgrade() -> None:
    """Migrations go forward only: data that a newer table holds cannot be put back."""
    raise NotImplementedError("migrations go forward only; restore a backup instead")
