"""What somebody who answers us says himself, apart from what his mail program quotes of our own message."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from hub import texts
from hub.normalise import own_refs

_ATTRIBUTION: Final = re.compile(
    r"^[ \t]*(?:pada|on|tanggal)\b(?=[^:]{0,100}\d).{3,300}?\b(?:menulis|wrote)\s*:\s*$|"
    r"^[^\n]{0,200}<[^<>\s]+@[^<>\s]+>\s*(?:menulis|wrote)\b[^\n]{0,80}:\s*$",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
"""The line above a quotation (two or three where it was wrapped): Pada Sen, 30 Nov 2026 … menulis:"""
_RULE: Final = re.compile(
    r"^[^\S\n]*-{2,}\s*(?:original message|pesan asli|pesan asal|forwarded message|pesan terusan|pesan yang diteruskan|"
    r"original-nachricht|balasan di atas garis ini)\s*-{2,}\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD: Final = re.compile(
    r"^(?:[ \t]*_{5,}[ \t]*\n{1,3})?[ \t]*\*?(?:dari|from)[ \t]*:\*?[^\n]{0,300}\n"
    r"(?:[ \t]*\*?[A-Za-z ]{2,20}:\*?[^\n]{0,300}\n\n?){0,3}?"
    r"[ \t]*\*?(?:dikirim|terkirim|sent|tanggal|date|kepada|to|perihal|subjek|subject)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
"""The header block that Outlook and telephones put above what they quote."""
_DEVICE: Final = re.compile(
    r"^\s*(?:dikirim dari|terkirim dari|sent from|sent via|get outlook for|dapatkan outlook untuk|yahoo mail:)[^\n]{0,120}$",
    re.IGNORECASE,
)
_HANDLES: Final = re.compile(r"^(?:\s*@\w{1,50}\b[:,]?)+")
_QUOTED: Final = re.compile(r"^\s{0,3}(?:[>|]\s?)+")
_LONGEST: Final = 100_000
"""Characters; a longer text is kept whole."""
_NEAR: Final = 4
"""Lines that what announces a quotation may take, where a program wrapped it."""


def own_words(text: str) -> str:
    """
    The writer's own words: above, below and between what is quoted; without the handles that open an answer on X,
    the mark of a telephone and a signature. Only a quotation that can be told by its marks is left out, so when in
    doubt too much stays.
    """
    if len(text) > _LONGEST:
        return text.strip()
    lines = _without_quotation(text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = [line for line in _unsigned(lines) if not _DEVICE.match(line)]
    return _HANDLES.sub("", re.sub(r"\n{3,}", "\n\n", "\n".join(kept))).strip()


def _without_quotation(text: str) -> list[str]:
    marked = any(_QUOTED.match(line) for line in text.split("\n"))
    if found := _above_quotation(text):
        before, behind = text[: found[0]], text[found[1] :]
        if behind.lstrip().startswith(">"):
            return [*_unmarked(before.split("\n")), *_unmarked(_without_quotation(behind))]
        if _is_sure(text[slice(*found)], behind):
            return [*_unmarked(before.split("\n")), *_behind_ours(behind)]
    lines = text.split("\n")
    return _unmarked(lines) if marked else _outside_ours(lines)


def _above_quotation(text: str) -> tuple[int, int] | None:
    """Where the first line that announces a quotation begins and ends."""
    spans = [found.span() for sign in (_RULE, _HEAD, _ATTRIBUTION) if (found := sign.search(text))]
    near = [span for span in spans if text[slice(*span)].count("\n") <= _NEAR]
    return min(near, default=None)


def _is_sure(announced: str, behind: str) -> bool:
    """A citizen may write "Dari:" or "Pak RT menulis:" himself; a program names an address, or our own words follow."""
    return "@" in announced or bool(_RULE.search(announced)) or any(map(_is_end, behind.split("\n")))


def _unmarked(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not line.lstrip().startswith(">")]


def _behind_ours(text: str) -> list[str]:
    """What stands below our message where a program quotes it without marks; nothing where its end cannot be seen."""
    lines = text.split("\n")
    ends = [number for number, line in enumerate(lines) if _is_end(line)]
    return _unmarked(lines[ends[-1] + 1 :]) if ends else []


def _outside_ours(lines: Sequence[str]) -> list[str]:
    """The lines outside our message that was quoted without any mark: from our greeting to our last line."""
    starts = [number for number, line in enumerate(lines) if texts.GREETING in line]
    ends = [number for number, line in enumerate(lines) if _is_end(line)]
    if not starts or not ends or starts[0] > ends[-1]:
        return list(lines)
    return [*lines[: starts[0]], *lines[ends[-1] + 1 :]]


def _is_end(line: str) -> bool:
    return texts.SENT_BY in line or bool("[" in line and own_refs(line))


def _unsigned(lines: Sequence[str]) -> list[str]:
    """The lines above a signature, which `--` announces (RFC 3676, 4.3); all where nothing stands above it."""
    places = [number for number, line in enumerate(lines) if line.rstrip() == "--"]
    above = list(lines[: places[0]]) if places else []
    return above if any(line.strip() for line in above) else list(lines)


def quoted_refs(text: str) -> tuple[str, ...]:
    """The complaints named in messages of ours that `text` quotes: only who has such a message can quote it."""
    if "[" not in text or texts.SENT_BY not in " ".join(_QUOTED.sub("", line).strip() for line in text.splitlines()):
        return ()
    own = set(own_refs(own_words(text)))
    return tuple(ref for ref in own_refs(text) if ref not in own)


# thanks ------------------------------------------------------------------------------------------------------------


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_THANK_YOU: Final = re.compile(r"\b(?:terima|trima|tarimo)\s*kasi+h?(?:nya|lah)?\b")
_THANKS: Final = _listed(
    "terimakasih makasih makasi mksh mksih trims tks thx thanks thank tq suwun kesuwun nuwun nuhun syukron"
)
_BESIDE: Final = _listed(
    "matur hatur sembah sanget pisan sangat banyak sekali banget so much very you u a lot pak bu bapak ibu bpk bp mas "
    "mbak kak kakak kang teh bang cak min mimin admin tim team dinas petugas pemerintah pemda pemkot pemkab pemprov "
    "kominfo instansi semua semuanya seluruh jajaran rekan para kepada untuk utk buat atas dari dan dg dgn dengan ya yaa "
    "yah y nggih njih inggih bantuan bantuannya respon respons responnya responsnya tanggapan tanggapannya jawaban "
    "jawabannya balasan balasannya info infonya informasi informasinya perhatian perhatiannya kerja sama kerjasama "
    "kerjasamanya tindak lanjut lanjutnya tindaklanjut tindaklanjutnya cepat cepatnya penjelasan penjelasannya telah "
    "sudah udah dibantu direspon direspons dijawab dibalas yang yg kami saya kita baik ok oke okay okey siap sip mantap "
    "alhamdulillah salam hormat sehat selalu semoga sukses amin aamiin assalamualaikum waalaikumsalam wr wb selamat pagi "
    "siang sore malam re yth sdr"
)
"""Words that a pure thank-you may hold beside the thanks; `belum`, `masih`, `tapi` and what is the matter are not here."""
_LETTERS: Final = re.compile(r"[^\W\d_]+|\d+")
_LONG: Final = 300
"""Characters beyond which nobody only says thank you."""


def is_thanks(words: str, name: str = "") -> bool:
    """True for thanks and nothing else: such words are kept and go no further; `name` is the writer's own.

    When in doubt it is no mere thanks: a registry can bear one more thank-you, a citizen no lost word.
    """
    plain = _HANDLES.sub("", unicodedata.normalize("NFKC", words).casefold())
    plain = _THANK_YOU.sub("terimakasih", plain)
    said = _LETTERS.findall(plain)
    if len(plain) > _LONG or "?" in plain or not _THANKS.intersection(said):
        return False
    own = set(_LETTERS.findall(unicodedata.normalize("NFKC", name).casefold()))
    return all(word in _THANKS or word in _BESIDE or word in own for word in said)
