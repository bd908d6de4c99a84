"""A small hub for tests of the way to the registry: real tables and keys, complaints already in the outbox."""

from __future__ import annotations

import ipaddress
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from connectors.http import HttpClient
from connectors.manifest import Catalogue
from connectors.net import dialler
from hub.access import operator
from hub.model import Complaint, Receipt
from hub.privacy import DataKey, Vault
from hub.registry.lapor_v3 import LaporV3
from hub.registry.port import File, Registry
from hub.routing import Registries, RegistryConfig, Target
from hub.settings import Settings
from hub.spine import Hub
from hub.store import connectors, deliveries
from hub.store.migrate import libpq
from hub.store.work import Store, Work
from sandbox.masters import BY_REGION, CATEGORIES, CHANNEL, CLASSIFICATIONS, LOCATIONS, SERVICE_USER, UNCLASSIFIED
from tests.unit.hub.way_back import PORTAL

START = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
CANARY = "Lampu jalan di Gang Kenari mati sejak Senin"
DONE = Receipt(outcome="done")


_TABLES = (
    "follow_ups attempts deliveries registries attachments leaves entries sealing items intervals refs complaints data_keys "
    "manifests connectors"
)


def swept(superuser_url: str) -> None:
    """Empty the tables that these tests fill: quicker than a fresh database for each of them."""
    deletes = "; ".join(f"DELETE FROM {table}" for table in _TABLES.split())
    with psycopg.connect(libpq(superuser_url)) as connection:
        connection.execute(f"SET session_replication_role = replica; {deletes}".encode())


class Killed(BaseException):
    """The process is gone: nothing that would have followed happens."""


def config(url: str = "http://127.0.0.1:9", **more: Any) -> RegistryConfig:
    """The make-believe LAPOR! as registries/sp4n.yaml would describe it."""
    usual: dict[str, Any] = {
        "rate": 1e9,
        "threads": 1,
        "service_user": SERVICE_USER,
        "channel_id": CHANNEL,
        "institutions": BY_REGION,
        "categories": CATEGORIES,
        "locations": LOCATIONS,
        "classifications": CLASSIFICATIONS,
        "unmapped_category": UNCLASSIFIED,
    }
    return RegistryConfig(name="sp4n", kind="lapor_v3", url=url, sha256="0" * 64, **{**usual, **more})


def document(own: UUID, **more: Any) -> dict[str, Any]:
    """A complaint as its schema has it."""
    complaint = {
        "id": str(own),
        "connector": "portal",
        "channel": "portal",
        "ref": '"A1"',
        "received_at": START.isoformat(),
        "kind": "complaint",
        "body": CANARY,
        "title": "Lampu jalan mati",
        "is_anonymous": False,
        "is_confidential": False,
        "category_code": "street_lighting",
        **more,
    }
    return Complaint(**complaint).document()


