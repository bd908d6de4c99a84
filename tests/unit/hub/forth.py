"""A small hub for tests of what goes to a registry after the complaint: an outbox in front of one that listens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from connectors.errors import ChannelError
from hub.forwarding import forward
from hub.model import Change, Receipt
from hub.privacy import Vault
from hub.registry.port import FollowUp
from hub.store import follow_ups
from hub.store.work import Store
from tests.unit.hub.outbox import START, Outbox, ToldRegistry, config

WORDS = "Petugas sudah mengganti lampu di gang itu"
DONE = Receipt(outcome="done", http=200)
RETRY = Receipt(outcome="retry", code="http_503", http=503)
UNKNOWN = Receipt(outcome="unknown", code="timeout")
REFUSED = Receipt(outcome="refused", code="http_422", http=422)


class Listening(ToldRegistry):
    """A registry that takes follow-ups and shows those that it stored."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[tuple[str, FollowUp]] = []
        self.told: list[Receipt | BaseException] = []
        self.stored: list[tuple[str, Change]] = []
        self.looks = 0
        self.trouble: ChannelError | None = None
        self.cut: int | None = None
        """How much of a text it shows."""

    def follow_up(self, registry_id: str, note: FollowUp) -> Receipt:
        """Store it, and answer what the test wants; `unknown` is stored as well where the test says so."""
        self.notes.append((registry_id, note))
        answer = self.told.pop(0) if self.told else DONE
        if isinstance(answer, BaseException):
            raise answer
        if answer.outcome == "done" or answer.code == "stored":
            self.keep(registry_id, note.text)
        return answer

    def keep(self, registry_id: str, text: str) -> None:
        """As somebody says it there."""
        number = str(700 + len(self.stored))
        text = text if self.cut is None else f"{text[: self.cut]}…"
        self.stored.append((registry_id, Change(what="follow_up", text=text, by="agency", foreign_id=number)))

    def changes(self, registry_id: str) -> Iterator[Change]:
        """What it stored of one complaint."""
        self.looks += 1
        if self.trouble:
            raise self.trouble
        return iter([change for number, change in self.stored if number == registry_id])


class House(Outbox):
    """An outbox in front of a registry that listens."""

    def __init__(self, store: Store, vault: Vault, home: Path) -> None:
        super().__init__(store, vault, home)
        self.config = config(threads=8)
        self.registry = self.told = self.there = Listening()  # type: ignore[assignment]

    def say(self, complaint: UUID, *words: str, what: str = "answer", **more: Any) -> list[UUID]:
        """Queue follow-ups about a complaint; their ids."""
        made = []
        for one in words:
            with self.store.begin() as work:
                key = self._key(work)
                digest = self.vault.mac("event", f"{complaint} {one}".encode())
                sealed, _ = self.vault.seal(key, follow_ups.place(digest), one.encode())
                assert follow_ups.queue(
                    work, complaint=complaint, registry="sp4n", connector=self.connector, region="35", what=what,
                    by="agency", status=more.get("status"), at=START, digest=digest, item_id=None, key_id=key.id,
                    text_enc=sealed, now=self.now,
                )  # fmt: skip
            made.append(follow_ups.number_of(complaint, digest))
        return made

    def sent(self, *words: str, **more: Any) -> tuple[UUID, list[UUID]]:
        """A complaint that the registry has, and follow-ups about it."""
        own = self.complaint()
        forward(self.hub())
        return own, self.say(own, *words, **more)

    def row(self, number: UUID) -> Any:
        """One follow-up as it stands."""
        return self.rows("SELECT * FROM follow_ups WHERE id = :id", id=number)[0]

    def stands(self) -> list[str]:
        """The states of all, in their order."""
        return [row.state for row in self.rows("SELECT state FROM follow_ups ORDER BY number")]

    def spoken(self) -> list[str]:
        """The first words of what arrived, line 3 of each text."""
        return [note.text.split("\n\n")[1] for _, note in self.there.notes]
