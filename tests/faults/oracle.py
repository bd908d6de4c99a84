"""What has to be true after a run, by what others say: the portals, the registry's dump, the tables, the sealed log.

No rule calls the code under test: rows are read with SQL over a connection of its own, hashes and ids are computed here
from the definitions (docs of the keys, RFC 9562, RFC 2104), the log is read from its files. The one exception is the
verifier of the log, which is the auditors' own program and knows neither hub nor database.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import struct
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import psycopg

from hub.audit.verify import verify

MARKER = re.compile(r"\[Ref ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\]", re.IGNORECASE)
DRAINED_WITHIN = 600.0
"""Seconds of the hub's own clock from the end of the faults to an empty outbox (O7)."""
OPEN = ("queued", "files_uploaded", "unknown", "needs_human")
_JAKARTA = ZoneInfo("Asia/Jakarta")


@dataclass(frozen=True)
class Evidence:
    """All that the rules look at, gathered once; nothing of it is asked of the hub."""

    portals: Mapping[str, Sequence[Mapping[str, Any]]]
    """Records of each portal, by the name of its connector; `id`, `isi` and `updated_at` are looked at."""
    registry: Sequence[Mapping[str, Any]]
    """The registry's own dump: complaint_id and content of everything that it holds."""
    arrivals: Sequence[str | None]
    """The marker of each create that reached the registry, taken or not; None where it carried none."""
    database: str
    """libpq address of a login that may read everything."""
    home: Path
    """Where the keys lie."""
    log: Path | None = None
    """A sealed and exported log; None: the rules of the log look at the rows of the entries instead."""
    older: Sequence[Path] = ()
    """Checkpoints of earlier exports."""
    poison: Collection[str] = ()
    """Refs that the registry will never take."""
    ambiguous: int | None = None
    """Calls of which the hub could not know what came of them; None: not counted."""
    drained: float | None = None
    """Seconds of the hub's clock from the end of the faults until nothing was queued; None: it never was."""
    settled: bool = True
    """A person has settled what was unknown: nothing may be open any more."""

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """What stands in the tables."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(sql.encode(), values or None).fetchall()

    @cached_property
    def expected(self) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """Complaint id -> (connector, record), for everything that the portals hold."""
        ids = dict(self.rows("SELECT name, id FROM connectors"))
        return {
            str(uuid5(UUID(str(ids[name])), f"{json.dumps(row['id'])}\n1")): (name, row)
            for name, rows in self.portals.items()
            if name in ids
            for row in rows
        }

    @cached_property
    def accepted(self) -> set[str]:
        """Complaints that the hub has taken to send."""
        return {str(own) for (own,) in self.rows("SELECT id FROM complaints WHERE state = 'accepted'")}

    @cached_property
    def states(self) -> dict[str, tuple[str, str | None]]:
        """Complaint -> (state of its delivery, the registry's number in it)."""
        found = self.rows("SELECT complaint, state, registry_id FROM deliveries")
        return {str(own): (state, number) for own, state, number in found}

    @cached_property
    def held(self) -> dict[str, list[Mapping[str, Any]]]:
        """Complaint, by the marker, -> what the registry holds of it."""
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in self.registry:
            found[marked(row["content"]) or f"without a marker: {row['complaint_id']}"].append(row)
        return found

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """The log, oldest first: from its files where it was exported."""
        if self.log is not None:
            return [json.loads(body) for body in bundled(self.log)]
        return [json.loads(bytes(body)) for (body,) in self.rows("SELECT body FROM entries ORDER BY id")]

    @cached_property
    def refused(self) -> set[str]:
        """Complaints of the poison set."""
        return {own for own, (_, row) in self.expected.items() if row["id"] in set(self.poison)}


def marked(content: str) -> str | None:
    """The complaint that a text of the registry is about."""
    found = MARKER.findall(content)
    return found[-1].lower() if found else None


def bundled(log: Path) -> Iterator[bytes]:
    """The entries of an exported log in their order (C2SP tlog-tiles: each behind its length in two bytes)."""
    size = int((log / "checkpoint").read_text().splitlines()[1])
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        name = _place(index) + (f".p/{width}" if width < 256 else "")
        body, at = (log / "tile" / "entries" / name).read_bytes(), 0
        while at < len(body):
            (length,) = struct.unpack_from(">H", body, at)
            yield body[at + 2 : at + 2 + length]
            at += 2 + length


def _place(index: int) -> str:
    """tlog-tiles: 1234067 is x001/x234/067."""
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03}")
    return "/".join(reversed(parts))


