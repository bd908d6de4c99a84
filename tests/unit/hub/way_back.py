"""A small hub for tests of the way back: real tables and keys, a registry and doors that do as they are told."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import hub.answers
from connectors.base import Context, Reply
from connectors.errors import Misconfigured
from connectors.manifest import Catalogue, Expect, Manifest
from hub.access import operator
from hub.audit.entry import Entry
from hub.model import Change
from hub.privacy import DataKey, Vault
from hub.routing import Registries, RegistryConfig
from hub.settings import Settings
from hub.spine import Hub
from hub.store import connectors
from hub.store.log import append_all
from hub.store.work import Store, Work
from tests.conftest import Database

START = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
WORDS = {
    "Belum Terverifikasi": "pending_verification",
    "Dalam Proses": "in_progress",
    "Ditindaklanjuti": "followed_up",
    "Selesai": "resolved",
}


@dataclass
class ToldRegistry:
    """A registry whose news are put there by the test; an exception is raised instead."""

    news: dict[str, list[Change] | Exception] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    meanwhile: Callable[[], None] = lambda: None

    def changes(self, registry_id: str) -> Iterator[Change]:
        self.asked[registry_id] += 1
        self.meanwhile()
        told = self.news.get(registry_id, [])
        if isinstance(told, Exception):
            raise told
        yield from told


@dataclass
class Door:
    """A kind that takes answers, or raises what it is told to raise."""

    repeatable: bool = False
    gathers: bool = False
    number: str | None = None
    """What it calls everything that it takes."""
    taken: list[Reply] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        self.before()
        if self.trouble:
            raise self.trouble.pop(0)
        self.taken.append(reply)
        return self.number


def manifest(
    name: str, kind: str = "rest", *, reply: Mapping[str, Any] | None = None, expect: Expect | None = None
) -> Manifest:
    """A manifest as it is after reading, of region 35."""
    return Manifest(
        name=name,
        owner="Dinas Kominfo Contoh",
        region="35",
        channel="portal",
        kind=kind,
        options={"url": f"http://127.0.0.1:9/{name}", "ref": "id"},
        fields={"body": "isi", "submitted_at": {"path": "dibuat"}},
        zone="Asia/Jakarta",
        schedule="@hourly",
        timeout=timedelta(minutes=30),
        path=Path(f"{name}.yaml"),
        text="version: 1",
        sha256=f"{sum(name.encode()):064x}",
        reply=reply,
        expect=expect or Expect(),
    )


PORTAL = manifest("portal", reply={"url": "http://127.0.0.1:9/a", "statuses": {"resolved": "selesai"}})
MUTE = manifest("mute")
SOCIAL = manifest("social", "x", reply={"url": "http://127.0.0.1:9/x", "token": "${secret:X}"})


_ITEM = """
WITH i AS (
    INSERT INTO intervals (connector, region, what, to_at, opened_at, closed_at, new_items)
    VALUES (:connector, '35', 'new', :now, :now, :now, 1) RETURNING id
), n AS (
    INSERT INTO items (connector, region, ref_hmac, version, complaint, content_hmac, key_id, ref_enc, raw_enc, media,
                       commitment, interval_id, manifest_sha256, received_at)
    SELECT :connector, '35', :ref, 1, :own, :ref, :key, :ref_enc, :raw, 'json', '', i.id, '', :now FROM i
    RETURNING id
), r AS (
    INSERT INTO refs (connector, ref_hmac, region, version, content_hmac, complaint, incarnation)
    VALUES (:connector, :ref, '35', 1, :ref, :own, 1)
)
UPDATE complaints SET item_id = n.id FROM n WHERE complaints.id = :own RETURNING (SELECT id FROM i)
"""
_DELIVERY = """
INSERT INTO deliveries (complaint, registry, connector, region, state, registry_id, due_at, queued_at, manifest_sha256,
                        next_check_at, receipted_at)
VALUES (:own, 'sp4n', :connector, '35', 'confirmed', :number, :now, :now, '', :now, :receipted)
"""


@contextmanager
def house_in(tables: Database, vault: Vault, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house in emptied tables: ten times quicker than a database of its own."""
    with tables.connect(superuser=True) as raw:
        names = raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ 'alembic'")
        raw.execute("SET session_replication_role = replica")  # neither foreign keys nor the triggers of the log
        for (name,) in names.fetchall():
            raw.execute(f'DELETE FROM "{name}"'.encode())
    with Store(tables.hub_url, clock=lambda: START) as store:
        made = House(store, vault, home)
        monkeypatch.setattr(hub.answers, "channel", made.channel)
        yield made


