"""Registers the counterparts as a region would: three connector manifests, one registry, secrets in their own files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox import masters
from sandbox.problems import MAPPED
from sandbox.story import EMAIL, FROM, PORTAL, X

SECRETS = ("JATIM_TOKEN", "MAIL_PASSWORD", "X_TOKEN", "SP4N_AUTH", "SP4N_TOKEN")
_OWNER = "Dinas Kominfo Provinsi Jawa Timur (sandbox)"
_FORWARD = {
    "registry": "sp4n",
    "duplicates": "link",
    "from": FROM,
    "skip": ["resolved", "closed", "archived", "deleted"],
    "first": 1000,
}


def write(folder: Path, addresses: Mapping[str, Any], secrets_folder: Path, schedule: str = "* * * * *") -> None:
    """Write the three manifests and the secrets that they and the registry refer to.

    Args:
        folder: where the hub looks for manifests.
        addresses: what `sandbox.serve` put into sandbox.json.
        secrets_folder: gets one file a secret, mode 0600.
        schedule: cron of all three connectors.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for manifest in (_portal(addresses["portal"]), _email(addresses["imap"], addresses["smtp"]), _x(addresses["x"])):
        manifest["schedule"] = schedule
        _yaml(folder / f"{manifest['name']}.yaml", manifest)
    write_secrets(secrets_folder, addresses)


def write_secrets(folder: Path, addresses: Mapping[str, Any]) -> None:
    """The secrets as files folder/NAME that only their owner can read."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    values = (
        addresses["portal"]["token"],
        addresses["imap"]["password"],
        addresses["x"]["token"],
        addresses["registry"]["auth"],
        addresses["registry"]["token"],
    )
    for name, value in zip(SECRETS, values, strict=True):
        (folder / name).unlink(missing_ok=True)
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(value)


def registry_yaml(folder: Path, addresses: Mapping[str, Any]) -> Path:
    """Write sp4n.yaml for the make-believe registry; the path of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    _yaml(path := folder / "sp4n.yaml", _registry(addresses["registry"]["url"]))
    return path


