"""What a long step shows while it goes on, on a terminal and elsewhere."""

from __future__ import annotations

import io

from hub.commands.progress import showing
from hub.progress import Progress, line, silent

FIRST = Progress(connector="jatim-portal", interval=7, pages=20, items=1000, new=990, known=10, total=2500)
LAST = Progress(connector="jatim-portal", interval=7, pages=50, items=2500, new=2480, known=20, total=2500)


class Terminal(io.StringIO):
    """What somebody sits before."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_a_log_gets_one_line_a_batch() -> None:
    """cron, systemd and Airflow keep connector, interval, pages, items and new ones of each batch, and nothing else."""
    out = io.StringIO()
    with showing(out) as said:
        said(FIRST)
        said(LAST)
    assert out.getvalue().splitlines() == [
        "jatim-portal interval=7 pages=20 items=1000 new=990 of=2500",
        "jatim-portal interval=7 pages=50 items=2500 new=2480 of=2500",
    ]


def test_a_step_without_interval_or_total_says_neither() -> None:
    """accept reads no interval, and many portals give no total: what is not known is not made up."""
    accepted = Progress(connector="jatim-portal", interval=0, pages=1, items=200, new=200, known=0)
    assert line(accepted) == "jatim-portal pages=1 items=200 new=200"
    silent(accepted)


def test_a_terminal_shows_one_moving_line_a_connector() -> None:
    """Whoever waits sees pages, items, new ones and what is still owed of the portal's total; the line goes at the end."""
    out = Terminal()
    with showing(out) as said:
        said(FIRST)
        said(Progress(connector="diskominfo-email", interval=8, pages=1, items=3, new=3, known=0))
        said(LAST)
    shown = out.getvalue()
    assert "jatim-portal" in shown and "diskominfo-email" in shown
    assert "50 halaman / pages" in shown and "2,500 item / items" in shown and "0 terutang / owed" in shown
    assert "? terutang / owed" in shown and shown.rstrip().endswith("\x1b[2K")
