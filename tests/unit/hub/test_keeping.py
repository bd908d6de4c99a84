"""What a channel gave is kept version by version: nothing that changed is lost, nothing that alternates grows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Attachment, Item
from connectors.manifest import Manifest
from hub import keeping
from hub.keeping import Keeping, Kept
from hub.privacy import Vault
from hub.spine import Hub
from hub.store.connectors import Connector
from hub.store.work import Store

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


def item(content: str, day: int | None = None, ref: str = "A-5", created: str | None = None) -> Item:
    """One row of a portal, stamped on that day of November."""
    stamp = datetime(2026, 11, day, tzinfo=UTC) if day else None
    raw = json.dumps({"id": ref, "isi": content}).encode()
    return Item(ref=f'"{ref}"', raw=raw, payload=None, stamp=stamp, created=created)


@dataclass
class Channel:
    """One connector over a real store; every pass is a run of its own."""

    store: Store
    vault: Vault
    options: dict[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid4)

    def keeping(self) -> Keeping:
        """As a pull makes it."""
        manifest = SimpleNamespace(options=self.options, fields={}, sha256="0" * 64)
        connector = SimpleNamespace(id=self.id, region="35")
        return Keeping(
            hub=cast(Hub, SimpleNamespace(vault=self.vault)),
            manifest=cast(Manifest, manifest),
            connector=cast(Connector, connector),
        )

    def read(self, *batches: Sequence[Item], keep: Keeping | None = None) -> list[Kept]:
        """One complete pass: its batches, each in its own transaction, then the settlement of what was doubtful."""
        keep = keep or self.keeping()
        with self.store.begin(region="35") as work:
            told = [keep.keep(work, batch, interval=1, now=NOW) for batch in batches]
            told.append(keep.settle(work, _twice(batches), interval=1, now=NOW))
        assert sum(kept.new + kept.known for kept in told) == sum(len(batch) for batch in batches)
        assert [len(kept.commitments) for kept in told] == [kept.new for kept in told]
        assert not keep.doubtful
        return told

    def new(self, *batches: Sequence[Item]) -> int:
        """How many versions a pass added."""
        return sum(kept.new for kept in self.read(*batches))

    def versions(self, ref: str = "A-5") -> list[str]:
        """The texts of all versions of a ref, as they open again, the oldest first."""
        with self.store.begin(region="35") as work:
            rows = work.rows(
                "SELECT i.key_id, k.wrapped, i.raw_enc, i.ref_enc FROM items i JOIN data_keys k ON k.id = i.key_id "
                "WHERE connector = :c ORDER BY ref_hmac, version",
                c=self.id,
            )
        keys = [self.vault.unwrap(row.key_id, bytes(row.wrapped)) for row in rows]
        raws = [
            json.loads(self.vault.open(key, "raw", bytes(row.raw_enc))) for key, row in zip(keys, rows, strict=True)
        ]
        refs = [self.vault.open(key, "ref", bytes(row.ref_enc)).decode() for key, row in zip(keys, rows, strict=True)]
        assert refs == [f'"{raw["id"]}"' for raw in raws]
        return [raw["isi"] for raw in raws if raw["id"] == ref]

    def head(self, ref: str) -> bytes:
        """The keyed hash of the content that counts as the latest of a ref."""
        with self.store.begin(region="35") as work:
            found = work.value(
                "SELECT content_hmac FROM refs WHERE connector = :c AND ref_hmac = :r",
                c=self.id,
                r=self.vault.mac("ref", f'"{ref}"'.encode()),
            )
        return bytes(found)

    def count(self, table: str) -> int:
        """How many rows of this connector a table holds."""
        with self.store.begin(region="35") as work:
            return int(work.value(f"SELECT count(*) FROM {table} WHERE connector = :c", c=self.id))


def _twice(batches: Sequence[Sequence[Item]]) -> Callable[[Item], bool]:
    contents: dict[str | None, set[bytes]] = {}
    for batch in batches:
        for one in batch:
            contents.setdefault(one.ref, set()).add(one.raw)
    return lambda one: len(contents[one.ref]) > 1


@pytest.fixture
def channel(store: Store, vault: Vault) -> Channel:
    """A channel of which nothing has been read."""
    return Channel(store=store, vault=vault)


@pytest.mark.parametrize(
    ("days", "text"),
    [
        ((None, None, None), "no stamps: the portal went back"),
        ((10, 11, 12), "each change has a newer stamp"),
        ((10, 11, 10), "restored from a backup, stamps and all"),
        ((10, 10, 10), "stamps of a day's precision"),
        ((28, 10, 11), "a stamp in the future was put right"),
        ((10, None, 10), "a stamp that is missing once"),
    ],
)
def test_a_portal_that_goes_back_makes_three_versions(channel: Channel, days: Sequence[int | None], text: str) -> None:
    """A, then B, then A again: three versions and the last one counts, whatever the stamps say."""
    for content, day in zip("ABA", days, strict=True):
        assert channel.new([item(content, day)]) == 1, text
        assert channel.new([item(content, day)]) == 0, text
    assert channel.versions() == ["A", "B", "A"]


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize(
    ("listed", "kept"),
    [
        ((("A", 10), ("B", 11)), ["A", "B"]),
        ((("B", 11), ("A", 10)), ["B"]),
        ((("B", 11), ("A", 10), ("B", 11)), ["B"]),
        ((("A", None), ("B", None)), ["A", "B"]),
        ((("A", None), ("B", None), ("A", None)), ["A", "B"]),
        ((("A", 10), ("B", 10), ("A", 10)), ["A", "B"]),
        ((("A", 10), ("C", 12), ("B", 11)), ["A", "C"]),
        ((("A", 10), ("A", 10)), ["A"]),
    ],
)
def test_one_id_twice_in_a_listing_does_not_grow(
    channel: Channel, split: bool, listed: Sequence[tuple[str, int | None]], kept: list[str]
) -> None:
    """The newest of a listing wins, whether the rows stand on one page or on two, and reading again adds nothing."""
    rows = [item(content, day) for content, day in listed]
    batches = [[row] for row in rows] if split else [rows]
    for _ in range(3):
        channel.read(*batches)
        assert channel.versions() == kept


def test_a_change_beside_an_old_copy_is_a_version(channel: Channel) -> None:
    """Two rows alternate under one id and one of them is edited: the edit is kept at once, the other is not repeated."""
    channel.read([item("A"), item("B")])
    assert channel.new([item("A, diedit"), item("B")]) == 1
    assert channel.new([item("A, diedit"), item("B")]) == 0
    assert channel.versions() == ["A", "B", "A, diedit"]


def test_what_is_doubtful_is_told_until_it_is_settled(channel: Channel) -> None:
    """The point to go on from does not move past an item that only waits in memory."""
    channel.read([item("B", 11)])
    keep = channel.keeping()
    with channel.store.begin(region="35") as work:
        assert keep.keep(work, [item("A", 10)], interval=1, now=NOW) == Kept(new=0, known=0, commitments=[])
        assert keep.doubtful
        assert keep.settle(work, lambda _: False, interval=1, now=NOW).new == 1
        assert not keep.doubtful
        assert keep.settle(work, lambda _: False, interval=1, now=NOW) == Kept(new=0, known=0, commitments=[])


@pytest.mark.parametrize(("limit", "value"), [("MOST_ASIDE", 2), ("MOST_ASIDE_BYTES", 60)])
def test_too_many_doubtful_items_are_stored_as_versions(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    """Memory stays small and nothing is lost: what does not fit aside any more is kept as a version."""
    monkeypatch.setattr(keeping, limit, value)
    refs = [f"A-{n}" for n in range(5)]
    channel.read([item("B", 11, ref) for ref in refs])
    keep = channel.keeping()
    with channel.store.begin(region="35") as work:
        kept = keep.keep(work, [item("A", 10, ref) for ref in refs], interval=1, now=NOW)
    assert (kept.new, len(keep.aside)) == (3, 2)


def test_an_id_used_again_is_kept_though_its_stamp_is_older(channel: Channel) -> None:
    """Created at another time it is another complaint: no old copy, and both go on being known."""
    rows = [item("A", 11, created='"11-11-2026"'), item("B", 10, created='"10-11-2026"')]
    assert [channel.new(rows) for _ in range(3)] == [2, 0, 0]
    assert channel.count("refs") == 2
    assert channel.new([rows[0], item("B2", 12, created='"10-11-2026"')]) == 1
    assert channel.count("refs") == 2


def test_ignored_paths_make_no_version(channel: Channel) -> None:
    """A counter that moves changes nothing; bytes that cannot be read are compared as they are."""
    channel.options["ignore"] = ["dilihat"]

    def seen(times: int, text: str = "A") -> Item:
        raw = json.dumps({"id": "A-5", "isi": text, "dilihat": times}).encode()
        return Item(ref='"A-5"', raw=raw, payload=None)

    broken = Item(ref='"A-6"', raw=b'{"isi": NaN}', payload=None)
    assert [channel.new([seen(1), broken]), channel.new([seen(2), broken]), channel.new([seen(3, "B")])] == [2, 0, 1]


def test_items_without_an_id_are_told_apart_by_their_bytes(channel: Channel) -> None:
    """What has no usable ref is kept once under the keyed hash of its bytes."""
    rows = [Item(ref=None, raw=raw, payload=None, trouble="no_ref") for raw in (b"[1]", b"[2]", b"[1]")]
    assert [channel.new(rows), channel.new(rows)] == [2, 0]


def test_a_mail_keeps_what_was_read_and_its_files(channel: Channel) -> None:
    """Bytes that are no JSON are kept with what was read from them and the files that came along, under one key."""
    mail = Item(
        ref='"<1@surat.example>"',
        raw=b"Subject: Jalan\r\n\r\nrusak\x00",
        payload={"subject": "Jalan"},
        media="mail",
        attachments=[Attachment(name="foto.jpg", media_type="image/jpeg", size=3, content=b"abc")],
    )
    assert channel.new([mail, item("A")]) == 2
    with channel.store.begin(region="35") as work:
        row = work.one(
            "SELECT i.key_id, k.wrapped, i.raw_enc, i.payload_enc, a.content_enc FROM attachments a "
            "JOIN items i ON i.id = a.item_id JOIN data_keys k ON k.id = a.key_id WHERE i.connector = :c",
            c=channel.id,
        )
    assert row is not None
    key = channel.vault.unwrap(row.key_id, bytes(row.wrapped))
    assert channel.vault.open(key, "raw", bytes(row.raw_enc)) == mail.raw
    assert json.loads(channel.vault.open(key, "payload", bytes(row.payload_enc))) == mail.payload
    assert channel.vault.open(key, "file", bytes(row.content_enc)) == b"abc"


def test_the_first_day_of_a_complaint_never_moves(channel: Channel) -> None:
    """A complaint is counted on the day on which it was first stored, however often it changes."""
    channel.read([item("A", 10)])
    keep = channel.keeping()
    with channel.store.begin(region="35") as work:
        keep.keep(work, [item("B", 11)], interval=2, now=NOW + timedelta(days=3))
        first = work.value("SELECT first_stored_at FROM refs WHERE connector = :c", c=channel.id)
    assert (first, channel.count("complaints")) == (NOW, 0)


REFS = st.sampled_from(["A-1", "A-2", "A-3"])
STAMPED = st.lists(st.tuples(REFS, st.integers(1, 28)), min_size=1, max_size=12)
SOME = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(listed=STAMPED, size=st.integers(1, 5))
@SOME
def test_the_newest_stamp_wins(store: Store, vault: Vault, listed: list[tuple[str, int]], size: int) -> None:
    """However often and in whatever order ids come in a listing, the newest of each counts, and a second pass is quiet."""
    channel = Channel(store=store, vault=vault)
    rows = [item(f"hari {day}", day, ref) for ref, day in listed]
    batches = [rows[at : at + size] for at in range(0, len(rows), size)]
    channel.read(*batches)
    newest = {ref: max(day for other, day in listed if other == ref) for ref, _ in listed}
    for ref, day in newest.items():
        assert channel.head(ref) == vault.mac("content", item(f"hari {day}", day, ref).raw)
    assert channel.new(*batches) == 0


@given(listed=st.lists(st.tuples(REFS, st.sampled_from("ABC"), st.sampled_from([None, 10, 11])), max_size=8))
@SOME
def test_a_listing_that_stands_still_stops_growing(
    store: Store, vault: Vault, listed: list[tuple[str, str, int | None]]
) -> None:
    """Doubled ids, stamps that are missing or equal: reading the same again and again comes to rest."""
    channel = Channel(store=store, vault=vault)
    rows = [item(content, day, ref) for ref, content, day in listed]
    grown = [channel.new(rows) for _ in range(6)]
    assert grown[-2:] == [0, 0]
    assert sum(grown) <= 2 * len(rows)
