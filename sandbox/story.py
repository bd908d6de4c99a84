"""The invented story that all counterparts tell together, and its known truth: who said what through which door."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sandbox import words
from sandbox.texts import Person, Told, Writer, person, spelled, varied

SEED = 20261101
TRUTH = Path(__file__).with_name("truth.json")
PORTAL, EMAIL, X = "jatim-portal", "diskominfo-email", "x-mentions"
FROM = "2026-11-01T00:00:00+07:00"
X_USER = "1780000000000000001"
X_NAME = "LaporJatimUji"
_FIRST_DAY = datetime.fromisoformat("2026-11-02")  # in Jakarta; the portal's stamps carry no zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail before it becomes bytes; `form` names its peculiarity (see sandbox.mail)."""

    number: int
    form: str
    subject: str
    name: str
    address: str
    sent: datetime
    text: str

    @property
    def message_id(self) -> str | None:
        """Its Message-ID header, or None for those mails that came without one."""
        return None if self.form == "no_message_id" else f"<aduan-{self.number:03}.{self.number * 7919}@surat.example>"


@dataclass(slots=True)
class Story:
    """What every door holds, and the truth about it."""

    portal: list[dict[str, Any]] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    users: dict[str, dict[str, str]] = field(default_factory=dict)
    matters: list[dict[str, Any]] = field(default_factory=list)
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[list[str]] = field(default_factory=list)
    held: list[list[str]] = field(default_factory=list)
    not_a_complaint: list[list[str | None]] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    never: list[str] = field(default_factory=list)
    canaries: list[str] = field(default_factory=list)
    """Names, phones (national digits), addresses and phrases that may stand nowhere in clear but at the doors."""


