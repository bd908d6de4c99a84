"""SatuPintu as bench/ingest runs it: its site, its commands, and builds for measuring that leave one thing out.

`python -m bench.ours pull|again|accept|both|verdict NAME [--without PROMISE]…` runs in a process of its own; accept is the whole
accept without the verdict. Attachments are named and stored, not downloaded: no other program downloads any.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.measure import Server
from bench.source import CATEGORIES, KINDS, STATUSES
from hub.store.server import HUB_LOGIN

ROOT = Path(__file__).resolve().parents[1]
NAME, EMPTY = "contoh", "kosong"
HUB_MADE = ("id", "connector", "channel", "received_at", "case_id", "outcome")
ZONE = "Asia/Jakarta"
FIELDS = {
    "title": "judul",
    "body": "isi",
    "kind": {"path": "jenis", "map": KINDS},
    "submitted_at": {"path": "dibuat_pada", "format": "iso", "zone": ZONE},
    "incident_date": {"path": "tanggal_kejadian", "zone": ZONE},
    "category_code": {"path": "kategori", "map": CATEGORIES},
    "region_code": "lokasi.kode_wilayah",
    "code_system": {"const": "kemendagri"},
    "location_text": "lokasi.alamat",
    "latitude": "lokasi.lintang",
    "longitude": "lokasi.bujur",
    "target_institution": "instansi",
    "reported_party": "terlapor",
    "reporter.name": "pelapor.nama",
    "reporter.phone_e164": "pelapor.hp",
    "reporter.email": "pelapor.email",
    "reporter.national_id": "pelapor.nik",
    "is_anonymous": "anonim",
    "is_confidential": "rahasia",
    "attachments": "lampiran",
    "source_status": "status",
    "extra.sumber": "sumber",
}


def manifest(name: str, url: str, *, size: int = 500) -> dict[str, Any]:
    """The portal of bench.source as a region would register it; everything that comes may be sent at once."""
    page = {"style": "number", "param": "page", "size_param": "limit", "size": size, "first": 1}
    return {
        "version": 1,
        "name": name,
        "owner": "Dinas Kominfo Contoh",
        "contact": {"email": "kanal@contoh.example"},
        "region": "35",
        "channel": "portal",
        "kind": "rest",
        "with": {
            "url": url,
            "items": "data",
            "ref": "id",
            "total": "total",
            "changed": {"path": "updated_at", "format": "iso", "zone": ZONE},
            "since": {"param": "since", "format": "iso", "zone": ZONE},
            "page": page,
            "look_back": "1d",
        },
        "fields": FIELDS,
        "statuses": STATUSES,
        "schedule": "*/15 * * * *",
        "timeout": "30m",
        "forward": {"registry": "sp4n", "duplicates": "link", "from": "2020-01-01", "first": 100_000_000},
    }


def site(home: Path, server: Server, database: str, *manifests: Mapping[str, Any]) -> dict[str, str]:
    """Folders and environment of a hub on a database of the shared server."""
    for folder in ("manifests", "registries"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    for one in manifests:
        # JSON is YAML, and a manifest must not use the aliases that a YAML writer would put in
        (home / "manifests" / f"{one['name']}.yaml").write_text(json.dumps(one), encoding="utf-8")
    registry = {"version": 1, "name": "sp4n", "kind": "lapor_v3", "url": "http://127.0.0.1:9"}
    (home / "registries" / "sp4n.yaml").write_text(json.dumps(registry), encoding="utf-8")
    return {
        "SATUPINTU_HOME": str(home),
        "SATUPINTU_MANIFESTS": str(home / "manifests"),
        "SATUPINTU_REGISTRIES": str(home / "registries"),
        "SATUPINTU_ALLOW_NETWORKS": "127.0.0.0/8",
        "SATUPINTU_DATABASE_URL": server.embedded.uri(database, login=HUB_LOGIN),
        "SATUPINTU_MIGRATION_URL": server.embedded.uri(database),
        "PYTHONPATH": str(ROOT),
    }


def command(step: str, name: str = NAME) -> list[str]:
    """The command line of one step: the real one where there is one."""
    real = {"pull": ["pull", name], "again": ["pull", name, "--sweep"]}
    return [sys.executable, "-m", "hub.cli", *real[step]] if step in real else build(step, (), name)


def build(step: str, without: Sequence[str], name: str = NAME) -> list[str]:
    """The command line of one step in a build for measuring."""
    left_out = [part for promise in without for part in ("--without", promise)]
    return [sys.executable, "-m", "bench.ours", step, name, *left_out]


def exported(env: Mapping[str, str], what: str) -> Iterator[dict[str, Any]]:
    """The lines of `satupintu export`, one at a time: half a million at once would not fit into the memory."""
    line = [sys.executable, "-m", "hub.cli", "export", what, NAME, "--jsonl"]
    with subprocess.Popen(line, env=dict(env), stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        yield from map(json.loads, child.stdout)
    if child.returncode:
        raise SystemExit(f"satupintu export {what} ended with {child.returncode}")


def digests(env: Mapping[str, str]) -> tuple[str, str]:
    """Of everything that is stored, and of everything that is quarantined; as for the other programs."""
    stored = (line_of(one) for one in exported(env, "complaints"))
    refused = (json.dumps(one["ref"]) for one in exported(env, "quarantine"))
    return digest(stored), digest(refused)


def line_of(document: Mapping[str, Any], title: str | None = None, status: str | None = None) -> str:
    """One stored complaint as a line: ref, hash of the canonical document without what the hub makes, title, status."""
    content = {name: value for name, value in document.items() if name not in HUB_MADE}
    text = json.dumps(content, sort_keys=True)
    parts = (
        content["ref"],
        hashlib.sha256(text.encode()).hexdigest(),
        title or content["title"],
        status or content["source_status"],
    )
    return json.dumps(parts)


def digest(lines: Any) -> str:
    """The SHA-256 of the lines in order."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


