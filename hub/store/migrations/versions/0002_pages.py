"""What a reading has seen so far, page by page, so that another process can go on behind it; it stands in 0002.sql."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table of pages and what an interval needs to be taken up again."""
    text = Path(__file__).with_name("0002.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)


def downgrade() -> None:
    """Migrations go forward only: data that a newer table holds cannot be put back."""
    raise NotImplementedError("migrations go forward only; restore a backup instead")
