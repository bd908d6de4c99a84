"""The manifest that the design prints, and its two other kinds, load as they stand there, comments and all."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import mapping
from connectors.build import channel
from connectors.manifest import advice, load

PORTAL = """\
version: 1
name: jatim-portal                # else the file's name
owner: Dinas Kominfo Provinsi Jawa Timur
contact: {email: kanal@contoh.go.id}
region: "35"                      # Kemendagri code, a string
channel: portal
kind: rest
with:
  url: http://127.0.0.1:8461/api/aduan
  headers: {Authorization: "Bearer ${secret:JATIM_TOKEN}"}      # a secret is always a reference
  items: data                     # JMESPath to the list in a page; "@" for a bare array
  ref: id                         # JMESPath to the item's own id ("7", 7 and "007" are three different refs)
  total: total                    # optional: the portal's own count
  changed: {path: updated_at, format: iso, zone: Asia/Jakarta}  # optional; format: iso | unix | a strptime pattern
  since: {param: since, format: iso, zone: Asia/Jakarta}        # optional
  page: {style: number, param: page, size_param: limit, size: 100, first: 1}   # number | offset | cursor (with next: PATH) | link | none
  look_back: 1d
  sweep: 7d                       # full re-read whatever the stamps say; refs that vanished are marked, not deleted
fields:                           # canonical name: JMESPath, or {path, format, zone, map, const, join}
  title: judul
  body: isi
  submitted_at: {path: dibuat_pada, format: "%d-%m-%Y %H:%M", zone: Asia/Jakarta}
  category_code: {path: kategori, map: {JALAN: roads, SAMPAH: waste}}
  reporter.name: pelapor.nama
  is_confidential: {const: false}
statuses: {diterima: received, proses: in_progress, selesai: resolved}
replies: {list: tanggapan, ref: id, text: isi, time: tgl, by: petugas}          # answers that the region gives in its own app
reply: {method: POST, url: "http://127.0.0.1:8461/api/aduan/{ref}/status", body: {status: "{status}", catatan: "{text}"}, statuses: {resolved: selesai}}
schedule: "*/15 * * * *"
timeout: 30m
expect: {per_day: 3, silent_after: 48h}
forward: {registry: sp4n, duplicates: link, from: 2026-12-01, skip: [resolved, closed, archived, deleted]}
already_in_sp4n: false
"""  # noqa: E501  # word for word as the design has it

MAIL = """\
version: 1
owner: Dinas Kominfo Provinsi Jawa Timur
region: "35"
channel: email
kind: imap
with: {host: surel.contoh.go.id, port: 993, tls: implicit, user: aduan, password: "${secret:SUREL}", folder: INBOX}
fields:
  title: subject
  body: text
  submitted_at: {path: date, format: iso}
  reporter.name: from.name
  reporter.email: from.address
  attachments: attachments
  is_confidential: {const: false}
reply: {smtp: {host: surel.contoh.go.id, port: 465, tls: implicit, user: aduan, password: "${secret:SUREL}", from: aduan@contoh.go.id}}
"""  # noqa: E501  # one key, one line

POSTS = """\
version: 1
owner: Dinas Kominfo Provinsi Jawa Timur
region: "35"
channel: x
kind: x
with: {url: "http://127.0.0.1:8463", token: "${secret:X_TOKEN}", user_id: "1780000000000000001"}
only: "contains(text, '#aduan')"
fields:
  body: text
  submitted_at: {path: created_at, format: iso}
  reporter.name: author.name
  reporter.handle: author.username
  is_confidential: {const: false}
"""


def placed(folder: Path, name: str, text: str) -> Path:
    """A manifest file of this name and text."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "text"), [("jatim-portal", PORTAL), ("surel", MAIL), ("unggahan", POSTS)])
def test_what_the_design_writes_is_a_manifest(tmp_path: Path, name: str, text: str) -> None:
    """Whoever copies the design's own example has a connector that the hub can use, of each of the three kinds."""
    one = load(placed(tmp_path, name, text))
    assert (one.name, one.region, one.zone) == (name, "35", "Asia/Jakarta")
    assert channel(one).pages and mapping.compile(one).fields


def test_the_designs_portal_is_read_as_it_says(tmp_path: Path) -> None:
    """Every key of the example arrives, and what it leaves out is advised, not refused."""
    one = load(placed(tmp_path, "jatim-portal", PORTAL))
    assert one.statuses == {"diterima": "received", "proses": "in_progress", "selesai": "resolved"}
    assert one.forward.skip == ("resolved", "closed", "archived", "deleted")
    assert any("source_status" in english for _, english in advice(one))
    item = {"judul": "Jalan", "isi": "Berlubang.", "dibuat_pada": "02-12-2026 08:30", "kategori": "JALAN"}
    found = mapping.compile(one).apply({**item, "pelapor": {"nama": "Contoh"}})
    assert (found.problems, found.unmapped) == ((), ())
    assert found.values["submitted_at"] == "2026-12-02T08:30:00+07:00"
    assert found.values["category_code"] == "roads" and found.values["reporter"] == {"name": "Contoh"}
