"""The connectors the hub has seen: a UUID for each, kept when it is renamed, and the manifests they had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from connectors.errors import Misconfigured
from connectors.manifest import Manifest, identity
from hub.audit.entry import Entry
from hub.privacy import Vault
from hub.store.log import append
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A connector as the store knows it."""

    id: UUID
    name: str
    region: str
    mode: str
    forward_from: datetime
    first_batch: str
    manifest_sha256: str


_COLUMNS = "id, name, region, mode, forward_from, first_batch, manifest_sha256"


def find(work: Work, name: str) -> Connector | None:
    """The connector of that name, or None where it has not been seen yet."""
    row = work.one(f"SELECT {_COLUMNS} FROM connectors WHERE name = :name", name=name)
    return Connector(**row._mapping) if row else None


def names(work: Work) -> dict[str, str]:
    """The name of each connector by its UUID as text."""
    return {str(row.id): row.name for row in work.rows("SELECT id, name FROM connectors")}


def twin(work: Work, mark: bytes, *own: str | None) -> tuple[str, str] | None:
    """Name and region of another connector that is the same channel by the keyed hash of its identity, or None."""
    row = work.one(
        "SELECT name, region FROM connectors WHERE identity_hmac = :mark AND name <> ALL(:own)",
        mark=mark,
        own=[name for name in own if name],
    )
    return (row.name, row.region) if row else None


def see(work: Work, vault: Vault, manifest: Manifest, actor: str, now: datetime) -> Connector:
    """The connector of this manifest, made on first sight; raises Misconfigured where the channel is another's."""
    known = find(work, manifest.name)
    if known and known.manifest_sha256 == manifest.sha256:
        return known
    work.lock("connectors")
    known = find(work, manifest.name) or _renamed(work, manifest)
    mark = vault.mac("identity", identity(manifest).encode())
    _refuse_twin(work, manifest, mark, known.id if known else None)
    connector = _write(work, manifest, mark, known.id if known else uuid4(), now)
    _keep_text(work, manifest, connector, now)
    append(work, _entry(manifest, connector, known, actor, now))
    return connector


def _renamed(work: Work, manifest: Manifest) -> Connector | None:
    return find(work, manifest.renamed_from) if manifest.renamed_from else None


def _refuse_twin(work: Work, manifest: Manifest, mark: bytes, own: UUID | None) -> None:
    other = work.one("SELECT id, name FROM connectors WHERE identity_hmac = :mark", mark=mark)
    if other and other.id != own:
        raise Misconfigured(
            f"{manifest.path.name}: this channel is already registered as '{other.name}' (same url, items and account).",
            hint=f"Remove one of the two manifests, or write 'renamed_from: {other.name}' if it was renamed.",
            code="same_channel",
        )


def _write(work: Work, manifest: Manifest, mark: bytes, own: UUID, now: datetime) -> Connector:
    row = work.one(
        f"""
        INSERT INTO connectors (id, name, region, kind, channel, owner, identity_hmac, mode, forward_from,
                                manifest_sha256, first_seen_at, seen_at)
        VALUES (:id, :name, :region, :kind, :channel, :owner, :mark, :mode, coalesce(:since, :now), :sha, :now, :now)
        ON CONFLICT (id) DO UPDATE
        SET name = excluded.name, region = excluded.region, kind = excluded.kind, channel = excluded.channel,
            owner = excluded.owner, identity_hmac = excluded.identity_hmac, mode = excluded.mode,
            forward_from = coalesce(:since, connectors.first_seen_at), manifest_sha256 = excluded.manifest_sha256,
            seen_at = excluded.seen_at
        RETURNING {_COLUMNS}
        """,
        id=own,
        name=manifest.name,
        region=manifest.region,
        kind=manifest.kind,
        channel=manifest.channel,
        owner=manifest.owner,
        mark=mark,
        mode="shadow" if manifest.shadow else "active",
        since=manifest.forward.since,
        sha=manifest.sha256,
        now=now,
    )
    assert row is not None
    return Connector(**row._mapping)


def batch_is(work: Work, connector: Connector, state: str, *, by: str, now: datetime, because: str = "") -> None:
    """The first batch is held, or has passed; who let it pass is on record, and nothing where it stood so already."""
    was = work.value(
        """
        WITH old AS (SELECT id, first_batch FROM connectors WHERE id = :id FOR UPDATE)
        UPDATE connectors c SET first_batch = :state FROM old WHERE c.id = old.id AND old.first_batch <> :state
        RETURNING old.first_batch
        """,
        id=connector.id,
        state=state,
    )
    if was is not None:
        append(
            work,
            Entry(
                act="first_batch",
                at=now,
                actor=by,
                connector=str(connector.id),
                region=connector.region,
                code=state,
                detail={"was": was, "because": because[:500] or None},
            ),
        )


def _keep_text(work: Work, manifest: Manifest, connector: Connector, now: datetime) -> None:
    work.run(
        """
        INSERT INTO manifests (connector, sha256, body, region, seen_at) VALUES (:connector, :sha, :body, :region, :now)
        ON CONFLICT DO NOTHING
        """,
        connector=connector.id,
        sha=manifest.sha256,
        body=manifest.text,
        region=connector.region,
        now=now,
    )


def _entry(manifest: Manifest, connector: Connector, known: Connector | None, actor: str, now: datetime) -> Entry:
    """What changed, as it was before and as it is now; the texts themselves stand in manifests."""
    before = {"was": known.manifest_sha256, "was_name": known.name, "was_region": known.region} if known else {}
    return Entry(
        act="manifest_seen" if known else "connector_seen",
        at=now,
        actor=actor,
        connector=str(connector.id),
        region=connector.region,
        detail={"name": manifest.name, "kind": manifest.kind, "manifest": manifest.sha256, **before},
    )
