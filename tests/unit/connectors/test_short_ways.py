"""Every short way of the mapping means exactly what the long way means, or leaves the value to it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import jmespath
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from connectors import dates, links, paths, phones, stamps, values

# paths ---------------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "_c", "d1", "true", "null", "length"])
ODD = st.text(alphabet="abZ_19-é٣ .ｂﬁ\u200b\ud800$\n", min_size=1, max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | ODD, inner, max_size=4),
    max_leaves=12,
)


def by_library(expression: str, item: Any) -> Any:
    """What the library says, or the name of its refusal."""
    try:
        return jmespath.search(expression, item)
    except (JMESPathError, ValueError):
        return "refused"


@settings(max_examples=300)
@given(st.lists(NAMES, min_size=1, max_size=5), JSON)
def test_plain_paths_and_jmespath_agree(names: list[str], item: Any) -> None:
    """A plain dotted path means what JMESPath says it means, on items of any shape."""
    path = ".".join(names)
    assert paths.getter(path)(item) == by_library(path, item)


@settings(max_examples=300)
@given(st.lists(NAMES | ODD, min_size=1, max_size=3), JSON)
@example(["a", "b\n"], {"a": {"b": 1}})
@example(["é"], {"é": 1})
@example(["1a"], {"1a": 1})
@example(["ｂ"], {"b": 1})
def test_names_with_odd_letters_are_left_to_jmespath(names: list[str], item: Any) -> None:
    """Blanks, line ends, accents, wide letters and foreign digits never take the short way by mistake."""
    path = ".".join(names)
    try:
        found = paths.getter(path)(item)
    except paths.BadPath:
        found = "refused"
    assert found == by_library(path, item)


# dates ---------------------------------------------------------------------------------------------------------------

FORMATS = ("%d-%m-%Y %H:%M", "%d/%m/%Y", "%Y-%m-%dT%H:%M:%S", "%Y%m%d%H%M%S", "%d%m%Y", "%H:%M:%S %Y.%m.%d", "iso")
LONG_WAY = ("%d-%m-%y", "%d %B %Y", "%Y-%m-%d %H", "%d-%m-%Y %H:%M WIB", "unix", None)
ZONES = ("Asia/Jakarta", "Asia/Makassar", "UTC", "Europe/Amsterdam", "Asia/Nowhere")


def read(text: Any, format: str | None, zone: str) -> Any:
    """The long way, or its refusal."""
    try:
        moment, precision = dates.read(text, format, zone)
        return dates.rfc3339(moment), precision
    except dates.Unreadable as error:
        return error.code


def quickly(text: Any, format: str | None, zone: str) -> Any:
    """The compiled reader, or its refusal."""
    try:
        return stamps.reader(format, zone)(text)
    except dates.Unreadable as error:
        return error.code


MOMENTS = st.datetimes(min_value=datetime(1890, 1, 1), max_value=datetime(2210, 1, 1)) | st.sampled_from(
    [
        datetime(1932, 10, 31, 23, 59, 59),
        datetime(1932, 11, 1, 0, 10),
        datetime(1937, 7, 1, 0, 10),
        datetime(2026, 3, 29, 2, 30),
    ]
)  # Jakarta and Amsterdam change their clocks


@settings(max_examples=600)
@given(
    MOMENTS,
    st.sampled_from(FORMATS + LONG_WAY),
    st.sampled_from(ZONES),
)
def test_dates_read_at_sight_are_the_dates_read_thoroughly(at: datetime, format: str | None, zone: str) -> None:
    """A portal's date means the same moment whichever way it is read, in every zone, summer time and old times included."""
    written = at.isoformat() if format in ("iso", "unix", None) else at.strftime(format)
    assert quickly(written, format, zone) == read(written, format, zone)


DATELIKE = st.text(alphabet="0123456789-/:.T Z+٣WIBwib", min_size=6, max_size=21)
STAMPED = st.from_regex(r"[0-3٣][0-9][-/][01][0-9][-/](19|20|21|00)[0-9]{2}( [0-2][0-9]:[0-6][0-9])?", fullmatch=True)


