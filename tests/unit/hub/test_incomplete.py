"""Only what a reporter can mend is asked of a reporter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from hub.incomplete import BODY, FRESH, missing, worth_asking
from hub.model import Problem
from hub.normalise import Normalised

NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("problems", "asked"),
    [
        ([("body", "required")], True),
        ([("body", "pattern"), ("title", "pattern")], True),
        ([("title", "pattern")], True),
        ([("body", "no_words")], True),
        ([("location_text", "lacking")], True),
        ([("body", "required"), ("incident_date", "lacking")], True),
        ([], False),
        ([("", "not_json")], False),
        ([("ref", "bad_ref")], False),
        ([("title", "not_text")], False),
        ([("submitted_at", "unreadable_date")], False),
        ([("latitude", "swapped_coordinates")], False),
        ([("reporter.national_id", "digits_lost")], False),
        ([("body", "required"), ("latitude", "swapped_coordinates")], False),
        ([("is_anonymous", "unreadable_flag")], False),
        ([("attachments", "unreadable_attachment")], False),
        ([("body", "expression_failed")], False),
    ],
)
def test_a_reporter_is_asked_only_for_what_he_can_send(problems: list[tuple[str, str]], asked: bool) -> None:
    """He is never asked to correct a mapping, a date format or broken JSON; that is the region's work."""
    told = missing([Problem(path=path, rule=rule, id="", en="") for path, rule in problems])
    assert (told is not None) is asked
    assert told is None or all(told)


def test_each_thing_is_asked_for_once() -> None:
    """A body that fails two rules is one question."""
    problems = [Problem(path="body", rule=rule, id="", en="") for rule in ("pattern", "minLength")]
    assert missing(problems) == (BODY,)


@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        ({}, True),
        ({"reply": None}, False),
        ({"mode": "shadow"}, False),
        ({"wanted": False}, False),
        ({"forward_from": NOW + timedelta(days=1)}, False),
        ({"submitted_at": (NOW - FRESH - timedelta(days=1)).isoformat()}, False),
        ({"submitted_at": (NOW - timedelta(days=2)).isoformat()}, True),
        ({"kind": "x"}, True),
        ({"kind": "x", "is_confidential": True}, False),
        ({"kind": "x", "is_anonymous": True}, False),
        ({"kind": "imap", "is_confidential": True}, True),
    ],
)
def test_nobody_is_asked_in_vain(changed: dict[str, Any], asked: bool) -> None:
    """Not where no answer can go, not about what would not be sent, not years later, not in public who hides."""
    draft = {name: changed[name] for name in ("submitted_at", "is_confidential", "is_anonymous") if name in changed}
    manifest: Any = SimpleNamespace(reply=changed.get("reply", {"smtp": {}}), kind=changed.get("kind", "imap"))
    connector: Any = SimpleNamespace(
        mode=changed.get("mode", "active"), forward_from=changed.get("forward_from", NOW - timedelta(days=90))
    )
    result = Normalised(document=None, draft=draft, wanted=changed.get("wanted", True))
    assert worth_asking(manifest, connector, result, NOW) is asked
