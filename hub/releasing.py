"""Release: a named person sends what was held, or what was taken for no complaint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from connectors.manifest import Manifest
from dedup.judge import unpack
from hub.accepting import place
from hub.audit.entry import Entry
from hub.judging import is_re_report, judge_doc, link
from hub.model import Complaint, Tally
from hub.pulling import manifest_of
from hub.spine import Hub
from hub.store import cases, complaints, connectors
from hub.store.connectors import Connector
from hub.store.log import append
from hub.store.work import Work

BATCH = 100
BY_NAME = ("first_batch", "shadow")
"""`release NAME` sends what was held as a whole; what is too old or already settled is released one by one."""


class NotHeld(Exception):
    """There is nothing to release under this name."""


def release(hub: Hub, names: Sequence[str], *, by: str, because: str, reasons: Sequence[str] = BY_NAME) -> Tally:
    """Release connectors by name, or single complaints by id; each leaves an entry with who and why."""
    words: Counter[str] = Counter()
    for name in names:
        if name in hub.manifests.good:
            words += _release_connector(hub, name, by, because, reasons)
        else:
            words += _release_complaint(hub, name, by, because)
    return Tally(verb="release", done=sum(words.values()), words=dict(words))


def _release_connector(hub: Hub, name: str, by: str, because: str, reasons: Sequence[str]) -> Counter[str]:
    manifest = manifest_of(hub, name)
    with hub.store.begin(region=manifest.region) as work:
        connector = connectors.see(work, hub.vault, manifest, hub.holder, hub.clock())
    words: Counter[str] = Counter()
    for reason in reasons:
        words += release_held(hub, manifest, connector, reason=reason, by=by, because=because)
    with hub.store.begin(region=manifest.region) as work:
        work.run("UPDATE connectors SET first_batch = 'passed' WHERE id = :id", id=connector.id)
    return words


def _release_complaint(hub: Hub, number: str, by: str, because: str) -> Counter[str]:
    try:
        complaint = UUID(number)
    except ValueError:
        raise NotHeld(
            f"'{number}' is neither a connector nor a complaint's id. Run 'satupintu status' for the names."
        ) from None
    with hub.store.begin() as work:
        row = work.one(
            """
            SELECT n.name FROM complaints c JOIN connectors n ON n.id = c.connector
            WHERE c.id = :id AND (c.state = 'held' OR (c.state = 'rejected' AND c.reason = 'not_a_complaint'))
            """,
            id=complaint,
        )
        if row is None:
            raise NotHeld(
                f"Complaint {number} is not held. Run 'satupintu export complaints' to see what became of it."
            )
        manifest = manifest_of(hub, row.name)
        connector = connectors.see(work, hub.vault, manifest, hub.holder, hub.clock())
        work.lock("verdicts")
        return Counter([_one(work, hub, manifest, connector, complaint, by, because, hub.clock())])


def release_held(
    hub: Hub, manifest: Manifest, connector: Connector, *, reason: str, by: str, because: str
) -> Counter[str]:
    """Send everything that one connector holds for one reason, in order of submission; returns counts by word."""
    words: Counter[str] = Counter()
    while True:
        now = hub.clock()
        with hub.store.begin(region=connector.region) as work:
            work.lock("verdicts")
            batch = complaints.held(work, connector.id, reason)[:BATCH]
            words.update(_one(work, hub, manifest, connector, row.id, by, because, now) for row in batch)
        if not batch:
            return words


def _one(
    work: Work,
    hub: Hub,
    manifest: Manifest,
    connector: Connector,
    complaint: UUID,
    by: str,
    because: str,
    now: datetime,
) -> str:
    """Judge again, because others were sent meanwhile, and queue or withhold it; returns its word."""
    row = work.one(
        """
        SELECT c.features_enc, c.key_id, k.wrapped, c.unmapped, c.region, c.case_id,
               ARRAY(SELECT encode(token, 'hex') FROM reporter_tokens t WHERE t.complaint = c.id) AS tokens
        FROM complaints c JOIN data_keys k ON k.id = c.key_id WHERE c.id = :id FOR UPDATE OF c
        """,
        id=complaint,
    )
    assert row is not None
    known = complaints.known(work, hub.vault, {complaint})[complaint]
    assert known.document is not None
    if row.case_id is None:
        work.run("UPDATE complaints SET case_id = :case WHERE id = :id", case=cases.make(work, now), id=complaint)
    key = hub.vault.unwrap(row.key_id, bytes(row.wrapped))
    doc = unpack(hub.vault.open(key, "features", bytes(row.features_enc)))
    doc = replace(doc, id=str(complaint), reporter=frozenset(row.tokens))
    judged = judge_doc(work, hub.vault, complaint, doc, may_wait=not is_re_report(Complaint(**known.document)))
    link(work, connector.region, complaint, judged, hub.holder, now)
    word, _ = place(work, hub, manifest, connector, complaint, judged, row.unmapped, now)
    append(work, _entry(connector, complaint, by, because, word, known.reason, now))
    return word


def _entry(
    connector: Connector, complaint: UUID, by: str, because: str, word: str, was: str | None, now: datetime
) -> Entry:
    return Entry(
        act="released",
        at=now,
        actor=by,
        connector=str(connector.id),
        region=connector.region,
        complaint=str(complaint),
        code=word,
        detail={"because": because, "was": was},
    )
