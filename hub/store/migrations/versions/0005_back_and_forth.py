"""Follow-ups to the registry, messages of our own to reporters, completions, masters and mappings; see 0005.sql."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the tables of the way back and forth, and what deliveries, replies and registries need for it."""
    text = Path(__file__).with_name("0005.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)


def downgrade() -> None:
    """Migrations go forward only: data that a newer table holds cannot be put back."""
    raise NotImplementedError("migrations go forward only; restore a backup instead")