class Teller:
    """Tells the story once, by one seed: portal records, mails and posts in an order that hides the matters."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.writer = Writer(self.dice)
        self.story = Story()
        self.people = 0
        self.pending: list[tuple[datetime, str, Any]] = []

    def tell(self) -> Story:
        """The whole story."""
        self._same_reporter()
        self._different_reporters()
        self._plain()
        self._portal_troubles()
        self._mail_noise()
        self._x_noise()
        self._number()
        return self.story

    def _person(self) -> Person:
        self.people += 1
        someone = person(self.dice, self.people)
        self.story.canaries += [someone.phone[1:], someone.email]
        return someone

    def _when(self, day: int) -> datetime:
        return _FIRST_DAY + timedelta(days=day, minutes=self.dice.randint(360, 1320))

    def _same_reporter(self) -> None:
        """15 matters by one reporter each: portal and mail, two portal entries and mail, or portal app and counter."""
        doors = [(PORTAL, EMAIL)] * 11 + [(PORTAL, PORTAL, EMAIL)] * 2 + [(PORTAL, PORTAL)] * 2
        for number, chosen in enumerate(doors, start=1):
            told, who = self.writer.tell(), self._person()
            matter = self._matter(f"S{number:02}", "same_reporter")
            mail = EMAIL in chosen
            for turn, door in enumerate(chosen):
                text = told.text if turn == 0 else varied(self.dice, told, number + turn)
                self._put(door, self._when(number % 6 + turn), told, text, who, matter, with_email=mail, turn=turn)
            self.story.places[told.place] = 1

    def _different_reporters(self) -> None:
        """10 matters that different people tell: each is sent, all of a matter share a case."""
        pairs = [(PORTAL, EMAIL)] * 3 + [(PORTAL, X)] * 3 + [(EMAIL, X)]
        for number, chosen in enumerate([*pairs, *[(PORTAL, EMAIL, X)] * 3], start=1):
            told = self.writer.tell(short=True)
            matter = self._matter(f"D{number:02}", "different_reporters")
            for turn, door in enumerate(chosen):
                text = told.text if turn == 0 or door == X else varied(self.dice, told, number + turn)
                self._put(door, self._when(number % 6 + turn), told, text, self._person(), matter, turn=turn)
            self.story.places[told.place] = len(chosen)

    def _matter(self, name: str, kind: str) -> dict[str, Any]:
        self.story.matters.append(matter := {"id": name, "kind": kind, "refs": []})
        return matter

    def _plain(self) -> None:
        """Complaints that only one person makes, once."""
        for door, count in ((PORTAL, 191), (EMAIL, 17), (X, 8)):
            for turn in range(count):
                told = self.writer.tell(short=door == X)
                self._put(door, self._when(turn % 13), told, told.text, self._person(), None, turn=turn, plain=True)
                self.story.places[told.place] = 1

    def _put(
        self, door: str, when: datetime, told: Told, text: str, who: Person, matter: dict[str, Any] | None,
        *, with_email: bool = False, turn: int = 0, plain: bool = False,
    ) -> None:  # fmt: skip
        self.story.canaries += [told.place, *([who.name] if " " in who.name else [])]
        if door == PORTAL:
            row = self._row(when, told, text, who, turn=turn, plain=plain)
            if with_email:
                row["pelapor"]["email"] = who.email.upper() if turn else who.email
            elif not plain:
                row["pelapor"]["email"] = None
            self.pending.append((when, door, (row, matter, None)))
        elif door == EMAIL:
            form = FORMS[turn % len(FORMS)] if plain else ("html" if told.place[0] < "G" else "plain")
            self.pending.append((when, door, (form, told.title, who, text, matter)))
        else:
            self.pending.append((when, door, (f"@{X_NAME} {text} #aduan", who, matter, None)))

    def _row(self, when: datetime, told: Told, text: str, who: Person, *, turn: int, plain: bool) -> dict[str, Any]:
        """A record as the portal gives it: prefix ids, stamps without zone, words for flags."""
        hidden = plain and turn % 13 == 5
        return {
            "id": None,
            "judul": told.title,
            "isi": text,
            "jenis": "ASPIRASI" if plain and turn % 29 == 3 else "PENGADUAN",
            "kategori": told.code,
            "dibuat_pada": when.strftime("%d-%m-%Y %H:%M"),
            "updated_at": when.strftime("%Y-%m-%dT%H:%M:%S"),
            "pelapor": {
                "nama": who.name,
                "hp": spelled(who.phone, self.people + turn),
                "email": who.email if turn % 3 else None,
                "nik": who.nik if plain and turn % 4 == 0 else None,
            },
            "anonim": "ya" if plain and turn % 11 == 7 else "tidak",
            "rahasia": "ya" if hidden else "tidak",
            "status": ("diterima", "verifikasi", "proses")[turn % 3] if plain else "diterima",
            "alamat": told.address,
            "kode_wilayah": told.region,
            "lintang": round(-7.0 - self.dice.random(), 6),
            "bujur": round(112.0 + self.dice.random(), 6),
            "nomor_sp4n": None,
            "sumber": ("aplikasi", "loket", "whatsapp")[turn % 3],
            "tanggapan": [],
        }

    def _portal_troubles(self) -> None:
        """12 too old to send, 3 already national, 6 that are not valid records."""
        for turn in range(12):
            row = self._lone(_FIRST_DAY - timedelta(days=60 - turn * 4, minutes=-600))
            row["status"] = "selesai" if turn % 2 else "proses"
            self._trouble(row, "held")
        for turn in range(3):
            row = self._lone(self._when(turn + 3))
            row["nomor_sp4n"] = str(9_480_211 + turn * 317)
            self._trouble(row, "already_in_sp4n")
        for area, changes in BROKEN:
            row = self._lone(self._when(self.dice.randint(0, 12)))
            for name, value in changes.items():
                (row["pelapor"] if name in row["pelapor"] else row)[name] = value
            self._trouble(row, area)

    def _lone(self, when: datetime) -> dict[str, Any]:
        told, who = self.writer.tell(), self._person()
        self.story.never.append(told.place)
        return self._row(when, told, told.text, who, turn=1, plain=False)

    def _trouble(self, row: dict[str, Any], why: str) -> None:
        when = datetime.fromisoformat(row["updated_at"])
        self.pending.append((when, PORTAL, (row, None, why)))

    def _mail_noise(self) -> None:
        for turn, (form, subject, name, address, text) in enumerate(NOISE):
            when = self._when(4 + turn)
            who = Person(name=name, phone="", email=address, nik="", handle="")
            self.pending.append((when, EMAIL, (form, subject, who, text, None)))

    def _x_noise(self) -> None:
        """33 posts of publicity, praise and questions; 12 reposts of somebody's complaint."""
        for turn in range(45):
            village = words.VILLAGES[turn % len(words.VILLAGES)]
            if turn % 15 < 11:
                text = f"@{X_NAME} " + words.PUBLICITY[turn % len(words.PUBLICITY)].format(village)
                kind = "publicity"
            else:
                text, kind = f"RT @warga{turn}: {compose_repost(village)} #aduan", "repost"
            self.pending.append((self._when(turn % 13), X, (text, self._person(), None, kind)))

    def _number(self) -> None:
        """Give everything its number in the order of time, as the doors themselves would have."""
        self.pending.sort(key=lambda entry: entry[0])
        counts = {PORTAL: 0, EMAIL: 0, X: 0}
        for when, door, what in self.pending:
            counts[door] += 1
            if door == PORTAL:
                self._portal_item(counts[door], *what)
            elif door == EMAIL:
                self._mail_item(when, counts[door], *what)
            else:
                self._x_item(when, counts[door], *what)

    def _portal_item(self, number: int, row: dict[str, Any], matter: dict[str, Any] | None, why: str | None) -> None:
        ref: Any = f"JTM-{26_110_000 + number * 7}"
        ref = {"ref missing": None, "ref is a float": 26_110_000.5}.get(why or "", ref)
        row["id"] = ref
        self.story.portal.append(row)
        if matter is not None:
            matter["refs"].append([PORTAL, ref])
        elif why == "held":
            self.story.held.append([PORTAL, ref])
        elif why == "already_in_sp4n":
            self.story.rejected.append([PORTAL, ref])
        elif why is not None:
            self.story.quarantined.append({"connector": PORTAL, "ref": ref, "reason": why, "position": number})

    def _mail_item(
        self, when: datetime, number: int, form: str, subject: str, who: Person, text: str,
        matter: dict[str, Any] | None,
    ) -> None:  # fmt: skip
        mail = Mail(number=number, form=form, subject=subject, name=who.name, address=who.email, sent=when, text=text)
        self.story.mails.append(mail)
        if matter is not None:
            matter["refs"].append([EMAIL, mail.message_id])
        elif form in ("bounce", "auto_reply"):
            self.story.not_a_complaint.append([EMAIL, mail.message_id])

    def _x_item(
        self, when: datetime, number: int, text: str, who: Person, matter: dict[str, Any] | None, kind: str | None
    ) -> None:
        post = _post(1_985_000_000_000_000_000 + number * 4_194_304_000, 5_500_000 + number, text, when, kind)
        self.story.posts.append(post)
        self.story.users[post["author_id"]] = {"id": post["author_id"], "name": who.name, "username": who.handle}
        if matter is not None:
            matter["refs"].append([X, post["id"]])
        elif kind is not None:
            self.story.not_a_complaint.append([X, post["id"]])