@dataclass
class ToldRegistry:
    """A registry that answers what the test puts into `answers` (step -> receipts or exceptions), else takes everything."""

    answers: dict[str, list[Receipt | BaseException]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    sent: list[Mapping[str, Any]] = field(default_factory=list)
    uploaded: list[File] = field(default_factory=list)
    given: list[Sequence[str]] = field(default_factory=list)
    lives: bool = True
    during: Callable[[str], None] = lambda step: None

    def _next(self, step: str) -> Receipt | None:
        self.calls.append(step)
        self.during(step)
        told = self.answers.get(step) or []
        answer = told.pop(0) if told else None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def upload(self, files: Sequence[File]) -> Receipt:
        self.uploaded += files
        return self._next("files") or Receipt(outcome="done", file_ids=tuple(str(70 + n) for n in range(len(files))))

    def create(self, complaint: Mapping[str, Any], target: Target, file_ids: Sequence[str]) -> Receipt:
        self.sent.append(complaint)
        self.given.append(list(file_ids))
        return self._next("create") or Receipt(outcome="done", registry_id=str(9_000 + len(self.sent)))

    def route(self, registry_id: str, target: Target) -> Receipt:
        return self._next("route") or DONE

    def alive(self) -> bool:
        self.calls.append("alive")
        return self.lives


class Outbox:
    """The hub under test, with a clock that the test moves; sleeping moves it too."""

    def __init__(self, store: Store, vault: Vault, home: Path) -> None:
        self.now, self.slept = START, [0.0]
        self.store, self.vault, self.home = store, vault, home
        self.config = config()
        self.told = ToldRegistry()
        self.registry: Registry = self.told  # type: ignore[assignment]
        with store.begin() as work:
            self.connector = connectors.see(work, vault, PORTAL, "test", self.now).id
            deliveries.known(work, "sp4n", self.config.sha256, self.now)

    def hub(self, holder: str = "test/1") -> Hub:
        """The hub as the process `holder` would have it."""
        return Hub(
            id=UUID(int=7),
            settings=Settings(home=self.home, manifests=self.home, registries=self.home),
            store=self.store,
            vault=self.vault,
            manifests=Catalogue(good={"portal": PORTAL}, bad={}),
            registries=Registries(good={"sp4n": self.config}, bad={}),
            registry=lambda name: self.registry,
            context=lambda manifest, connector: None,  # type: ignore[arg-type,return-value]
            clock=lambda: self.now,
            sleep=self._sleep,
            random=random.Random(1),
            holder=holder,
            actor="test",
            who=operator("test"),
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.later(seconds=seconds)

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def talks_to(self, url: str, headers: Mapping[str, str], **more: Any) -> None:
        """Send to a real LAPOR! v3 at `url` from now on."""
        self.config = config(url, headers=headers, **more)
        dial = dialler([ipaddress.ip_network("127.0.0.0/8")])
        http = HttpClient(dial, lambda text, host: text, lambda: self.now, self._sleep)
        self.registry = LaporV3(self.config, http)

    def complaint(
        self, *, behind: UUID | None = None, files: Sequence[str] = (), pending: int = 0, **more: Any
    ) -> UUID:
        """A complaint in the outbox, or a withheld repeat behind another; `files` are held, `pending` still fetched."""
        own = uuid4()
        with self.store.begin() as work:
            key = self._key(work)
            work.run(
                """
                WITH r AS (
                    INSERT INTO refs (connector, ref_hmac, region, version, content_hmac, complaint, incarnation)
                    VALUES (:connector, :ref, '35', 1, '', :own, 1)
                )
                INSERT INTO complaints (id, connector, region, ref_hmac, incarnation, state, behind, first_stored_at,
                                        submitted_at, channel, key_id, canonical_enc, manifest_sha256)
                VALUES (:own, :connector, '35', :ref, 1, :state, :behind, :now, :now, 'portal', :key, :sealed, '')
                """,
                own=own,
                connector=self.connector,
                ref=own.bytes,
                state="withheld_repeat" if behind else "accepted",
                behind=behind,
                now=self.now,
                key=key.id,
                sealed=self.vault.seal(key, "canonical", json.dumps(document(own, **more)).encode())[0],
            )
            if files or pending:
                self._files(work, own, key, [*files, *[None] * pending])
            if behind is None:
                self._queue(work, own)
        return own

    def _queue(self, work: Work, own: UUID) -> None:
        deliveries.queue(
            work,
            [(own, [])],
            registry="sp4n",
            connector=self.connector,
            region="35",
            now=self.now,
            manifest_sha256="",
        )

    def _key(self, work: Work) -> DataKey:
        key = self.vault.new_key("35")
        work.run(
            "INSERT INTO data_keys (id, region, hub_key, wrapped) VALUES (:id, '35', :hub_key, :wrapped)",
            id=key.id,
            hub_key=key.hub_key,
            wrapped=key.wrapped,
        )
        return key

    def _files(self, work: Work, own: UUID, key: DataKey, contents: Sequence[str | None]) -> None:
        item = work.value(
            """
            WITH i AS (INSERT INTO intervals (connector, region, what, to_at, opened_at)
                       VALUES (:connector, '35', 'new', :now, :now) RETURNING id)
            INSERT INTO items (connector, region, ref_hmac, version, complaint, content_hmac, key_id, ref_enc, raw_enc,
                               media, commitment, interval_id, manifest_sha256, received_at)
            SELECT :connector, '35', :ref, 1, :own, :ref, :key, '', '', 'json', '', i.id, '', :now FROM i
            RETURNING id
            """,
            connector=self.connector,
            now=self.now,
            ref=own.bytes,
            own=own,
            key=key.id,
        )
        work.run("UPDATE complaints SET item_id = :item WHERE id = :own", item=item, own=own)
        for number, content in enumerate(contents, 1):
            work.run(
                """
                INSERT INTO attachments (region, complaint, item_id, key_id, number, name_enc, media_type, state,
                                         content_enc)
                VALUES ('35', :own, :item, :key, :number, :name, 'image/jpeg', :state, :content)
                """,
                own=own,
                item=item,
                key=key.id,
                number=number,
                name=self.vault.seal(key, "file name", f"foto{number}.jpg".encode())[0],
                state="pending" if content is None else "held",
                content=None if content is None else self.vault.seal(key, "file", content.encode())[0],
            )

    def rows(self, sql: str, **params: Any) -> list[Any]:
        """What stands in the tables."""
        with self.store.begin() as work:
            return work.rows(sql, **params)

    def run(self, sql: str, **params: Any) -> None:
        """Change the tables, as another part of the hub would."""
        with self.store.begin() as work:
            work.run(sql, **params)

    def delivery(self, complaint: UUID) -> Any:
        """The row of one complaint's delivery."""
        (row,) = self.rows("SELECT * FROM deliveries WHERE complaint = :id", id=complaint)
        return row

    def states(self) -> dict[str, int]:
        """How many deliveries are in which state."""
        rows = self.rows("SELECT state, count(*) AS number FROM deliveries GROUP BY state")
        return {row.state: row.number for row in rows}

    def entries(self, *acts: str) -> list[dict[str, Any]]:
        """The audit entries of these acts, oldest first."""
        rows = self.rows("SELECT body FROM entries WHERE act = ANY(:acts) ORDER BY id", acts=list(acts))
        return [json.loads(bytes(row.body)) for row in rows]
