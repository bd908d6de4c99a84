"""Once a day each contact of connectors has one mail: answers without a way in, what waits in quarantine, silent channels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from zoneinfo import ZoneInfo

from connectors.errors import ChannelError, Misconfigured, Unavailable
from connectors.manifest import Manifest
from connectors.net import NotReached
from hub import doors, handing, oversight, sheets
from hub.access import Sight
from hub.audit.entry import Entry
from hub.model import Tally
from hub.personal import mask
from hub.spine import Hub
from hub.store import connectors, contact_mails, quarantine, undelivered
from hub.store.connectors import Connector
from hub.store.contact_mails import Mailing
from hub.store.log import append
from hub.store.work import Store, Work

LEASE: Final = timedelta(minutes=10)
"""Longer than one mail takes; an attempt that is older and unsettled may have gone out."""
DAY: Final = ZoneInfo("Asia/Jakarta")
"""In which zone a day begins."""
MOST: Final = 5_000
"""Lines of one sheet of the mail; what is more comes on the next day or by `export`."""
_WAITS: Final = ("kanal", "ref", "baris", "sebab", "penjelasan")
_QUIET: Final = ("kanal", "keadaan")
_BODY: Final = """\
Yth. petugas kanal aduan,

Lampiran surel ini memuat kabar kanal Anda di SatuPintu per {day}:
- Jawaban: {answers} kabar untuk pelapor yang belum dapat dikirim lewat kanalnya sendiri; mohon disampaikan.
- Karantina: {waits} butir yang belum dapat dibaca, dengan sebabnya; mohon diperbaiki di kanal atau berkasnya.
- Kanal: {quiet} catatan tentang kanal yang diam atau belum terbaca lengkap.

Surel ini dikirim otomatis, satu kali sehari. Data pribadi disamarkan.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contact:
    """Whom to write to, about which connectors of one region."""

    address: str
    region: str
    manifests: Sequence[Manifest]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """What one mail holds."""

    answers: Mapping[str, Sequence[tuple[str, ...]]]
    """Connector -> lines of hub.handing."""
    waits: Sequence[tuple[str, ...]]
    quiet: Sequence[tuple[str, ...]]

    @property
    def lines(self) -> int:
        """How much there is to say."""
        return sum(map(len, self.answers.values())) + len(self.waits) + len(self.quiet)


def mail(hub: Hub) -> Tally:
    """
    Send what is due today. A mail that may have gone out is not repeated that day; answers count as handed over once their
    mail was taken, so that one which was lost comes with the next day's.

    Raises Misconfigured where no mail account is set.
    """
    if hub.post is None:
        raise Misconfigured(
            "No mail account is set.",
            hint="Set SATUPINTU_SMTP and SATUPINTU_SMTP_FROM.",
            code="no_smtp",
            indonesian="Akun surel belum diatur. Isi SATUPINTU_SMTP dan SATUPINTU_SMTP_FROM.",
        )
    words: Counter[str] = Counter()
    for contact in _contacts(hub):
        words.update([_write(hub, contact)])
    words.pop("", None)
    owed = [f"{words[state]} mails are {state}." for state in ("queued", "unknown", "refused") if words[state]]
    return Tally(verb="contacts mail", done=words["sent"], words=dict(words), owed=tuple(owed))


def _contacts(hub: Hub) -> list[_Contact]:
    found: dict[tuple[str, str], list[Manifest]] = {}
    for manifest in hub.manifests.good.values():
        address = str((manifest.contact or {}).get("email") or "").strip().lower()
        if address and not manifest.disabled:
            found.setdefault((address, manifest.region), []).append(manifest)
    return [
        _Contact(address=address, region=region, manifests=sorted(each, key=lambda one: one.name))
        for (address, region), each in sorted(found.items())
    ]


def _write(hub: Hub, contact: _Contact) -> str:
    """One contact; the word of what became of its mail, "" where there is nothing to send."""
    now = hub.clock()
    day = now.astimezone(DAY).date()
    store = hub.store.within(Sight(scope=contact.region))  # no line that this region may not see
    claimed = _claim(hub, store, contact, day, now)
    if claimed is None:
        return ""
    if isinstance(claimed, str):
        return claimed
    mailing, letter = claimed
    state, code = _post(hub, _message(hub, contact, letter, day, now))
    with store.begin() as work:
        if contact_mails.settle(work, mailing.id, state, code):
            if state == "sent":
                _hand_over(hub, work, contact, letter, now)
            append(work, _entry(hub, contact, code or state, mailing.tries, now, letter))
    return state