BROKEN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("body is blank", {"isi": "  \r\n "}),
    ("title is an object", {"judul": {"teks": "Mohon ditindaklanjuti"}}),
    ("latitude and longitude are swapped", {"lintang": 112.63, "bujur": -7.27}),
    ("national_id lost its digits", {"nik": "3.57802E+15"}),
    ("ref missing", {"id": None}),
    ("ref is a float", {"id": None}),
)
FORMS = (
    "html", "quoted", "signature", "attachment", "bad_charset", "no_message_id", "broken_base64", "html", "plain",
    "quoted", "attachment", "signature", "no_message_id", "html", "attachment", "quoted", "plain",
)  # fmt: skip
_DAEMON = ("Mail Delivery System", "MAILER-DAEMON@relay.surat.example")
NOISE = (
    ("bounce", "Undelivered Mail Returned to Sender", *_DAEMON, "Kotak surat penerima penuh."),
    ("bounce", "Delivery Status Notification (Failure)", *_DAEMON, "Alamat penerima tidak dikenal."),
    ("auto_reply", "Di luar kantor", "Ayuning Samirana", "ayuning.samirana@kantor.example", "Saya sedang cuti."),
)


def compose_repost(village: str) -> str:
    """The start of a post that somebody passes on."""
    return f"Warga {village} mengeluh lagi soal pelayanan, semoga didengar"


def _post(number: int, author: int, text: str, when: datetime, kind: str | None) -> dict[str, Any]:
    utc = (when - timedelta(hours=7)).replace(tzinfo=UTC)
    post: dict[str, Any] = {
        "id": str(number),
        "text": text,
        "created_at": utc.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "author_id": str(author),
        "conversation_id": str(number),
        "lang": "in",
        "entities": {"mentions": [{"start": 0, "end": len(X_NAME) + 1, "username": X_NAME, "id": X_USER}]},
    }
    tags = [{"start": at, "end": at + len(tag) + 1, "tag": tag} for at, tag in _tags(text)]
    if tags:
        post["entities"]["hashtags"] = tags
    if kind == "repost":
        post["referenced_tweets"] = [{"type": "retweeted", "id": str(number - 1)}]
    return post


def _tags(text: str) -> Iterator[tuple[int, str]]:
    at = -1
    while (at := text.find("#", at + 1)) >= 0:
        yield at, text[at + 1 :].split(maxsplit=1)[0]


@cache
def story(seed: int = SEED) -> Story:
    """The story, told once a process. Treat it as read-only; counterparts take copies."""
    return Teller(seed).tell()


def main() -> int:
    """Write truth.json anew."""
    from sandbox.truth import truth

    TRUTH.write_text(json.dumps(truth(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
