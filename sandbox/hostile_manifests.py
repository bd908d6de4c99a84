"""A manifest for each way in which the pages of a listing may follow each other, for the kit's own tests and tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

PAGES: Mapping[str, dict[str, Any]] = {
    "number": {"style": "number", "param": "page", "size_param": "limit", "size": 100, "first": 1},
    "offset": {"style": "offset", "param": "mulai", "size_param": "jumlah", "size": 50},
    "cursor": {"style": "cursor", "param": "lanjut", "next": "meta.lanjut", "size_param": "limit", "size": 8},
    "link": {"style": "link", "size_param": "per_page", "size": 10},
    "link-in-body": {"style": "link", "next": "links.next"},
    "none": {"style": "none"},
}
OTHERS: Mapping[str, dict[str, Any]] = {
    "x": {"url": "https://x.contoh.invalid/2", "token": "${secret:CONTOH_X}", "user_id": "1000000000000000001"},
    "imap": {"host": "surel.contoh.invalid", "user": "pengaduan@contoh.invalid", "password": "${secret:CONTOH_SUREL}"},
}


def rest(folder: Path, page: str = "number", fields: Mapping[str, Any] | None = None, **changed: Any) -> Path:
    """The file of a manifest for a portal; a value of None takes a key of `with` out."""
    options = {
        "url": "https://aduan.contoh.invalid/api/aduan",
        "headers": {"Authorization": "Bearer ${secret:CONTOH_TOKEN}"},
        "items": "data",
        "ref": "id",
        "total": "meta.total",
        "changed": {"path": "diubah", "format": "iso"},
        "since": {"param": "sejak", "format": "%Y-%m-%d %H:%M:%S", "zone": "Asia/Jakarta"},
        "page": PAGES[page],
        "sweep": "7d",
        **changed,
    }
    named = {"body": "isi", "submitted_at": {"path": "dibuat", "format": "%d-%m-%Y %H:%M"}, **(fields or {})}
    given = {key: value for key, value in options.items() if value is not None}
    return _written(folder / f"contoh-{page}.yaml", "rest", given, named)


def every(folder: Path) -> dict[str, Path]:
    """The files of one manifest for each way of paging, one for X and one for a mailbox, by name."""
    found = {page: rest(folder, page) for page in PAGES}
    others = {
        kind: _written(folder / f"contoh-{kind}.yaml", kind, options, {"body": "text"})
        for kind, options in OTHERS.items()
    }
    return found | others


def _written(file: Path, kind: str, options: Mapping[str, Any], fields: Mapping[str, Any]) -> Path:
    head = {"version": 1, "owner": "Dinas Contoh", "region": "35", "channel": "portal", "kind": kind}
    file.write_text(yaml.safe_dump({**head, "with": dict(options), "fields": dict(fields)}), encoding="utf-8")
    return file