# the rules ---------------------------------------------------------------------------------------------------------


def o1(seen: Evidence) -> list[str]:
    """Every accepted complaint is in the registry exactly once; what is open may be there or not, never twice."""
    wrong = [f"O1: {own} is in the registry {len(rows)} times" for own, rows in seen.held.items() if len(rows) > 1]
    for own in sorted(seen.accepted - seen.held.keys() - seen.refused):
        state = seen.states.get(own, ("nowhere", None))[0]
        if seen.settled or state not in OPEN:
            wrong.append(f"O1: {own} is lost: {state}, and the registry does not have it")
    if seen.settled and (lost := sorted(seen.expected.keys() - seen.accepted)):
        wrong.append(f"O1: {len(lost)} of the portals' records were never accepted, such as {lost[0]}")
    return wrong


def o2(seen: Evidence) -> list[str]:
    """Nothing is in the registry that was not accepted."""
    return [
        f"O2: the registry holds {own}, which was never accepted" for own in sorted(seen.held.keys() - seen.accepted)
    ]


def o3(seen: Evidence) -> list[str]:
    """What the registry holds is what the citizen wrote, and the keyed hash that the hub keeps is that of this text."""
    kept = {str(own): bytes(mac or b"") for own, mac in seen.rows("SELECT complaint, sent_hmac FROM deliveries")}
    key, wrong = text_key(seen.home), []
    for own, rows in seen.held.items():
        for row in rows:
            if own in seen.expected and not row["content"].startswith(seen.expected[own][1]["isi"]):
                wrong.append(f"O3: the registry holds another text of {own} than the portal")
            if kept.get(own) != hmac.digest(key, _bare(row["content"]), "sha256"):
                wrong.append(f"O3: the hash kept of {own} is not that of the text at the registry")
    return wrong


def o4(seen: Evidence) -> list[str]:
    """One `accepted` entry a complaint, and one entry that gives it the registry's number, the right one."""
    accepted = Counter(
        (one.get("complaint"), one.get("detail", {}).get("version", 1))
        for one in seen.entries
        if one["act"] == "accepted"
    )
    wrong = [
        f"O4: {own} has {accepted[own, 1]} entries of acceptance" for own in seen.accepted if accepted[own, 1] != 1
    ]
    wrong += [
        f"O4: version {n} of {own} was accepted {count} times" for (own, n), count in accepted.items() if count > 1
    ]
    numbers: dict[str, list[str]] = defaultdict(list)
    for one in seen.entries:
        if one.get("registry_id") and _tells_of_creation(one):
            numbers[one["complaint"]].append(one["registry_id"])
    for own, (state, number) in seen.states.items():
        there = [str(row["complaint_id"]) for row in seen.held.get(own, [])]
        if number and numbers[own] != [number]:
            wrong.append(f"O4: {own} ({state}) is {number}, its entries say {numbers[own] or 'nothing'}")
        if number and number not in there:
            wrong.append(f"O4: {own} is {number} here and {there or 'unknown'} at the registry")
    return wrong


def _tells_of_creation(one: Mapping[str, Any]) -> bool:
    """The registry said so itself, was asked, or a person looked."""
    return one["act"] == "resolved" or (one["act"] == "forwarded" and one.get("detail", {}).get("step") == "create")