class _Plain(yaml.SafeDumper):
    """Writes shared parts out: a manifest must not use YAML aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(path: Path, content: Mapping[str, Any]) -> None:
    text = yaml.dump(dict(content), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=200)
    path.write_text(text, encoding="utf-8")


def _base(name: str, channel: str, kind: str) -> dict[str, Any]:
    return {
        "version": 1, "name": name, "owner": _OWNER, "contact": {"email": "kanal@aduan.example"}, "region": "35",
        "channel": channel, "kind": kind,
    }  # fmt: skip


_LATER = {"timeout": "30m", "expect": {"per_day": 3, "silent_after": "48h"}, "forward": _FORWARD}


def _portal(address: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": "Bearer ${secret:JATIM_TOKEN}"}
    zone = "Asia/Jakarta"
    return {
        **_base(PORTAL, "portal", "rest"),
        "with": {
            "url": f"{address['url']}/api/aduan",
            "headers": headers,
            "items": "data",
            "ref": "id",
            "total": "total",
            "changed": {"path": "updated_at", "format": "iso", "zone": zone},
            "since": {"param": "since", "format": "iso", "zone": zone},
            "page": {"style": "number", "param": "page", "size_param": "limit", "size": 50, "first": 1},
            "look_back": "1d",
            "sweep": "7d",
        },
        "fields": _portal_fields(zone),
        "statuses": {
            "diterima": "received", "menunggu": "received", "verifikasi": "pending_verification",
            "diteruskan": "dispositioned", "proses": "in_progress", "selesai": "resolved", "tidak layak": "archived",
        },
        "replies": {
            "list": "tanggapan", "ref": "id", "text": "isi",
            "time": {"path": "tgl", "format": "%d-%m-%Y %H:%M", "zone": zone}, "by": "petugas", "attachments": "berkas",
        },
        "reply": {
            "method": "POST",
            "url": f"{address['url']}/api/aduan/{{ref}}/status",
            "headers": headers,
            "body": {"status": "{status}", "catatan": "{text}"},
            "statuses": {
                "verified": "verifikasi", "in_progress": "proses", "followed_up": "proses", "resolved": "selesai",
                "closed": "selesai", "rejected_not_authority": "tidak layak", "archived": "tidak layak",
            },
        },
        **_LATER,
        "already_in_sp4n": False,
    }  # fmt: skip


def _portal_fields(zone: str) -> dict[str, Any]:
    return {
        "title": "judul",
        "body": "isi",
        "kind": {
            "path": "jenis",
            "map": {"PENGADUAN": "complaint", "ASPIRASI": "aspiration", "INFORMASI": "information_request"},
        },
        "submitted_at": {"path": "dibuat_pada", "format": "%d-%m-%Y %H:%M", "zone": zone},
        "category_code": {"path": "kategori", "map": dict(MAPPED)},
        "region_code": "kode_wilayah",
        "code_system": {"const": "kemendagri"},
        "location_text": "alamat",
        "latitude": "lintang",
        "longitude": "bujur",
        "reporter.name": "pelapor.nama",
        "reporter.phone_e164": "pelapor.hp",
        "reporter.email": "pelapor.email",
        "reporter.national_id": "pelapor.nik",
        "is_anonymous": {"path": "anonim", "map": {"ya": True, "tidak": False}},
        "is_confidential": {"path": "rahasia", "map": {"ya": True, "tidak": False}},
        "source_status": "status",
        "sp4n_id": "nomor_sp4n",
        "extra.sumber": "sumber",
    }


def _email(imap: Mapping[str, Any], smtp: Mapping[str, Any]) -> dict[str, Any]:
    secret = "${secret:MAIL_PASSWORD}"
    return {
        **_base(EMAIL, "email", "imap"),
        "with": {
            "host": imap["host"], "port": imap["port"], "tls": "none", "user": imap["user"], "password": secret,
            "folder": "INBOX",
        },
        "fields": {
            "title": "subject",
            "body": "text",
            "submitted_at": {"path": "date", "format": "iso"},
            "reporter.name": "from.name",
            "reporter.email": "from.address",
            "attachments": "attachments",
            "is_confidential": {"const": False},
        },
        "reply": {
            "smtp": {
                "host": smtp["host"], "port": smtp["port"], "tls": "none", "user": smtp["user"], "password": secret,
                "from": f"Kanal Aduan <{smtp['from']}>",
            },
        },
        **_LATER,
    }  # fmt: skip


def _x(address: Mapping[str, Any]) -> dict[str, Any]:
    secret = "${secret:X_TOKEN}"
    tagged = "length(entities.hashtags[?tag=='aduan'] || `[]`) > `0`"
    original = "length(referenced_tweets[?type=='retweeted'] || `[]`) == `0`"
    return {
        **_base(X, "x", "x"),
        "with": {"url": f"{address['url']}/2", "token": secret, "user_id": address["user_id"]},
        "only": f"{tagged} && {original}",
        "fields": {
            "body": "text",
            "submitted_at": {"path": "created_at", "format": "iso", "zone": "UTC"},
            "reporter.name": "author.name",
            "reporter.handle": "author.username",
            "is_confidential": {"const": False},
        },
        "reply": {
            "url": f"{address['url']}/2/tweets",
            "token": secret,
            "text": "Aduan Anda sudah dijawab, lihat {link}",
            "link": "https://kanal.aduan.example/{ref}",
        },
        **_LATER,
    }


def _registry(url: str) -> dict[str, Any]:
    return {
        "version": 1,
        "name": "sp4n",
        "kind": "lapor_v3",
        "url": url,
        "headers": {"Authorization": "${secret:SP4N_AUTH}", "token": "${secret:SP4N_TOKEN}"},
        "lookup": "none",
        "slowest_commit": "90s",
        "rate": 50,
        "service_user": masters.SERVICE_USER,
        "channel_id": masters.CHANNEL,
        "institutions": dict(masters.BY_REGION),
        "categories": dict(masters.CATEGORIES),
        "locations": dict(masters.LOCATIONS),
        "classifications": dict(masters.CLASSIFICATIONS),
        "statuses": dict(masters.STATUSES),
        "when_unmapped": {"category": masters.UNCLASSIFIED, "location": "parent"},
        "attachments_form": "[1,2]",
    }
