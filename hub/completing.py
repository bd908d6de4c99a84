"""What a complaint becomes with what its reporter sent later to complete it; pure, so it comes out the same every time."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.dates import read

HEAD: Final = "Pelengkap dari pelapor:"
"""Stands in the body between what was said at first and what was added."""
_NO_WORDS: Final = re.compile(r"(?:https?://|t\.co/|www\.)\S+|[@#]\w+")
_DEVICE: Final = re.compile(
    r"^[^\S\n]*(?:dikirim dari|terkirim dari|sent from|sent via|get outlook for)\b.*$", re.I | re.M
)
_LETTER: Final = re.compile(r"[^\W_]")
_FURNITURE: Final = 300
"""Characters beyond which a text has words of its own."""
_LINE: Final = re.compile(r"^[ \t*-]*+([A-Za-z ]{3,20}?)[ \t]*+:[ \t]*(\S[^\n]{0,300})$", re.MULTILINE)
_LABELS: Final = {
    "location_text": ("lokasi", "tempat", "alamat", "lokasi kejadian", "tempat kejadian", "alamat kejadian"),
    "incident_date": ("tanggal", "tanggal kejadian", "waktu", "waktu kejadian", "hari"),
}
"""Canonical field -> the words that a reporter puts before the colon, as the message that asks him does."""
_DAY: Final = re.compile(r"\b\d{1,2}[ /.-](?:\d{1,2}|[A-Za-z]{3,10})[ /.-]\d{4}\b|\b\d{4}-\d{2}-\d{2}\b")
_NUMBERS: Final = re.compile(r"\d{1,2}-\d{1,2}-\d{4}")
_LONGEST_PLACE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The reporter's own words and the files that came with them, in the form of the complaint schema."""

    text: str
    attachments: Sequence[Mapping[str, Any]] = ()


def has_words(text: str) -> bool:
    """False for a text that holds only mentions, hashtags, links, signs or the mark of a telephone."""
    return len(text) > _FURNITURE or bool(_LETTER.search(_NO_WORDS.sub(" ", _DEVICE.sub("", text))))


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_GREETING: Final = _listed(
    "halo hallo haloo hai hay hi hello hei hey p ping permisi punten kulonuwun nuwun sewu selamat pagi siang sore malam "
    "assalamualaikum assalamu asalamualaikum alaikum ass aslm wr wb warahmatullahi wabarakatuh salam sejahtera shalom om "
    "swastiastu namo buddhaya rahayu min mimin admin pak bu bapak ibu bpk kak kakak mas mbak bang kang teh tim bot "
    "saya aku mau ingin hendak mohon izin ijin lapor melapor melaporkan laporan aduan mengadu pengaduan tanya bertanya "
    "numpang tes test testing coba mulai start menu info bantuan help ya dong dulu nih sini di bisa"
)
"""Words of which the first message of a chat is made where it says only that somebody is there."""
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_LONGEST_GREETING: Final = 80


def only_greets(text: str) -> bool:
    """True for a text that opens a conversation and says nothing of what happened; when in doubt it is none."""
    said = _WORD.findall(text.casefold())
    return bool(said) and len(text) <= _LONGEST_GREETING and all(word in _GREETING for word in said)


def has_place(values: Mapping[str, Any]) -> bool:
    """Somebody could go there."""
    return bool(str(values.get("location_text") or "").strip()) or values.get("latitude") is not None


def filled(
    values: Mapping[str, Any], completions: Sequence[Completion], require: Collection[str] = ()
) -> dict[str, Any]:
    """
    The canonical values of an item with its completions, the oldest first.

    A missing body becomes the reporter's words, to an existing one they are added; a place or a day is what stands behind
    such a word and a colon. What `require` names is looked for in the words themselves. What is there stays as it is.
    """
    done = dict(values)
    for one in completions:
        if not has_words(str(done.get("title") or "")):
            done.pop("title", None)
        body = str(done.get("body") or "")
        done["body"] = f"{body}\n\n{HEAD}\n{one.text}" if has_words(body) else one.text
        for name, value in _found(one.text, require).items():
            if not (name == "location_text" and has_place(done)):
                done.setdefault(name, value)
        if one.attachments:
            done["attachments"] = [*done.get("attachments", ()), *map(dict, one.attachments)]
    return done


def _found(text: str, require: Collection[str]) -> dict[str, str]:
    said = {label.strip().casefold(): value.strip() for label, value in _LINE.findall(text)}
    found = {name: said[label] for name, labels in _LABELS.items() for label in reversed(labels) if label in said}
    if "location_text" in require and "location_text" not in found:
        found["location_text"] = " ".join(text.split())[:_LONGEST_PLACE]
    day = _day(found.pop("incident_date", text if "incident_date" in require else ""))
    return found | ({"incident_date": day} if day else {})


def _day(text: str) -> str | None:
    """The first day that is named in full, as YYYY-MM-DD; numbers are day, month, year, as Indonesians write them."""
    for written in _DAY.findall(text):
        plain = re.sub(r"[ /.]", "-", written)
        form = "%d-%m-%Y" if _NUMBERS.fullmatch(plain) else None
        try:
            return read(plain if form else written, form, "Asia/Jakarta")[0].date().isoformat()
        except ValueError:
            continue
    return None