class House:
    """The hub under test and what a test wants to do and see."""

    def __init__(self, store: Store, vault: Vault, home: Path) -> None:
        self.now = START
        self.store, self.vault = store, vault
        self.registry = ToldRegistry()
        self.doors: dict[str, Door] = {}
        self.slept: list[float] = []
        self.payloads: dict[str, Any] = {}
        self.statuses: Mapping[str, str] = WORDS
        self.contexts: Callable[[Manifest, UUID], Any] = lambda manifest, connector: None
        self.manifests = {one.name: one for one in (PORTAL, MUTE, SOCIAL)}
        self.bad: dict[Path, Misconfigured] = {}
        self.home = home
        with store.begin() as work:
            work.run("INSERT INTO registries (name, sha256, seen_at) VALUES ('sp4n', '', :now)", now=self.now)

    @property
    def hub(self) -> Hub:
        """The hub as it would be opened by the next command."""
        config = RegistryConfig(
            name="sp4n", kind="lapor_v3", url="http://127.0.0.1:9", statuses=self.statuses, rate=1000.0, sha256="0" * 64
        )
        return Hub(
            id=UUID(int=7),
            settings=Settings(home=self.home, manifests=self.home, registries=self.home),
            store=self.store,
            vault=self.vault,
            manifests=Catalogue(good=self.manifests, bad=self.bad),
            registries=Registries(good={"sp4n": config}, bad={}),
            registry=lambda name: self.registry,  # type: ignore[arg-type,return-value]
            context=self.contexts,
            clock=lambda: self.now,
            sleep=self.slept.append,
            random=random.Random(1),
            holder="test/1",
            actor="test",
            who=operator("test"),
        )

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def channel(self, manifest: Manifest) -> Door:
        """Stands in for connectors.build.channel."""
        return self.doors.setdefault(manifest.name, Door())

    def complaint(
        self,
        name: str = "portal",
        ref: str = "A1",
        *,
        behind: UUID | None = None,
        number: str = "9300001",
        receipted: bool = True,
        hidden: bool = False,
    ) -> UUID:
        """
        An accepted complaint that the registry holds as `number`, or a withheld repeat behind another.

        `receipted`: its reporter knows already that it was passed on; `hidden`: it is confidential.
        """
        own = uuid4()
        with self.store.begin() as work:
            connector = connectors.see(work, self.vault, self.manifests[name], "test", self.now).id
            values = {
                "own": own,
                "connector": connector,
                "now": self.now,
                "ref": f"{own}{ref}".encode(),
                "behind": behind,
            }
            key = self._key(work)
            work.run(
                """
                INSERT INTO complaints (id, connector, region, ref_hmac, incarnation, state, behind, first_stored_at,
                                        channel, key_id, is_anonymous, is_confidential)
                VALUES (:own, :connector, '35', :ref, 1, :state, :behind, :now, 'portal', :key, false, :hidden)
                """,
                hidden=hidden,
                state="withheld_repeat" if behind else "accepted",
                key=key.id,
                **values,
            )
            interval = self._item(work, key, ref, values)
            if behind is None:
                work.run(_DELIVERY, number=number, receipted=self.now if receipted else None, **values)
            self._told(work, own, connector, interval, forwarded=behind is None)
        return own

    def _told(self, work: Work, own: UUID, connector: UUID, interval: int, *, forwarded: bool) -> None:
        """The entries that such a complaint has."""
        about: dict[str, Any] = {"at": self.now, "actor": "test", "connector": str(connector), "region": "35"}
        entries = [Entry(act="pulled", code="stored", count=1, detail={"interval": interval}, **about)]
        acts = ("accepted", "forwarded") if forwarded else ("accepted",)
        append_all(work, entries + [Entry(act=act, complaint=str(own), **about) for act in acts])

    def _key(self, work: Work) -> DataKey:
        key = self.vault.new_key("35")
        work.run(
            "INSERT INTO data_keys (id, region, hub_key, wrapped) VALUES (:id, '35', :hub_key, :wrapped)",
            id=key.id,
            hub_key=key.hub_key,
            wrapped=key.wrapped,
        )
        return key

    def _item(self, work: Work, key: DataKey, ref: str, values: dict[str, Any]) -> int:
        payload = json.dumps(self.payloads.get(ref, {"id": ref})).encode()
        return work.value(  # type: ignore[no-any-return]
            _ITEM,
            key=key.id,
            ref_enc=self.vault.seal(key, "ref", json.dumps(ref).encode())[0],
            raw=self.vault.seal(key, "raw", payload)[0],
            **values,
        )

    def rows(self, sql: str, **params: Any) -> list[Any]:
        """What stands in the tables."""
        with self.store.begin() as work:
            return work.rows(sql, **params)

    def value(self, sql: str, **params: Any) -> Any:
        """One value of the tables."""
        with self.store.begin() as work:
            return work.value(sql, **params)

    def run(self, sql: str, **params: Any) -> None:
        """Change the tables, as another part of the hub would."""
        with self.store.begin() as work:
            work.run(sql, **params)

    def entries(self, act: str) -> list[dict[str, Any]]:
        """The audit entries of one act, oldest first."""
        return [
            json.loads(bytes(row.body))
            for row in self.rows("SELECT body FROM entries WHERE act = :act ORDER BY id", act=act)
        ]


def status(name: str, minute: int, **more: Any) -> Change:
    """A status that the registry gave in that minute after START."""
    at = START + timedelta(minutes=minute)
    return Change(what="status", name=name, stamp=at.strftime("%d-%m-%Y %H:%M:%S"), at=at, **more)


def follow_up(text: str, minute: int, *, by: str | None = "agency", number: str = "1") -> Change:
    """Words of an agency, or of `by`, in that minute after START."""
    at = START + timedelta(minutes=minute)
    return Change(what="follow_up", text=text, stamp=at.isoformat(), at=at, by=by, foreign_id=number)
