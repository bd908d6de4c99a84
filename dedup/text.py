"""Two people who type the same complaint should end with the same words, whatever the channel wrapped round them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from dedup.rules import SHORT

_MOST: Final = 20_000  # characters of one text that are read; nobody's complaint is told apart after that

_QUOTED: Final = re.compile(
    r"^[ \t]*(?:>.*|(?:pada|on)\b[^\n]{0,200}\b(?:menulis|wrote) ?:[ \t]*"
    r"|-{2,} ?(?:original message|pesan asli|forwarded message|pesan terusan).*"
    r"|(?:dari|from) ?: [^\n]*@[^\n]*)$",
    re.MULTILINE,
)
_SIGNED: Final = re.compile(
    r"^[ \t]*(?:--|(?:hormat|salam)(?: saya| kami| hangat)?[,.]?|ttd\.?"
    r"|(?:demikian|atas perhatian|terima ?kasih)\b[^\n]{0,80}|(?:dikirim dari|sent from|get outlook for)\b.*)[ \t]*$",
    re.MULTILINE,
)
_DROPPED: Final = re.compile(
    r"https?://\S+|www\.\S+|\bt\.co/\S+|(?<!\S)\S[^\s@]*@\S[^\s.]*\.\S+|(?<!\w)@\w+|[\u200b-\u200f\u2060\ufeff\u00ad]"
)
_TAGS_AT_END: Final = re.compile(r"(?:(?<!\s)\s*(?<!\w)#\w+)+\s*$")
_REPEATED: Final = re.compile(r"([^\W\d_])\1{2,}")
_NEIGHBOURHOOD: Final = re.compile(r"\b(rt|rw)[\s.:/]*0*(\d+)")
_THOUSANDS: Final = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")
_SCHOOL: Final = re.compile(
    r"\b(sd|smp|sma|smk) ?(?:negeri|n)? ?(?=\d{1,3}\b(?! ?(?:jam|hari|minggu|bulan|tahun|menit)))"
)
_SIGNER: Final = re.compile(
    r"\b(?:penanda ?tangan|ditandatangani(?: oleh)?|tertanda|ttd)\b ?\.?[:,][^\n]{0,80}\s*\Z"
)  # one letter, many signers: whoever signed it is no part of what it says
_DOCTOR: Final = re.compile(r"\b(jl|jln|jalan|rsud|rs)\b\.? ?dr\b")  # elsewhere "dr" is "dari"
_RUPIAH: Final = re.compile(r"\brp\.? ?(?=\d)")
_THOUSAND: Final = re.compile(r"(?<![\d.,])(\d{1,4}) ?(?:ribu|rb)\b")
_TWICE: Final = re.compile(
    r"\b(?!(?:sdn?|smpn?|sman?|smkn?|tkn?|min|mtsn?|man|rt|rw|km|no|blok|tps)2)([^\W\d_]{3,})2(?=\b|nya\b|an\b)"
)
_DOUBLED: Final = re.compile(r"\b([^\W\d_]{3,}) \1(?=\b|nya\b|an\b)")
_NOT_WORD: Final = re.compile(r"[^\w]+|_")
_ZEROS: Final = re.compile(r"\b0+(?=\d)")
_ROMAN: Final = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
_AFTER_STREET: Final = frozenset({"jalan", "gang", "blok", "tahap", "kavling", "rt", "rw", "lorong", "raya", "nomor"})

# What people write round a complaint and officers before it. Applied to words without punctuation, longest first.
_POLITE: Final = re.compile(
    r"\b(?:"
    r"(?:kepada )?(?:yth|yang terhormat)"
    r"(?: (?:bapak|ibu|bupati|wali ?kota|gubernur|camat|lurah|admin|tim|team|kepala dinas))*"
    r"|ass?alamu ?alaikum(?: (?:wr|warahmatullahi) ?(?:wb|wabarakatuh))?|wassalamu ?alaikum(?: wr wb)?|wr wb"
    r"|selamat (?:pagi|siang|sore|malam)(?: (?:min|admin|bapak|ibu|pak|bu))*"
    r"|dengan hormat|hormat saya|salam sejahtera|om swastiastu"
    r"|(?:bersama|dengan) ini (?:saya|kami) (?:sampaikan|menyampaikan|melaporkan|laporkan)"
    r" ?(?:keluhan|aduan|laporan|hal|adanya)?(?: sebagai)?(?: berikut)?"
    r"|(?:saya|kami) (?:ingin|mau|hendak) (?:melaporkan|lapor|menyampaikan|mengadukan|mengeluhkan)"
    r"(?: hal)?(?: berikut)?"
    r"|(?:pelapor|warga) (?:menyampaikan|melapor|melaporkan|mengadu)"
    r"|(?:aduan|laporan) (?:via|lewat|melalui) (?:telepon|wa|whatsapp|surat|sms)"
    r"|demikian(?: atas)?(?: perhatian(?:nya)?)?(?: dan kerja ?sama(?:nya)?)?"
    r"|atas perhatian(?:nya)?(?: dan kerja ?sama(?:nya)?)?(?: (?:saya|kami) ucapkan)?"
    r"|(?:(?:mohon|tolong|harap) )?(?:untuk )?(?:dapat )?(?:segera )?"
    r"(?:di ?tindak ?lanjuti|ditanggapi|diproses)(?: segera)?"
    r"|terima ?kasih(?: banyak)?|matur nuwun|hatur nuhun|ref [0-9a-f]{8} [0-9a-f ]{27}"
    r")\b"
)


def normalise(text: str) -> str:
    """The text as words that can be compared: lower case, one blank between.

    Greetings, quoted mails, signatures, links and mentions fall away. Short forms are spelled out, Roman
    numerals and RT/RW become plain numbers; place words and house numbers stay.
    """
    if not text:
        return ""
    plain = unicodedata.normalize("NFKC", text[:_MOST]).lower().replace("\r", "\n").replace("\x00", " ")
    plain = _cut(plain)
    plain = _DROPPED.sub(" ", plain).replace("&", " dan ")
    plain = (
        _TAGS_AT_END.sub("", plain) or plain
    )  # a run of tags at the end is addressed to the crowd; inside it is a word
    plain = _SCHOOL.sub(r"\1n ", _SIGNER.sub("", plain) or plain)
    plain = _DOCTOR.sub(r"\1 dokter", plain)
    plain = _NEIGHBOURHOOD.sub(r" \1 \2 ", plain)
    plain = _THOUSAND.sub(r"\g<1>000", _RUPIAH.sub("", _THOUSANDS.sub("", plain)))
    plain = _ZEROS.sub("", _NOT_WORD.sub(" ", _TWICE.sub(r"\1", plain)))
    plain = " ".join(_POLITE.sub(" ", " ".join(_spelled(plain.split()))).split())
    return _DOUBLED.sub(r"\1", plain)


def tokens(text: str) -> tuple[str, ...]:
    """The words of a normalised text, in order."""
    return tuple(text.split())


def _cut(text: str) -> str:
    """Without a quoted mail and what follows, and without a signature at the end; a mail of nothing else stays."""
    quoted = _QUOTED.search(text)
    kept = text[: quoted.start()] if quoted else text
    for signed in _SIGNED.finditer(kept):
        after = [line for line in kept[signed.end() :].splitlines() if line.strip()]
        if len(after) <= 5 and all(len(line) <= 60 for line in after) and signed.start():
            kept = kept[: signed.start()]
            break
    if kept.strip():
        return kept
    rest = _QUOTED.sub("", text)  # the answer stands below what it quotes
    return rest if rest.strip() else text


_NEVER: Final = 1000
_NAME: Final = 2  # words of a street's name before its number: "jalan rungkut lor v"


def _spelled(words: list[str]) -> Iterator[str]:
    """Words with short forms written out and Roman numerals as digits."""
    since = _NEVER
    for word in words:
        full, number, before_name = _read(word)
        yield number if number and (len(full) > 1 or since <= _NAME) else full
        since = 0 if before_name else since + 1


@lru_cache(maxsize=1 << 16)
def _read(word: str) -> tuple[str, str, bool]:
    """One word: written out, as a number if it may be a Roman one, and whether a street's name may follow it."""
    full = SHORT.get(word, word)
    if not _ROMAN.fullmatch(word):
        full = SHORT.get(collapsed := _REPEATED.sub(r"\1", full), collapsed)  # bangeeet is banget, but III is three
    number = str(_number(full)) if _ROMAN.fullmatch(full) else ""
    return full, number, full.rsplit(" ", 1)[-1] in _AFTER_STREET


def _number(roman: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10}[letter] for letter in roman]
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))
