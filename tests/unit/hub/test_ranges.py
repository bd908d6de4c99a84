"""What an operator may type for a span that is to be read again, and what he is told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ranges import Range, WrongRange, asked

NOW = datetime(2026, 12, 3, 3, 0, tzinfo=UTC)
EAST = timezone(timedelta(hours=9))
ZONE = "Asia/Jayapura"


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-12-01", datetime(2026, 12, 1, tzinfo=EAST), datetime(2026, 12, 2, tzinfo=EAST)),
        ("2026-12-01T08:30", datetime(2026, 12, 1, 8, 30, tzinfo=EAST), datetime(2026, 12, 1, 8, 30, tzinfo=EAST)),
        ("2026-12-01 08:30:05", *[datetime(2026, 12, 1, 8, 30, 5, tzinfo=EAST)] * 2),
        ("2026-12-01T08:30:00Z", *[datetime(2026, 12, 1, 8, 30, tzinfo=UTC)] * 2),
        (" 2026-12-01t08:30:00.25z ", *[datetime(2026, 12, 1, 8, 30, 0, 250_000, tzinfo=UTC)] * 2),
        ("2026-12-01T08:30:00+07:00", *[datetime(2026, 12, 1, 1, 30, tzinfo=UTC)] * 2),
    ],
)
def test_dates_and_stamps_are_read_in_the_connectors_zone(text: str, since: datetime, until: datetime) -> None:
    """A date is that day where the connector is, the last one whole; an offset that is written counts."""
    assert asked(text, None, zone=ZONE, now=NOW) == Range(since=since, until=None)
    assert asked(None, text, zone=ZONE, now=NOW) == Range(since=None, until=until)


def test_today_ends_now() -> None:
    """A day that is not over is read until this moment, never beyond."""
    assert asked("2026-12-03", "2026-12-03", zone=ZONE, now=NOW).until == NOW


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-12-03", "2026-12-01", "does not lie before"),
        ("2026-12-01T08:00", "2026-12-01T08:00", "does not lie before"),
        ("2026-12-04", None, "since .* lies in the future"),
        ("2026-12-01", "2027-01-01", "until .* lies in the future"),
        ("kemarin", None, "since is no moment"),
        ("2026-02-30", None, "since is no moment"),
        ("01-12-2026", None, "since is no moment"),
        ("2026-12-01", "2026-12-01T25:00", "until is no moment"),
        ("20261201", None, "since is no moment"),
        ("2026-12-01T08:00:00+99:00", None, "since is no moment"),
        ("٢٠٢٦-12-01", None, "since is no moment"),
        ("0001-01-01", None, "before 1970"),
        ("\x00", None, "since is no moment"),
    ],
)
def test_what_is_no_span_is_told_in_a_sentence(since: str | None, until: str | None, said: str) -> None:
    """Swapped, future and unreadable moments are refused with the word that is wrong, before anything is read."""
    with pytest.raises(WrongRange, match=said):
        asked(since, until, zone=ZONE, now=NOW)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_breaks_the_reading_of_a_span(since: str, until: str) -> None:
    """Whatever is typed gives a span that ends by now, or the one sentence."""
    try:
        found = asked(since, until, zone=ZONE, now=NOW)
    except WrongRange:
        return
    assert (found.until or NOW) <= NOW
