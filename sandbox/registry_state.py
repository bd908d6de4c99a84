"""What the make-believe LAPOR! remembers: complaints, files, follow-ups, and how they move from status to status."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.faults import Switches
from sandbox.guarding import Counted, switches
from sandbox.masters import CENTRAL, INSTITUTIONS, STATUS_CODES

AUTH = "Bearer sandbox-sp4n-auth-not-a-real-secret"
TOKEN = "{SANDBOX0-0000-0000-0000-NOTAREALKEY0}"
PATH = ("Belum Terverifikasi", "Terverifikasi", "Terdisposisi", "Dalam Proses", "Ditindaklanjuti", "Selesai")
REFUSED = "Ditolak"
ANSWER = (
    "<p>Yth. Pelapor, laporan Anda telah kami periksa di lapangan dan petugas sudah menindaklanjutinya.</p>"
    "<p>Terima kasih, {{institution_to}}</p>"
)
_TOLD = ("id", "content", "created_at", "institution_from_id", "institution_to_id", "attachments")
_JAKARTA = ZoneInfo("Asia/Jakarta")

FAULTS: Mapping[str, Iterable[str]] = {
    "page_loop": ("followups",),
    "success_false_200": ("create",),
    "status_log_out_of_order": ("complaint",),
    "unknown_status_name": ("complaint",),
}


@dataclass(slots=True)
class Filed:
    """One complaint as the registry holds it; `content` is what the client sent, untouched."""

    complaint_id: int
    sent: dict[str, Any]
    created_at: str
    institution_id: int = CENTRAL
    status: str = PATH[0]
    status_logs: list[dict[str, str]] = field(default_factory=list)
    data_logs: list[dict[str, Any]] = field(default_factory=list)
    followups: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """What `/_sandbox/complaints` tells about it."""
        return {
            "complaint_id": self.complaint_id,
            **{key: self.sent.get(key) for key in ("title", "content", "category_id", "location_id")},
            **{key: self.sent.get(key) for key in ("classification_id", "channel", "is_anonymous", "is_secret")},
            **{key: self.sent.get(key) for key in ("user_id", "emailUser", "nameUser", "phoneUser", "attachments")},
            "institution_id": self.institution_id,
            "routed": self.institution_id != CENTRAL,
            "status_name": self.status,
            "followups": [{key: row[key] for key in _TOLD} | {"sent": row.get("sent")} for row in self.followups],
            "created_at": self.created_at,
        }


@dataclass(slots=True, kw_only=True)
class RegistryState(Counted):
    """The registry's memory; every public method takes the lock, so tests may look while requests run."""

    auth: str = AUTH
    token: str = TOKEN
    page_size: int = 10
    most_rows: int = 1_000
    switches: Switches = field(default_factory=lambda: switches(FAULTS))
    institutions: dict[int, str] = field(default_factory=lambda: dict(INSTITUTIONS))
    complaints: dict[int, Filed] = field(default_factory=dict)
    files: dict[int, tuple[str, int]] = field(default_factory=dict)
    storage: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    rounds: int = 0

    def stamp(self) -> str:
        """The registry's own way to write a time: Jakarta, no zone said."""
        return self.now().astimezone(_JAKARTA).strftime("%d-%m-%Y %H:%M:%S")

    def store(self, name: str, content: bytes) -> dict[str, str]:
        """Keep a follow-up's file; how the list of follow-ups names it."""
        with self.lock:
            self.storage[new := 1 + len(self.storage)] = (name, content)
        return {"path": f"/storage/{new}/{name}", "file_name": name, "extension": name.rpartition(".")[2]}

    def keep_file(self, name: str, size: int) -> int:
        """Store an uploaded file's name and size (bytes); its new id."""
        with self.lock:
            self.files[new := 5000 + len(self.files)] = (name, size)
            return new

    def create(self, sent: dict[str, Any]) -> int:
        """File a complaint: always a new one, for the registry has no idempotency key. Its new id."""
        with self.lock:
            new = max(self.complaints, default=9_299_999) + 1
            filed = self.complaints[new] = Filed(complaint_id=new, sent=sent, created_at=self.stamp())
            filed.status_logs.append({"note": "Laporan diterima melalui kanal terintegrasi", "timestamp": self.stamp()})
            return new

    def route(self, filed: Filed, institution: int, why: str) -> None:
        """Hand a complaint to an institution: what the "reject" call means for a central account."""
        with self.lock:
            before, filed.institution_id = filed.institution_id, institution
            self._log(filed, before, f"<p>Diteruskan ke <b>{{{{institution_to}}}}</b>. {why}</p>", {"not_authority": 1})

    def add_followup(
        self,
        filed: Filed,
        content: str,
        attachments: list[dict[str, str]],
        *,
        to: int,
        source: int | None = CENTRAL,
        sent: Mapping[str, str] | None = None,
    ) -> int:
        """Append a follow-up; its new id. `source`: None where nobody said which institution speaks, CENTRAL = its holder."""
        with self.lock:
            new = filed.complaint_id * 100 + len(filed.followups) + 1
            names = _names(filed.institution_id if source == CENTRAL else source, to)
            row = {"id": new, "content": content, "created_at": self.stamp(), "attachments": attachments, **names}
            filed.followups.append({**row, "sent": dict(sent)} if sent else row)
            return new

    def move(self, filed: Filed, status: str, answer: str | None = None) -> None:
        """Give a complaint a status, with its log lines, and an answer of the institution if one is given."""
        with self.lock:
            before, filed.status = filed.status, status
            note = f"Status berubah dari <i>{{{{status_old}}}}</i> menjadi <i>{{{{ status_new }}}}</i>: {status}"
            filed.status_logs.append({"note": note, "timestamp": self.stamp()})
            self._log(filed, CENTRAL, note, {"status_old": before, "status_new": status})
            if answer is not None:
                self.add_followup(filed, answer, [], to=CENTRAL)

    def _log(self, filed: Filed, source: int, content: str, data: dict[str, Any]) -> None:
        names = _names(source, filed.institution_id)
        line = {"content": content, "date": self.stamp(), "data": json.dumps({**data, **names})}
        target = {"id": filed.institution_id, "name": names["institution_to_name"]}
        filed.data_logs.append({**line, **names, "institution_to": target})

    def advance(self) -> int:
        """One working day at the registry, the same each time; how many complaints moved."""
        with self.lock:
            self.rounds += 1
            return sum(self._day(number, filed) for number, filed in enumerate(self.complaints.values()))

    def _day(self, number: int, filed: Filed) -> bool:
        if filed.status not in PATH[:-1]:
            return False
        if number % 23 == 22:
            self.move(filed, REFUSED)
            return True
        here = PATH.index(filed.status)
        there = min(here + (number + self.rounds) % 5, len(PATH) - 1)
        for position in range(here + 1, there + 1):
            self.move(filed, PATH[position], ANSWER if PATH[position] == "Ditindaklanjuti" else None)
        return there > here


def _names(source: int | None, target: int) -> dict[str, Any]:
    return {
        "institution_from_id": source,
        "institution_from_name": INSTITUTIONS.get(source, f"Instansi {source}") if source else None,
        "institution_to_id": target,
        "institution_to_name": INSTITUTIONS.get(target, f"Instansi {target}"),
    }


def reading(filed: Filed) -> dict[str, Any]:
    """A complaint in the shape of `GET /complaints/{id}/complaint`."""
    data = {
        "id": filed.complaint_id,
        "title": filed.sent.get("title"),
        "content": filed.sent.get("content"),
        "status_code": STATUS_CODES.get(filed.status, 99),
        "status_name": filed.status,
        "disposition_id": filed.institution_id,
        "disposition_name": INSTITUTIONS.get(filed.institution_id, f"Instansi {filed.institution_id}"),
        "status_logs": [dict(line) for line in filed.status_logs],
    }
    return {"data": data, "data_logs": [dict(line) for line in filed.data_logs]}
