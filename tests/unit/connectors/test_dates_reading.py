"""Dates as Indonesian portals write them: what is read, how exactly, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import dates

JAKARTA, MAKASSAR = "Asia/Jakarta", "Asia/Makassar"
NOW = datetime(2024, 11, 26, 1, 30, 45, tzinfo=UTC)  # 08:30:45 in Jakarta

READABLE = [
    # text, format, zone, moment, precision
    ("2024-11-26T08:45:10+07:00", "iso", None, "2024-11-26T08:45:10+07:00", "second"),
    ("2024-11-26T01:45:10Z", "iso", JAKARTA, "2024-11-26T01:45:10+00:00", "second"),
    ("2024-11-26T08:45:10.1234567Z", "iso", None, "2024-11-26T08:45:10.123456+00:00", "second"),
    ("2024-11-26 08:45:10", "iso", MAKASSAR, "2024-11-26T08:45:10+08:00", "second"),
    ("2024-11-26 08:45", "iso", JAKARTA, "2024-11-26T08:45:00+07:00", "minute"),
    ("2024-11-26 08:45+0700", "iso", None, "2024-11-26T08:45:00+07:00", "minute"),
    ("2024-11-26", "iso", JAKARTA, "2024-11-26T00:00:00+07:00", "day"),
    ("20241126T084510", "iso", JAKARTA, "2024-11-26T08:45:10+07:00", "second"),
    ("2024-11-26 08:45:10 WIT", "iso", JAKARTA, "2024-11-26T08:45:10+09:00", "second"),
    (1732585510, "unix", JAKARTA, "2024-11-26T08:45:10+07:00", "second"),
    ("1732585510", "unix", None, "2024-11-26T01:45:10+00:00", "second"),
    (1732585510000, "unix", JAKARTA, "2024-11-26T08:45:10+07:00", "second"),
    ("1732585510000", "unix", JAKARTA, "2024-11-26T08:45:10+07:00", "second"),
    (1732585510.0, "unix", JAKARTA, "2024-11-26T08:45:10+07:00", "second"),
    ("26-11-2024 08:45", "%d-%m-%Y %H:%M", JAKARTA, "2024-11-26T08:45:00+07:00", "minute"),
    ("26/11/2024", "%d/%m/%Y", MAKASSAR, "2024-11-26T00:00:00+08:00", "day"),
    ("03/04/2024", "%d/%m/%Y", JAKARTA, "2024-04-03T00:00:00+07:00", "day"),
    ("26 November 2024", "%d %B %Y", JAKARTA, "2024-11-26T00:00:00+07:00", "day"),
    ("8 Agu 2024, 08:45", "%d %b %Y, %H:%M", JAKARTA, "2024-08-08T08:45:00+07:00", "minute"),
    ("8 Agustus 2024, 08:45", "%d %b %Y, %H:%M", JAKARTA, "2024-08-08T08:45:00+07:00", "minute"),
    ("5 Jan 2024", "%d %b %Y", JAKARTA, "2024-01-05T00:00:00+07:00", "day"),
    ("Selasa, 2023/03/21", "%A, %Y/%m/%d", JAKARTA, "2023-03-21T00:00:00+07:00", "day"),
    ("Jum'at, 22 Maret 2024 07:05:09", "%A, %d %B %Y %H:%M:%S", JAKARTA, "2024-03-22T07:05:09+07:00", "second"),
    ("Jum’at, 22 Maret 2024", "%A, %d %B %Y", JAKARTA, "2024-03-22T00:00:00+07:00", "day"),
    ("Fri, 22 Mar 2024 07:05:09 +0700", "%a, %d %b %Y %H:%M:%S %z", None, "2024-03-22T07:05:09+07:00", "second"),
    ("22-03-2024 07:05 WITA", "%d-%m-%Y %H:%M", JAKARTA, "2024-03-22T07:05:00+08:00", "minute"),
    ("22-03-2024 07:05 WIB", "%d-%m-%Y %H:%M WIB", MAKASSAR, "2024-03-22T07:05:00+07:00", "minute"),
    ("26 November 2024", None, JAKARTA, "2024-11-26T00:00:00+07:00", "day"),
    ("26 Nopember 2024 pukul 08.45", None, JAKARTA, "2024-11-26T08:45:00+07:00", "minute"),
    ("8 Agu 2024, 08:45", None, JAKARTA, "2024-08-08T08:45:00+07:00", "minute"),
    ("November 26, 2024", None, JAKARTA, "2024-11-26T00:00:00+07:00", "day"),
    ("Selasa, 2023/03/21", None, JAKARTA, "2023-03-21T00:00:00+07:00", "day"),
    ("Jum'at, 22 Maret 2024 07:05:09 WIT", None, None, "2024-03-22T07:05:09+09:00", "second"),
    ("Fri, 22 Mar 2024 07:05:09 +0700", None, None, "2024-03-22T07:05:09+07:00", "second"),
    ("2024-11-26T08:45:10Z", None, None, "2024-11-26T08:45:10+00:00", "second"),
    ("7 jam yang lalu", "relative", JAKARTA, "2024-11-26T01:30:45+07:00", "day"),
    ("5 menit lalu", "relative", JAKARTA, "2024-11-26T08:25:45+07:00", "minute"),
    ("2 hari yang lalu", "relative", JAKARTA, "2024-11-24T00:00:00+07:00", "day"),
    ("Kemarin, 02:19", "relative", JAKARTA, "2024-11-25T02:19:00+07:00", "minute"),
    ("Hari ini, 08:00", "relative", JAKARTA, "2024-11-26T08:00:00+07:00", "minute"),
    ("26 November 2024", "relative", JAKARTA, "2024-11-26T00:00:00+07:00", "day"),
    ("kemarin 14.30", "relative", JAKARTA, "2024-11-25T14:30:00+07:00", "minute"),
    ("Kemarin pukul 14.30 WITA", "relative", JAKARTA, "2024-11-25T14:30:00+08:00", "minute"),
    ("Kemarin", "relative", JAKARTA, "2024-11-25T00:00:00+07:00", "day"),
    ("kemarin lusa", "relative", JAKARTA, "2024-11-24T00:00:00+07:00", "day"),
    ("hari ini", "relative", JAKARTA, "2024-11-26T00:00:00+07:00", "day"),
    ("tadi 07:05", "relative", JAKARTA, "2024-11-26T07:05:00+07:00", "minute"),
    ("Baru saja", "relative", JAKARTA, "2024-11-26T08:30:00+07:00", "minute"),
    ("30 detik yg lalu", "relative", JAKARTA, "2024-11-26T08:30:15+07:00", "second"),
    ("5 mnt lalu", "relative", JAKARTA, "2024-11-26T08:25:45+07:00", "minute"),
    ("sejam yang lalu", "relative", JAKARTA, "2024-11-26T07:30:45+07:00", "day"),
    ("sehari yang lalu", "relative", JAKARTA, "2024-11-25T00:00:00+07:00", "day"),
    ("2 hari yang lalu pukul 10.15", "relative", JAKARTA, "2024-11-24T10:15:00+07:00", "minute"),
    ("minggu lalu", "relative", JAKARTA, "2024-11-19T00:00:00+07:00", "week"),
    ("3 minggu yang lalu", "relative", JAKARTA, "2024-11-05T00:00:00+07:00", "week"),
    ("bulan lalu", "relative", JAKARTA, "2024-10-01T00:00:00+07:00", "month"),
    ("sebulan yang lalu", "relative", JAKARTA, "2024-10-01T00:00:00+07:00", "month"),
    ("13 bulan yang lalu", "relative", JAKARTA, "2023-10-01T00:00:00+07:00", "month"),
    ("2 hours ago", "relative", JAKARTA, "2024-11-26T06:30:45+07:00", "day"),
    ("an hour ago", "relative", JAKARTA, "2024-11-26T07:30:45+07:00", "day"),
    ("yesterday at 14:30", "relative", JAKARTA, "2024-11-25T14:30:00+07:00", "minute"),
    ("last week", "relative", JAKARTA, "2024-11-19T00:00:00+07:00", "week"),
    ("just now", "relative", "Asia/Jayapura", "2024-11-26T10:30:00+09:00", "minute"),
    ("26-11-2024 14.30", "%d-%m-%Y %H:%M", JAKARTA, "2024-11-26T14:30:00+07:00", "minute"),
    ("26-11-2024 14:30", "%d-%m-%Y %H.%M", JAKARTA, "2024-11-26T14:30:00+07:00", "minute"),
    ("26.11.2024 14.30.05", "%d.%m.%Y %H.%M.%S", JAKARTA, "2024-11-26T14:30:05+07:00", "second"),
    ("26.11.2024", "%d.%m.%Y", JAKARTA, "2024-11-26T00:00:00+07:00", "day"),
    ("26/11/2024 pukul 14.30 WIB", "%d/%m/%Y %H:%M", MAKASSAR, "2024-11-26T14:30:00+07:00", "minute"),
    ("26/11/2024, pkl. 14.30", "%d/%m/%Y pukul %H:%M", JAKARTA, "2024-11-26T14:30:00+07:00", "minute"),
    ("11/26/2024 2:30 PM", "%m/%d/%Y %I:%M %p", JAKARTA, "2024-11-26T14:30:00+07:00", "minute"),
    ("11/26/24", "%m/%d/%y", JAKARTA, "2024-11-26T00:00:00+07:00", "day"),
    ("26/11/24 08:45", "%d/%m/%y %H:%M", JAKARTA, "2024-11-26T08:45:00+07:00", "minute"),
    ("2024-11-26 14.30", "iso", JAKARTA, "2024-11-26T14:30:00+07:00", "minute"),
    ("2024-11-26 14:30:05 GMT+7", "iso", MAKASSAR, "2024-11-26T14:30:05+07:00", "second"),
    ("2024-11-26 14:30 UTC+08:00", "iso", JAKARTA, "2024-11-26T14:30:00+08:00", "minute"),
    ("2024-11-26 14:30:05 UTC", "iso", JAKARTA, "2024-11-26T14:30:05+00:00", "second"),
    ("Tue, 26 Nov 2024 01:45:10 GMT", None, JAKARTA, "2024-11-26T01:45:10+00:00", "second"),
    ("26 Nopember 2024 08.45 (WITA)", None, JAKARTA, "2024-11-26T08:45:00+08:00", "minute"),
    ("26 Nov 2024 08:45WIB", None, MAKASSAR, "2024-11-26T08:45:00+07:00", "minute"),
    ("17 Ags 2024", None, JAKARTA, "2024-08-17T00:00:00+07:00", "day"),
    ("17 Agt 2024", None, JAKARTA, "2024-08-17T00:00:00+07:00", "day"),
    ("3 Mrt 2024", None, JAKARTA, "2024-03-03T00:00:00+07:00", "day"),
    ("Minggu, 1 Des 2024", None, JAKARTA, "2024-12-01T00:00:00+07:00", "day"),
    (45622, "excel", JAKARTA, "2024-11-26T00:00:00+07:00", "day"),
    (45622.364583333336, "excel", JAKARTA, "2024-11-26T08:45:00+07:00", "second"),
    ("45622,5", "excel", MAKASSAR, "2024-11-26T12:00:00+08:00", "second"),
    ("45622", "excel", JAKARTA, "2024-11-26T00:00:00+07:00", "day"),
]


@pytest.mark.parametrize(("text", "format", "zone", "moment", "precision"), READABLE)
def test_dates_of_portals_are_read(
    text: object, format: str | None, zone: str | None, moment: str, precision: str
) -> None:
    """A date is read in the form the portal writes it, with the right offset, and never said to be more exact than it is."""
    found, exact = dates.read(text, format, zone, NOW)
    assert (dates.rfc3339(found), exact) == (moment, precision)


UNREADABLE = [
    ("0000-00-00", "iso", JAKARTA, "unreadable"),
    ("0000-00-00 00:00:00", "iso", JAKARTA, "unreadable"),
    ("0001-01-01T00:00:00Z", "iso", None, "unreadable"),
    ("2024-02-30", "iso", JAKARTA, "unreadable"),
    ("2024", "iso", JAKARTA, "unreadable"),
    ("", "iso", JAKARTA, "unreadable"),
    (20241126, "iso", JAKARTA, "unreadable"),
    (None, None, JAKARTA, "unreadable"),
    (True, "unix", JAKARTA, "unreadable"),
    (0, "unix", JAKARTA, "unreadable"),
    ("kemarin", "unix", JAKARTA, "unreadable"),
    (float("nan"), "unix", JAKARTA, "unreadable"),
    (float("inf"), "unix", JAKARTA, "unreadable"),
    ("03/04/2024", None, JAKARTA, "unreadable"),
    ("26 November", None, JAKARTA, "unreadable"),
    ("26 Novembar 2024", None, JAKARTA, "unreadable"),
    ("26 November", "%d %B", JAKARTA, "no_year"),
    ("21/13/2024", "%d/%m/%Y", JAKARTA, "unreadable"),
    ("2024-11-26 08:45", "%d-%m-%Y %H:%M", JAKARTA, "unreadable"),
    ("2024-11-26 08:45", "iso", None, "no_zone"),
    ("2024-11-26 08:45", "iso", "Asia/Nowhere", "no_zone"),
    ("2024-11-26 08:45", "iso", "__init__/py", "no_zone"),  # Python's own look-up would import it
    ("2024-11-26 08:45", "iso", "../../etc/passwd", "no_zone"),
    ("2024-11-26 08:45", "iso", "Asia", "no_zone"),
    ("7 jam yang lalu", None, JAKARTA, "unreadable"),
    ("99999 minggu yang lalu", "relative", JAKARTA, "unreadable"),
    ("8 jam yang lalu", "relative", None, "no_zone"),
    ("Senin lalu", "relative", JAKARTA, "unreadable"),
    ("beberapa waktu lalu", "relative", JAKARTA, "unreadable"),
    ("2 tahun yang lalu", "relative", JAKARTA, "unreadable"),
    ("jam yang lalu", "relative", JAKARTA, "unreadable"),
    ("5 menit lalu 14.30", "relative", JAKARTA, "unreadable"),
    ("99999 bulan lalu", "relative", JAKARTA, "unreadable"),
    ("26-11-2024 24.30", "%d-%m-%Y %H:%M", JAKARTA, "unreadable"),
    ("2024-11-26 14:30 GMT+99", "iso", JAKARTA, "unreadable"),
    (45622, "excel", None, "no_zone"),
    (1, "excel", JAKARTA, "unreadable"),
    (20241126, "excel", JAKARTA, "unreadable"),
    (1732585510, "excel", JAKARTA, "unreadable"),
    (True, "excel", JAKARTA, "unreadable"),
    ("26/11/2024", "excel", JAKARTA, "unreadable"),
    (float("nan"), "excel", JAKARTA, "unreadable"),
]


@pytest.mark.parametrize(("text", "format", "zone", "code"), UNREADABLE)
def test_what_is_no_date_is_refused_with_a_code(text: object, format: str | None, zone: str | None, code: str) -> None:
    """Zero dates, missing years and missing zones are refused: no date is ever made up."""
    with pytest.raises(dates.Unreadable) as caught:
        dates.read(text, format, zone, NOW)
    assert caught.value.code == code


def test_relative_dates_need_to_know_now() -> None:
    """'7 hours ago' means nothing without the moment it was read, so it is refused there."""
    with pytest.raises(dates.Unreadable, match="no_now"):
        dates.read("7 jam yang lalu", "relative", JAKARTA)


@given(
    st.text(max_size=40), st.sampled_from([None, "iso", "unix", "relative", "excel", "%d-%m-%Y %H:%M", "%A, %d %B %Y"])
)
def test_any_text_is_read_or_refused(text: str, format: str | None) -> None:
    """Whatever a citizen's portal sends as a date, reading it ends in a moment with an offset or in a refusal."""
    try:
        moment, precision = dates.read(text, format, JAKARTA, NOW)
    except dates.Unreadable:
        return
    assert moment.utcoffset() is not None
    assert precision in ("second", "minute", "day")


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2100, 1, 1)))
def test_iso_comes_back_as_it_went(moment: datetime) -> None:
    """A moment written as RFC 3339 and read again is the same moment."""
    aware = moment.replace(tzinfo=UTC)
    assert dates.read(dates.rfc3339(aware), "iso", None)[0] == aware


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("48h", 172_800), ("7d", 604_800)])
def test_durations_are_read(text: str, seconds: int) -> None:
    """The spans of a manifest mean what they say."""
    assert dates.duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "0s", "15", "m", "1.5h", "15 m", "999999999d", "-1h"])
def test_other_durations_are_refused(text: str) -> None:
    """A span that could be read in two ways is refused."""
    with pytest.raises(dates.Unreadable):
        dates.duration(text)


@pytest.mark.parametrize(
    "format", ["iso", "unix", "relative", "%d-%m-%Y %H:%M", "%A, %d %B %Y", "%Y%m%d%H%M%S", "%Y-%j"]
)
def test_sound_formats_pass(format: str) -> None:
    """A format that can name a day is allowed in a manifest."""
    assert dates.trouble_with(format) is None


@pytest.mark.parametrize(
    ("format", "part"),
    [
        ("%d-%m %H:%M", "year"),
        ("%Y", "day"),
        ("%Y-%m-%d %T", "%T"),
        ("dd-mm-yyyy", "strptime"),
        ("%d-%m-%Y %", "strptime"),
        ("%d-%m-%Y %d", "twice"),
        ("%d %b %B %Y", "twice"),
        ("%A %a %d-%m-%Y", "twice"),
    ],
)
def test_unsound_formats_are_explained(format: str, part: str) -> None:
    """A format that could only guess is refused in the manifest, with a reason, before any item is read."""
    assert part in str(dates.trouble_with(format))
