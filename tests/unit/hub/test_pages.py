"""The evidence of pages is put away, comes back as it was, tells nobody the portal's tokens, and goes when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from connectors.passes import MARK, PRINT, Seen
from connectors.reading import Outcome
from hub.privacy import Damaged, Vault
from hub.store import intervals, pages
from hub.store.work import Store, Work
from tests.conftest import Database

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
TOKEN = "penanda-rahasia-portal-7781"


def opened(work: Work, connector: UUID, **given: Any) -> int:
    """One more interval of a connector."""
    asked = {"what": "new", "since": None, "until": NOW, "after": {}, "manifest_sha256": "0" * 64, "now": NOW, **given}
    return intervals.open_one(work, connector, "35", **asked)


def seen(passed: int = 1, number: int = 1, refs: Sequence[int] = (1, 2), **given: Any) -> Seen:
    """The evidence of one page."""
    made: dict[str, Any] = {
        "count": len(refs),
        "total": 7,
        "end": False,
        "whole": False,
        "digest": bytes(refs) + b"digest",
        "marks": b"".join(ref.to_bytes(MARK) for ref in refs),
        "prints": b"".join(ref.to_bytes(PRINT) for ref in refs),
        "next": {"onward": TOKEN, "number": number},
        "tag": '"a"',
    }
    return Seen(passed=passed, number=number, **{**made, **given})


@pytest.fixture
def connector(store: Store) -> UUID:
    """A connector for the ledger."""
    own = uuid4()
    with store.begin(region="35") as work:
        work.run(
            """
            INSERT INTO connectors (id, name, region, kind, channel, owner, identity_hmac, forward_from, manifest_sha256,
                                    first_seen_at, seen_at)
            VALUES (:id, 'portal', '35', 'rest', 'portal', 'Dinas Kominfo Uji', :mark, :now, '0', :now, :now)
            """,
            id=own,
            mark=own.bytes,
            now=NOW,
        )
    return own


def kept(store: Store, vault: Vault, connector: UUID, *batches: Sequence[Seen]) -> tuple[int, list[Seen]]:
    """Put pages away, each batch in its own transaction; the interval, and what another process finds."""
    with store.begin(region="35") as work:
        number = opened(work, connector)
    for batch in batches:
        with store.begin(region="35") as work:
            pages.add(work, vault, number, "35", batch, NOW)
    with store.begin(region="35") as work:
        return number, pages.of(work, vault, number)


ROUND: dict[str, list[Seen]] = {
    "one page": [seen()],
    "nothing on it": [seen(refs=(), total=None, end=True, next=None, tag=None)],
    "all in one answer": [seen(end=True, whole=True, unchanged=True, total=0)],
    "a page of every pass": [seen(1), seen(2, refs=(3,)), seen(3, refs=(4,))],
    "the same bytes in the second pass": [seen(1), seen(2, known=True)],
    "the same bytes in every pass": [seen(1), seen(2, known=True), seen(3, known=True), seen(4, known=True)],
    "the same bytes on another page": [seen(1), seen(1, 2, (3,)), seen(2, refs=(3,), known=True), seen(2, 2, known=True)],
    "the same bytes twice in one pass": [seen(1), seen(1, 2), seen(2, known=True)],
    "a position of any shape": [seen(next={"newest": ["2026-11-30"], "next": "é \u0000", "total": 10**15, "everything": True})],
}  # fmt: skip


@pytest.mark.parametrize("evidence", ROUND.values(), ids=ROUND.keys())
def test_evidence_comes_back_as_it_was(store: Store, vault: Vault, connector: UUID, evidence: list[Seen]) -> None:
    """Another process finds the pages of a cut reading exactly as they were, in the order of reading."""
    assert kept(store, vault, connector, evidence)[1] == evidence
    assert kept(store, vault, connector, *[[one] for one in evidence], [])[1] == evidence


def test_pages_of_intervals_are_kept_apart(store: Store, vault: Vault, connector: UUID) -> None:
    """One interval goes on behind its own pages, never behind those of another."""
    first, _ = kept(store, vault, connector, [seen()])
    second, found = kept(store, vault, connector, [seen(refs=(9,))])
    assert found == [seen(refs=(9,))]
    with store.begin(region="35") as work:
        pages.forget(work, second)
        assert (pages.of(work, vault, first), pages.of(work, vault, second)) == ([seen()], [])
        assert pages.of(work, vault, 0) == []


def test_tokens_of_a_portal_are_not_readable(store: Store, vault: Vault, connector: UUID, database: Database) -> None:
    """A token may open the portal's door: neither it nor a link stands in the table, and refs stand as marks only."""
    number, _ = kept(store, vault, connector, [seen(), seen(1, 2, (3,), next={"onward": f"/api?kunci={TOKEN}"})])
    with database.connect(superuser=True) as connection:
        rows = connection.execute("SELECT p::text, p.next_enc FROM pages p").fetchall()
        keys = connection.execute("SELECT key_id FROM intervals WHERE id = %s", [number]).fetchall()
    assert len(rows) == 2 and keys[0][0]
    for text, sealed in rows:
        assert isinstance(text, str) and isinstance(sealed, bytes)
        assert TOKEN not in text and TOKEN.encode() not in sealed and TOKEN.encode().hex() not in text
        assert "onward" not in text