@settings(max_examples=500)
@given(DATELIKE | STAMPED, st.sampled_from(FORMATS), st.sampled_from(ZONES[:2]))
@example("31-02-2026 08:45", "%d-%m-%Y %H:%M", "Asia/Jakarta")
@example("01-01-2026 24:00", "%d-%m-%Y %H:%M", "Asia/Jakarta")
@example("2026-01-01T24:00:00", "iso", "Asia/Jakarta")
@example("1-1-2026 8:45", "%d-%m-%Y %H:%M", "Asia/Jakarta")
@example("01-01-2026  08:45 ", "%d-%m-%Y %H:%M", "Asia/Jakarta")
@example("2026-01-01t08:45:00", "%Y-%m-%dT%H:%M:%S", "Asia/Jakarta")
def test_what_only_looks_like_a_date_is_judged_alike(text: str, format: str, zone: str) -> None:
    """Days that do not exist, hours past midnight and foreign digits are refused or read alike on both ways."""
    assert quickly(text, format, zone) == read(text, format, zone)


@pytest.mark.parametrize("value", [None, True, 7, 1.5, [], {}, 1732585510, "0" * 10_000, "\ud800"])
@pytest.mark.parametrize("format", [*FORMATS, *LONG_WAY])
def test_what_is_no_text_is_judged_alike(value: Any, format: str | None) -> None:
    """Numbers, lists and nonsense in the place of a date end the same on both ways."""
    assert quickly(value, format, "Asia/Jakarta") == read(value, format, "Asia/Jakarta")


@pytest.mark.parametrize("format", FORMATS)
def test_the_common_formats_take_the_short_way(format: str) -> None:
    """A list of a hundred thousand complaints is not slow because of how its portal writes dates."""
    at = datetime(2026, 11, 26, 8, 45, 10, tzinfo=UTC)
    written = at.isoformat() if format == "iso" else at.strftime(format)
    assert stamps._quick(format, "Asia/Jakarta")(written) is not None


# phones --------------------------------------------------------------------------------------------------------------

DIGITS = st.text(alphabet="0123456789", min_size=7, max_size=12)


@settings(max_examples=1000)
@given(st.sampled_from(["+62", "62", "0"]), DIGITS, st.lists(st.sampled_from(["", "", "", " ", "-", "."]), min_size=13))
def test_mobiles_read_at_sight_are_what_the_library_reads(prefix: str, digits: str, between: list[str]) -> None:
    """The reporter's number is the same number whichever way it is read, so that the same reporter is known again."""
    written = prefix + "".join(gap + digit for gap, digit in zip(between, "8" + digits, strict=False))
    assert phones.e164(written) == phones._by_library(written)


@pytest.mark.parametrize(
    "written", ["0812-3456-7890", "+62 812 3456 7890", "6281234567890", "081234567890", "+62.812.3456.789"]
)
def test_usual_mobiles_take_the_short_way(written: str) -> None:
    """The spellings that portals use most cost the least."""
    assert phones._MOBILE.fullmatch(written) and phones.e164(written) == phones._by_library(written)


@given(st.text(max_size=30) | st.text(alphabet="+0123456789 -.()x/#;ext=", max_size=30))
def test_any_text_as_a_phone_is_read_or_left_out(written: str) -> None:
    """Whatever stands where a number belongs, it is a number of the canonical form or none."""
    found = phones.e164(values.sound(written).strip())
    assert found is None or re.fullmatch(r"\+[1-9][0-9]{6,14}", found)


# addresses -----------------------------------------------------------------------------------------------------------

BASES = (
    "https://aduan.contoh.go.id/api?x=1",
    "http://127.0.0.1:8461/api",
    "https://Contoh.go.id",
    "",
    "https://[::1]/a",
)
PIECES = st.sampled_from(
    ["/", "a", "1", ".", "..", "~", "%20", "-", "_", "?", "#", ";", "//", "http:", "https:", "HTTP:", "x.jpg"]
)


@settings(max_examples=600)
@given(st.lists(PIECES, max_size=8), st.sampled_from(BASES))
def test_addresses_read_at_sight_are_joined_as_the_standard_says(pieces: list[str], base: str) -> None:
    """A picture's address is the one that a browser would open, whichever way it is read."""
    written = "".join(pieces)
    assume(written)
    try:
        expected = urljoin(base, written)
    except ValueError:
        expected = ""
    scheme, colon, rest = expected.partition(":")
    expected = scheme.lower() + colon + rest
    good = re.fullmatch(r"https?://[^\x00-\x20]+", expected)
    try:
        found = links.address(values.Setting(base=base))(written)
    except values.Dropped:
        found = None
    assert found == (expected if good else None)
