"""What a reporter is told of is decided once: no message twice for one piece of news, no piece of news without one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from hub.reported import answering
from hub.store.statuses import Event, NewEvent

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


def event(what: str, status: str | None = None, *, by: str | None = None, text: bool = False) -> NewEvent:
    """A piece of news."""
    return NewEvent(
        event=Event(what=what, status=status, at=NOW, seen_at=NOW, digest=b"", by=by),
        foreign_name=None,
        foreign_id=None,
        from_institution=None,
        to_institution=None,
        stamp=None,
        text_enc=b"text" if text else None,
    )


AGENCY = event("follow_up", by="agency", text=True)
ERASED = event("follow_up", by="agency")
REPORTER = event("follow_up", by="reporter", text=True)
WORK = event("status", "in_progress")
DONE = event("status", "resolved")
NOTED = event("status", "resolved", text=True)
ARCHIVED = event("status", "archived")
REASON = event("status", "archived", text=True)
PASSED = event("disposition", text=True)


@pytest.mark.parametrize(
    ("fresh", "deciding", "before", "told", "expected"),
    [
        ([], None, None, [], []),
        ([AGENCY], None, None, [], [0]),
        ([AGENCY, AGENCY], None, None, [], [0, 1]),
        ([REPORTER, ERASED, PASSED], None, None, [], []),
        # the end, alone
        ([DONE], DONE, None, [], [0]),
        ([NOTED], NOTED, "in_progress", [], [0]),
        ([DONE], DONE, "resolved", [], []),
        ([WORK], WORK, None, [], []),
        ([DONE], WORK, None, [], []),
        ([WORK, DONE], DONE, None, [], [1]),
        # the end beside an agency's words
        ([AGENCY, DONE], DONE, None, [], [0]),
        ([DONE, AGENCY], DONE, None, [], [1]),
        ([NOTED, AGENCY], NOTED, "in_progress", [], [1]),
        ([AGENCY, AGENCY, DONE], DONE, None, ["in_progress"], [0, 1]),
        ([REPORTER, DONE], DONE, None, [], [1]),
        ([ERASED, DONE], DONE, None, [], [1]),
        # the end after earlier answers
        ([DONE], DONE, "in_progress", ["in_progress"], [0]),
        ([DONE], DONE, "in_progress", ["in_progress", "resolved"], []),
        ([AGENCY], DONE, "resolved", ["resolved"], [0]),
        # why it was turned away
        ([ARCHIVED, AGENCY], ARCHIVED, None, [], [1]),
        ([REASON, AGENCY], REASON, None, [], [0, 1]),
        ([REASON], REASON, "in_progress", ["archived"], [0]),
        ([REASON], REASON, "archived", ["archived"], []),
    ],
)
def test_what_is_told_as_a_table(
    fresh: list[NewEvent], deciding: NewEvent | None, before: str | None, told: Collection[str], expected: list[int]
) -> None:
    """Every word of an agency reaches the reporter; the bare end only where nothing else tells it."""
    decides = deciding.event if deciding else None
    assert answering(dict(enumerate(fresh)), decides, before, told) == expected