def test_positions_open_only_in_their_own_place(
    store: Store, vault: Vault, connector: UUID, database: Database
) -> None:
    """Whoever swaps the positions of two pages in the table makes the reading fail, not go on somewhere else."""
    number, _ = kept(store, vault, connector, [seen(), seen(1, 2, (3,), next={"onward": "b"})])
    with database.connect(superuser=True) as connection:
        connection.execute(
            "UPDATE pages p SET next_enc = o.next_enc FROM pages o WHERE o.interval_id = p.interval_id AND o.number <> p.number"
        )
    with store.begin(region="35") as work, pytest.raises(Damaged) as raised:
        pages.of(work, vault, number)
    assert TOKEN not in str(raised.value)


OUTCOME = Outcome(
    closed=True, proof="two passes agree", owed=None, code=None, error=None, passes=2, pages=2, items=3, total=3,
    first_ref=b"12345678", last_ref=b"12345678", mark={},
)  # fmt: skip
OWED = replace(OUTCOME, closed=False, proof=None, owed="page 2: HTTP 500", code="http_500")


@pytest.mark.parametrize(
    ("outcome", "left"),
    [(OUTCOME, False), (OWED, True), (replace(OWED, code="loop", anew=True), False)],
    ids=["closed", "cut", "leads nowhere"],
)
def test_evidence_goes_when_it_is_done(
    store: Store, vault: Vault, connector: UUID, database: Database, outcome: Outcome, left: bool
) -> None:
    """A closed interval keeps no pages and no key of them; a cut one keeps both; one that leads nowhere begins anew."""
    number, _ = kept(store, vault, connector, [seen(), seen(1, 2, (3,))])
    with store.begin(region="35") as work:
        intervals.settle(work, number, outcome, NOW)
    assert _left(database, number) == ((2, 1, True) if left else (0, 0, False))


def test_evidence_goes_where_a_wider_reading_proves_it(
    store: Store, vault: Vault, connector: UUID, database: Database
) -> None:
    """An interval within one that has been proven is closed with it, and its pages go as well."""
    inner, _ = kept(store, vault, connector, [seen()])
    with store.begin(region="35") as work:
        intervals.settle(work, opened(work, connector), OUTCOME, NOW)
    assert _left(database, inner) == (0, 0, False)


def test_evidence_goes_where_the_interval_is_opened_anew(
    store: Store, vault: Vault, connector: UUID, database: Database
) -> None:
    """A reading from the beginning does not go on behind the pages of an older try."""
    number, _ = kept(store, vault, connector, [seen()])
    with store.begin(region="35") as work:
        assert opened(work, connector, again=number) == number
    assert _left(database, number) == (0, 0, False)


def _left(database: Database, number: int) -> tuple[object, ...]:
    """Pages, keys, and whether the interval has a key."""
    with database.connect(superuser=True) as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM pages WHERE interval_id = i.id), (SELECT count(*) FROM data_keys), "
            "key_id IS NOT NULL FROM intervals i WHERE id = %s",
            [number],
        ).fetchone()
    assert found
    return found