def _claim(hub: Hub, store: Store, contact: _Contact, day: date, now: datetime) -> tuple[Mailing, _Letter] | str | None:
    """The attempt on record and what to send; a word where an earlier one has no outcome; None: nothing to do."""
    mark = hub.vault.mac("contact", contact.address.encode())
    with store.begin() as work:
        was = contact_mails.find(work, contact.region, mark, day)
        if was and was.state == "attempted" and now - was.tried_at > LEASE:
            contact_mails.settle(work, was.id, "unknown", "lease_expired")
            append(work, _entry(hub, contact, "unknown", was.tries, now))
            return "unknown"
        if was and was.state != "queued":
            return None
        letter = _letter(hub, work, contact, now)
        if not letter.lines:
            return None
        mailing = contact_mails.attempt(work, contact.region, mark, day, now)
        append(work, _entry(hub, contact, "attempted", mailing.tries, now, letter))
    return mailing, letter


# what it says --------------------------------------------------------------------------------------------------------


def _letter(hub: Hub, work: Work, contact: _Contact, now: datetime) -> _Letter:
    names = [one.name for one in contact.manifests]
    known = {name: found for name in names if (found := connectors.find(work, name))}
    answers = {name: _answers(hub, work, name, found) for name, found in known.items()}
    waits = [line for one in quarantine.every(work, hub.vault, names) for line in _waiting(one)] if known else []
    quiet = [(name, mask(said)) for name, said in oversight.about(hub, work, names, now)]
    return _Letter(answers={name: lines for name, lines in answers.items() if lines}, waits=waits[:MOST], quiet=quiet)


def _answers(hub: Hub, work: Work, name: str, found: Connector) -> list[tuple[str, ...]]:
    rows = undelivered.for_file(work, found.id, doors.BY_FILE, again=False)[:MOST]
    return [tuple(map(mask, line)) for line in handing.written(hub, work, name, rows)]


def _waiting(one: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    reasons = one["reasons"]
    for reason in reasons if isinstance(reasons, list) else ():
        row = str(reason["path"]).removeprefix("row.") if str(reason["path"]).startswith("row.") else ""
        yield str(one["connector"]), mask(str(one["ref"])), row, str(reason["rule"]), mask(str(reason["id"]))


def _message(hub: Hub, contact: _Contact, letter: _Letter, day: date, now: datetime) -> EmailMessage:
    mark = hub.vault.mac("contact", json.dumps([contact.address, contact.region, day.isoformat()]).encode())
    made = EmailMessage(policy=SMTP)
    made["To"] = contact.address
    made["Subject"] = f"SatuPintu {contact.region}: kabar kanal {day.isoformat()}"
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<daily-{mark.hex()[:32]}@{hub.id}.satupintu.invalid>"
    made["Auto-Submitted"] = "auto-generated"
    answers = sum(map(len, letter.answers.values()))
    made.set_content(_BODY.format(day=day, answers=answers, waits=len(letter.waits), quiet=len(letter.quiet)))
    pages = {
        "Jawaban": (
            ("kanal", *handing.HEAD),
            [(name, *one) for name, lines in letter.answers.items() for one in lines],
        ),
        "Karantina": (_WAITS, letter.waits),
        "Kanal": (_QUIET, letter.quiet),
    }
    made.add_attachment(
        sheets.book(pages),
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename=f"satupintu-{contact.region}-{day.isoformat()}.xlsx",
    )
    return made


# what became of it ---------------------------------------------------------------------------------------------------


def _post(hub: Hub, made: EmailMessage) -> tuple[str, str | None]:
    assert hub.post is not None
    try:
        hub.post(made)
    except ChannelError as error:
        return outcome(error), error.code
    return "sent", None


def outcome(error: ChannelError) -> str:
    """What an error means for the mail: certainly not taken and tried again, perhaps taken, or refused."""
    if not isinstance(error, Unavailable):
        return "refused"
    return "queued" if isinstance(error, NotReached) or error.code.startswith("smtp_4") else "unknown"


def _hand_over(hub: Hub, work: Work, contact: _Contact, letter: _Letter, now: datetime) -> None:
    for name, lines in letter.answers.items():
        found = connectors.find(work, name)
        if found:
            undelivered.taken(work, [int(line[0]) for line in lines], now)
            append(work, handing.entry(hub, found.id, contact.region, lines))


def _entry(
    hub: Hub, contact: _Contact, code: str, tries: int, now: datetime, letter: _Letter | None = None
) -> Entry:  # fmt: skip
    counts: dict[str, str | int | bool | list[str] | None] = {"connectors": [one.name for one in contact.manifests]}
    if letter:
        counts |= {"answers": sum(map(len, letter.answers.values())), "waits": len(letter.waits)}
    return Entry(
        act="contact_mailed",
        at=now,
        actor=hub.actor,
        region=contact.region,
        code=code,
        count=letter.lines if letter else None,
        detail={**counts, "attempt": tries},
    )