def o5(seen: Evidence) -> list[str]:
    """No create reached the registry without an attempt that is in the log."""
    told = Counter(
        one["complaint"] for one in seen.entries if one["act"] == "attempted" and one["detail"].get("step") == "create"
    )
    came = Counter(own for own in seen.arrivals if own)
    wrong = [
        f"O5: {own}: {count} creates, {told[own]} attempts in the log"
        for own, count in came.items()
        if count > told[own]
    ]
    if sum(told.values()) < len(seen.arrivals):
        wrong.append(f"O5: {len(seen.arrivals)} creates came to the registry, the log tells of {sum(told.values())}")
    return wrong


def o6(seen: Evidence) -> list[str]:
    """The log verifies, and every checkpoint that was ever exported is a beginning of it."""
    if seen.log is None:
        return []
    key = str(seen.log / "log.vkey")
    return [f"O6: {one.english}" for one in verify(seen.log, key, *seen.older).problems]


def o7(seen: Evidence) -> list[str]:
    """The outbox is empty within ten minutes after the faults have ended."""
    if seen.drained is None:
        return ["O7: the outbox was never empty after the faults"]
    return [f"O7: it took {seen.drained:.0f} s to empty the outbox"] if seen.drained > DRAINED_WITHIN else []


def o8(seen: Evidence) -> list[str]:
    """Dead letters are exactly the poison; unknown is no more than what could not be known, and all of it is listed."""
    dead = {own for own, (state, _) in seen.states.items() if state in ("refused", "needs_human")}
    why = {str(own): code for own, code in seen.rows("SELECT complaint, code FROM deliveries")}
    wrong = [f"O8: {own} is given up ({why[own]}) and was good" for own in sorted(dead - seen.refused)]
    wrong += [f"O8: {own} is poison and is not given up" for own in sorted((seen.refused & seen.accepted) - dead)]
    unknown = [own for own, (state, _) in seen.states.items() if state == "unknown"]
    if seen.settled and unknown:
        wrong.append(f"O8: {len(unknown)} are still unknown, such as {unknown[0]}")
    ever = {one["complaint"] for one in seen.entries if one["act"] == "unknown"}
    if seen.ambiguous is not None and len(ever) > seen.ambiguous:
        wrong.append(f"O8: {len(ever)} were unknown at some time, only {seen.ambiguous} calls were in doubt")
    return wrong


def o9(seen: Evidence) -> list[str]:
    """No portal counts as read up to a moment before which it has a record that is not stored."""
    closed = seen.rows(
        "SELECT k.name, max(i.to_at) FROM intervals i JOIN connectors k ON k.id = i.connector "
        "WHERE i.closed_at IS NOT NULL GROUP BY k.name"
    )
    stored = {str(own) for (own,) in seen.rows("SELECT complaint FROM items WHERE complaint IS NOT NULL")}
    until = {name: to.astimezone(_JAKARTA).strftime("%Y-%m-%dT%H:%M:%S") for name, to in closed}
    return [
        f"O9: {name} counts as read up to {until[name]}, its record {row['id']} of {row['updated_at']} is not stored"
        for own, (name, row) in seen.expected.items()
        if name in until and row["updated_at"] < until[name] and own not in stored
    ]


RULES = (o1, o2, o3, o4, o5, o6, o7, o8, o9)


def verdict(seen: Evidence, rules: Iterable[Any] = RULES) -> list[str]:
    """Everything that is wrong, in sentences without a word of any complaint."""
    return [sentence for rule in rules for sentence in rule(seen)]


# what the keys' own page says --------------------------------------------------------------------------------------


def text_key(home: Path) -> bytes:
    """The key of the hashes of texts: HKDF-Expand (RFC 5869) of hmac.key, one block."""
    kept = (home / "keys" / "hmac.key").read_bytes()
    root = kept if len(kept) == 32 else bytes.fromhex(kept.decode().strip())
    return hmac.digest(root, b"satupintu mac text\x01", hashlib.sha256)


def _bare(content: str) -> bytes:
    """A text without marker; white space and case do not count."""
    return re.sub(r"\s+", " ", MARKER.sub(" ", content)).strip().casefold().encode("utf-8", "surrogatepass")