# one step in a process of its own ----------------------------------------------------------------------------------------


def main() -> None:
    """Run one step; a build that no longer fits the hub ends with a sentence."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("step", choices=("pull", "again", "accept", "both", "verdict"))
    options.add_argument("name")
    options.add_argument("--without", action="append", default=[], choices=sorted(PROMISES))
    given = options.parse_args()
    from hub import accepting

    _replace(accepting, "fetch", lambda *_: 0)
    for promise in given.without:
        PROMISES[promise]()
    _run(given.step, given.name)


def _run(step: str, name: str) -> None:
    from hub import accepting, pulling
    from hub.settings import Settings
    from hub.wire import for_batches, open_hub

    for_batches()
    done = []
    with open_hub(Settings.read(), only=name) as hub:
        if step in ("pull", "again", "both"):
            done.append(pulling.pull(hub, name, sweep=step == "again"))
        if step in ("accept", "both", "verdict"):
            done.append(accepting.accept(hub, name, judge=step == "verdict"))
    print(done)
    if any(one.failed or one.error for one in done):
        sys.exit(1)


def _replace(owner: Any, name: str, value: Any) -> None:
    if not hasattr(owner, name):
        raise SystemExit(f"bench/ours.py replaces {name} of {owner.__name__}, which is no longer there: adapt it.")
    setattr(owner, name, value)


def _no_raw() -> None:
    from hub.privacy import Vault

    whole = Vault.seal_items
    _replace(Vault, "seal_items", lambda vault, items: whole(vault, [(ref, b"") for ref, _ in items]))


def _no_cipher() -> None:
    from cryptography.hazmat.primitives.ciphers import aead

    class Clear:
        """Text that stays text, of the length that its ciphertext would have."""

        def __init__(self, key: bytes) -> None:
            pass

        def encrypt(self, nonce: bytes, text: bytes, place: bytes) -> bytes:
            return text + bytes(16)

        def decrypt(self, nonce: bytes, text: bytes, place: bytes) -> bytes:
            return text[:-16]

    _replace(aead, "AESGCM", Clear)


def _no_keys() -> None:
    from hub.store.work import Work

    whole = Work.tuples
    _replace(Work, "tuples", lambda work, sql, row: [] if "INTO data_keys" in sql else whole(work, sql, row))


def _no_detection() -> None:
    from hub import personal

    _replace(personal, "counts", lambda _: {})
    _replace(personal, "find", lambda _: ())


def _no_ledger() -> None:
    from hub.store import intervals, pages

    _replace(pages, "add", lambda *_, **__: None)
    _replace(intervals, "count", lambda *_, **__: None)


def _no_second_pass() -> None:
    from connectors.kinds.rest import Rest

    _replace(Rest, "moving", False)


def _no_pages_ahead() -> None:
    from connectors.kinds import rest

    _replace(rest, "AHEAD", 0)


def _no_entries() -> None:
    from hub import accepting, decided, pulling

    _replace(pulling, "append", lambda *_: None)
    _replace(pulling._Run, "_entry", lambda *_, **__: None)
    _replace(accepting, "append_all", lambda *_: None)
    _replace(decided.Decided, "entry", lambda *_, **__: None)


PROMISES: Mapping[str, Callable[[], None]] = {
    "raw": _no_raw,
    "cipher": _no_cipher,
    "keys": _no_keys,
    "detection": _no_detection,
    "ledger": _no_ledger,
    "second-pass": _no_second_pass,
    "entries": _no_entries,
    "pages-ahead": _no_pages_ahead,
}

if __name__ == "__main__":
    main()
