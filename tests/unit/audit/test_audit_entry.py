"""The bytes of an entry: the same for everybody, and small enough for the log's format."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.audit.entry import LARGEST, Entry, canonical, commitment, many
from schemas.words import ACTS

NOON = datetime(2026, 12, 1, 12, 0, 0, 123_999, tzinfo=UTC)
JAKARTA = timezone(timedelta(hours=7))


def test_an_entry_has_one_spelling() -> None:
    """Whoever encodes the same entry gets the same bytes: sorted names, no spaces, what is missing left out."""
    entry = Entry(
        act="forwarded", at=NOON, actor="hub", registry="sp4n", registry_id="812", detail={"http": 201, "b": None}
    )
    assert entry.encode() == (
        b'{"act":"forwarded","actor":"hub","at":"2026-12-01T12:00:00.123Z","detail":{"http":201},'
        b'"registry":"sp4n","registry_id":"812","v":1}'
    )


def test_the_time_is_utc_whatever_zone_it_came_in() -> None:
    """An act at 19:00 in Jakarta and at 12:00 UTC is the same entry."""
    here = Entry(act="pulled", at=NOON.astimezone(JAKARTA), actor="hub")
    assert here.encode() == Entry(act="pulled", at=NOON, actor="hub").encode()


def test_an_empty_detail_is_left_out() -> None:
    """An entry without particulars carries no empty object."""
    assert json.loads(Entry(act="closed", at=NOON, actor="hub", count=0).encode()) == {
        "v": 1, "act": "closed", "at": "2026-12-01T12:00:00.123Z", "actor": "hub", "count": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"act": "merged"}, "act"),
        ({"at": datetime(2026, 12, 1)}, "zone"),
        ({"count": -1}, "count"),
        ({"count": True}, "count"),
        ({"commitment": "AB" * 32}, "SHA-256"),
        ({"detail": {"kota é": 1}}, "ASCII"),
        ({"detail": {"": 1}}, "ASCII"),
        ({"detail": {"share": 0.5}}, "share"),
        ({"detail": {"codes": [1]}}, "codes"),
        ({"detail": {"nested": {"a": 1}}}, "nested"),
    ],
)
def test_what_must_not_enter_the_log_is_refused(wrong: dict[str, object], sentence: str) -> None:
    """A wrong entry fails where it is made, with a sentence, and not when an auditor reads it."""
    with pytest.raises(ValueError, match=sentence):
        Entry(**{"act": "pulled", "at": NOON, "actor": "hub", **wrong})  # type: ignore[arg-type]


def test_an_entry_too_large_for_a_bundle_is_refused() -> None:
    """The longest entry is what a uint16 length can say; one byte more is an error, not a broken bundle."""
    room = LARGEST - len(Entry(act="pulled", at=NOON, actor="").encode())
    assert len(Entry(act="pulled", at=NOON, actor="x" * room).encode()) == LARGEST
    with pytest.raises(ValueError, match="65536 bytes"):
        Entry(act="pulled", at=NOON, actor="x" * (room + 1)).encode()


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud83d"])
def test_what_json_readers_disagree_about_is_refused_and_not_quoted(value: int | str) -> None:
    """A number that a reader would round, or half a character, never enters; the error does not repeat it."""
    with pytest.raises(ValueError, match="RFC 8785") as caught:
        Entry(act="pulled", at=NOON, actor="hub", detail={"value": value}).encode()
    assert str(value).encode("utf-8", "replace") not in str(caught.value).encode("utf-8", "replace")


@settings(max_examples=60, deadline=None)
@given(
    act=st.sampled_from(ACTS),
    at=st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1)),
    detail=st.dictionaries(
        st.text("abc_", min_size=1),
        st.none()
        | st.booleans()
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.text(max_size=9)
        | st.lists(st.text(max_size=9)),
        max_size=4,
    ),
)
def test_every_entry_can_be_read_back(
    act: str, at: datetime, detail: dict[str, str | int | bool | list[str] | None]
) -> None:
    """What an auditor's JSON reader gets is what was put in."""
    read = json.loads(Entry(act=act, at=at, actor="hub", detail=detail).encode())
    assert read["v"] == 1
    assert read["act"] == act
    assert read.get("detail", {}) == {name: value for name, value in detail.items() if value is not None}
    assert datetime.fromisoformat(read["at"]) <= at < datetime.fromisoformat(read["at"]) + timedelta(milliseconds=1)


def test_a_commitment_needs_its_salt() -> None:
    """The log shows a hash that nobody can guess the content of, and that the salt later proves."""
    salt = bytes(range(32))
    assert commitment(salt, b"isi") == hashlib.sha256(salt + b"isi").hexdigest()
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"", b"isi")


def test_a_batch_has_one_commitment_in_its_order() -> None:
    """One entry vouches for every item of a batch: none can be left out, added or moved."""
    one, two = commitment(bytes(32), b"1"), commitment(bytes(32), b"2")
    assert many([one, two]) == hashlib.sha256(bytes.fromhex(one + two)).hexdigest()
    assert len({many([one, two]), many([two, one]), many([one]), many([])}) == 4
    with pytest.raises(ValueError, match="SHA-256"):
        many(["1"])


DETAILS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.text(), st.lists(st.text(max_size=5), max_size=3)
)
NAMES = st.text(st.characters(max_codepoint=127), min_size=1, max_size=6)


@given(st.dictionaries(NAMES, DETAILS | st.dictionaries(NAMES, DETAILS, max_size=3), max_size=6))
@settings(max_examples=300)
def test_the_quick_writer_writes_what_the_library_writes(document: dict[str, Any]) -> None:
    """An entry's bytes are those of RFC 8785, byte for byte, whichever way they were made; what has no form has none."""
    try:
        wanted = rfc8785.dumps(document)
    except rfc8785.CanonicalizationError:
        with pytest.raises(ValueError, match="no canonical JSON form"):
            canonical(document)
    else:
        assert canonical(document) == wanted
