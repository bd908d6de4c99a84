"""Where an accepted complaint goes: into the outbox, behind its reporter's own, or out of a hold by a person's word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from connectors.manifest import Manifest
from dedup.judge import unpack
from hub.audit.entry import Entry
from hub.judging import Judged, is_re_report, judge_doc, link
from hub.model import Complaint
from hub.spine import Hub
from hub.store import cases, complaints, deliveries
from hub.store.connectors import Connector
from hub.store.log import append
from hub.store.work import Work

BATCH = 100
"""Complaints released in one transaction."""


def place(
    work: Work,
    hub: Hub,
    manifest: Manifest,
    connector: Connector,
    complaint: UUID,
    judged: Judged,
    unmapped: Sequence[str],
    now: datetime,
) -> tuple[str, str | None]:
    """Withhold the repeat of a reporter whose own complaint leads, or queue the complaint; returns word and reason."""
    if judged.leader and manifest.forward.duplicates == "link":
        complaints.say(work, complaint, "withheld_repeat", "same_reporter", behind=judged.leader)
        return "withheld_repeat", None
    registry = hub.registries.chosen(manifest.forward.registry)
    complaints.say(work, complaint, "accepted")
    deliveries.known(work, registry.name, registry.sha256, now)
    deliveries.queue(
        work,
        complaint=complaint,
        registry=registry.name,
        connector=connector.id,
        region=connector.region,
        now=now,
        manifest_sha256=connector.manifest_sha256,
        unmapped=unmapped,
    )
    return "on_the_way", None


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
            words.update(release_one(work, hub, manifest, connector, row.id, by, because, now) for row in batch)
        if not batch:
            return words


def release_one(
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
