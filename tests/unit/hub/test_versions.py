"""Which item is a new version, which an old copy, and which incarnation of its ref it belongs to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Item
from hub import model
from hub.store.heads import Head
from hub.versions import Met, Past, complaint_id, looks_old, next_head, own_head, without

EARLY = datetime(2026, 11, 10, tzinfo=UTC)
LATE = EARLY + timedelta(days=1)
CONNECTOR = uuid4()


def head(version: int, content: bytes, created: bytes | None = None, incarnation: int = 1) -> Head:
    """A head without a stamp."""
    return Head(version, content, created, b"i" * 16, incarnation, None)


@pytest.mark.parametrize(
    ("stamp", "of_head", "had", "old"),
    [
        (EARLY, LATE, False, True),  # older by its own stamp
        (EARLY, LATE, True, True),
        (LATE, EARLY, False, False),
        (LATE, EARLY, True, False),  # the portal went back and says so: A, B, A
        (EARLY, EARLY, False, False),  # a stamp of a day's precision: another content is a change
        (EARLY, EARLY, True, True),
        (None, None, False, False),
        (None, None, True, True),
        (EARLY, None, False, False),  # a stamp on one side orders nothing
        (None, EARLY, True, True),
    ],
)
def test_an_old_copy_is_known_by_its_stamp_or_its_content(
    stamp: datetime | None, of_head: datetime | None, had: bool, old: bool
) -> None:
    """No change is held back unless its stamp is older, or nothing says which is newer and we had it before."""
    assert looks_old(stamp, of_head, had=had) is old


@pytest.mark.parametrize(
    ("latest", "created", "content", "incarnation"),
    [
        ([], None, b"a", None),
        ([head(1, b"a")], None, b"b", 1),
        ([head(1, b"a", b"path....ten")], b"path....ten", b"b", 1),
        ([head(1, b"a", b"path....ten")], b"path....elf", b"a", None),  # created anew: another complaint
        ([head(1, b"a", b"path....ten")], b"other...elf", b"b", 1),  # the manifest looks elsewhere: nothing to compare
        ([head(1, b"a", b"path....ten")], None, b"b", 1),
        ([head(1, b"a"), head(2, b"b", incarnation=2)], None, b"a", 1),
        ([head(1, b"a"), head(2, b"b", incarnation=2)], None, b"c", 2),
        ([head(1, b"a", b"path....ten"), head(2, b"b", b"path....ten", 2)], b"path....ten", b"a", 1),
        ([head(1, b"a", b"path....ten"), head(2, b"b", b"path....ten", 2)], b"path....ten", b"c", 2),
        ([head(1, b"a", b"path....ten"), head(2, b"b", b"path....elf", 2)], b"path....ten", b"c", 1),
    ],
)
def test_an_item_finds_its_own_incarnation(
    latest: list[Head], created: bytes | None, content: bytes, incarnation: int | None
) -> None:
    """An id that is used again is another complaint by its creation stamp; without one its content decides."""
    own = own_head(latest, created, content)
    assert (own.incarnation if own else None) == incarnation


def test_versions_count_over_all_incarnations() -> None:
    """A new incarnation starts a complaint of its own, and its versions go on where those of its ref stand."""
    met = Met(Item(ref="7", raw=b"{}", payload=None, stamp=LATE), b"7", b"mark", b"c")
    latest = [head(1, b"a"), head(3, b"b", incarnation=2)]
    assert next_head(CONNECTOR.bytes, [], None, met, None)[:5] == (1, b"c", None, _id("7", 1), 1)
    assert next_head(CONNECTOR.bytes, latest, None, met, b"n")[:5] == (4, b"c", b"n", _id("7", 3), 3)
    assert next_head(CONNECTOR.bytes, latest, latest[0], met, None) == (4, b"c", None, b"i" * 16, 1, LATE)


def test_a_batch_remembers_only_what_can_come_again() -> None:
    """A first load of a million refs notes nothing about refs that come once."""
    met = Met(Item(ref="7", raw=b"{}", payload=None), b"7", b"mark", b"c")
    once, twice = Past(), Past(again=frozenset([b"mark"]))
    for past in (once, twice):
        past.note(met, head(1, b"c"))
    assert (once.heads, once.had) == ({}, set())
    assert (twice.heads, twice.had) == ({b"mark": [head(1, b"c")]}, {(b"mark", b"c")})


@given(st.uuids(), st.text(st.characters(codec="utf-8"), max_size=40), st.integers(1, 10**6))
def test_a_complaint_keeps_its_id(connector: UUID, ref: str, incarnation: int) -> None:
    """The quick way and the plain one give every complaint the same identifier for ever."""
    assert (
        complaint_id(connector.bytes, ref.encode(), incarnation)
        == model.complaint_id(connector, ref, incarnation).bytes
    )


def test_ignored_paths_are_left_out_of_what_is_compared() -> None:
    """A counter of views makes no new version, wherever it stands; a path that is not there harms nothing."""
    one = {"isi": "teks", "dilihat": 7, "meta": {"klik": 1, "oleh": "x"}}
    two = {"meta": {"oleh": "x", "klik": 2}, "isi": "teks"}
    paths = ["dilihat", "meta.klik", "isi.panjang", "tidak.ada"]
    assert without(one, paths) == without(two, paths) != without({**two, "isi": "lain"}, paths)
    assert one["dilihat"] == 7


def _id(ref: str, incarnation: int) -> bytes:
    return model.complaint_id(CONNECTOR, ref, incarnation).bytes
