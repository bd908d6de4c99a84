"""Makes a complaint of an item, or says in both languages why it is none yet; pure, so a mapping can be tried and tried again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import orjson
import re2

import schemas
from connectors.known import says
from connectors.manifest import Manifest
from connectors.mapping import Flaw, Mapped
from connectors.mapping import Mapping as Fields
from connectors.regions import places
from hub.completing import Completion, filled, has_place, has_words, only_greets
from hub.discretion.confidential import reasons
from hub.model import Complaint, Problem
from hub.troubles import OF_THE_REF, TROUBLES

LONGEST_TITLE: Final = 120


@dataclass(frozen=True, kw_only=True)  # without slots, for what is made when it is first asked for
class Normalised:
    """What one item turned out to be: a complaint, or problems, never both and never neither."""

    document: Mapping[str, Any] | None
    """The complaint as its schema has it, valid, what is missing left out; None where there are problems."""
    problems: tuple[Problem, ...] = ()
    unmapped: tuple[str, ...] = ()
    """Canonical fields whose foreign code nobody has mapped yet, sorted; `source_status` among them."""
    notes: tuple[Flaw, ...] = ()
    """Values that were left out because they cannot be read; the complaint goes on without them."""
    hub_status: str | None = None
    """The channel's own status in the hub's words; unknown where it is not mapped, None where it tells none."""
    wanted: bool = True
    """False: not_a_complaint, by the manifest's `only` or as an automatic mail; visible and releasable."""
    draft: Mapping[str, Any] | None = None
    """The document as far as it came, also where there are problems; None where nothing could be read."""
    because: tuple[str, ...] = ()
    """Why it is confidential whatever its channel says (hub.discretion.confidential); () where only the channel decides."""

    @cached_property
    def complaint(self) -> Complaint | None:
        """The document as a value of the spine."""
        return None if self.document is None else Complaint(**self.document)

    @cached_property
    def encoded(self) -> bytes | None:
        """The document as UTF-8 JSON, ready to be sealed and stored."""
        return None if self.document is None else encoded(self.document)


def encoded(document: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON; integers beyond 64 bits, which only `extra` may hold, take the slow way."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def normalise(
    *,
    payload: Any,
    trouble: str | None,
    ref: str,
    complaint_id: str,
    connector: str,
    received_at: datetime,
    manifest: Manifest,
    mapping: Fields,
    attachments: Sequence[Mapping[str, Any]] = (),
    completions: Sequence[Completion] = (),
) -> Normalised:
    """Map and validate one item. `trouble` is the code for an item that could not be read; `ref` is JSON text.

    `attachments` are files that came with the item, in the form of the complaint schema, besides those that are mapped;
    `completions` what its reporter sent later.
    """
    if problems := _unusable(trouble, ref, manifest.kind):
        return Normalised(document=None, problems=problems)
    mapped = mapping.apply(payload, received_at)
    status, unmapped = _status(mapped, mapping)
    values = filled(mapped.values, completions, manifest.require) if completions else mapped.values
    completed = _completed(values, mapped.unmapped)
    because = reasons(completed)
    if because:
        completed["is_confidential"] = True
    document = {
        **completed,
        "id": complaint_id,
        "connector": connector,
        "channel": manifest.channel,
        "ref": ref,
        "received_at": received_at.isoformat(),
    }
    if attachments:
        document["attachments"] = _together(attachments, values.get("attachments", ()))
    problems = (*_all_problems(mapped, document), *_lacking(document, manifest))
    return Normalised(
        document=None if problems else document,
        problems=problems,
        unmapped=unmapped,
        notes=mapped.notes,
        hub_status=status,
        wanted=_wanted(payload, manifest, mapping),
        draft=document,
        because=because,
    )


def said_at(result: Normalised, received_at: datetime) -> datetime:
    """When an item was submitted, also one that is no complaint; when it was received, where nobody can say."""
    try:
        return datetime.fromisoformat((result.draft or {})["submitted_at"])
    except (KeyError, ValueError, TypeError):
        return received_at


def first_sentence(text: str, longest: int = LONGEST_TITLE) -> str | None:
    """The first sentence or line as a title on one line, cut at a word; None for a text without words."""
    for line in text.splitlines():
        if words := line.replace("\x00", " ").split():
            return _cut(" ".join(_sentence(words, longest)), longest)
    return None


def _sentence(words: Sequence[str], longest: int) -> Sequence[str]:
    """The words up to the end of a sentence, or those that fill a title."""
    length = -1
    for count, word in enumerate(words, start=1):
        length += len(word) + 1
        if length > longest or _ends(word):
            return words[:count]
    return words


# marks in free text --------------------------------------------------------------------------------------------------

_OWN_REF: Final = re2.compile(r"(?i)\[ref ([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\]")
_NUMBER: Final = re2.compile(
    r"(?i)(?:#\s?|\blapor\.go\.id/[a-z/]*|"
    r"\b(?:laporan|aduan|pengaduan|tiket|tracking|lapor!?|sp4n(?:[- ]lapor!?)?|nomor|no\.?|id)[ :#.]{1,3}"
    r"(?:(?:laporan|aduan|pengaduan|tiket|tracking|sp4n|nomor|no\.?|id|saya|dengan|kami)[ :#.]{1,3}){0,4})"
    r"([1-9][0-9]{6,7})\b"
)


def own_refs(text: str) -> tuple[str, ...]:
    """The complaint ids in marks such as [Ref 123e4567-…], small letters, each once; whether they are ours the store knows."""
    return tuple(dict.fromkeys(found.lower() for found in _OWN_REF.findall(_ascii(text))))


def registry_numbers(text: str) -> tuple[str, ...]:
    """LAPOR! tracking numbers (7 or 8 digits after # or a word such as laporan), each once; candidates that reject nothing."""
    return tuple(dict.fromkeys(_NUMBER.findall(_ascii(text))))


def mentions(text: str) -> tuple[str, ...]:
    """Our own references and registry numbers together, in that order."""
    return own_refs(text) + registry_numbers(text)


def _ascii(text: str) -> str:
    """RE2 takes no lone surrogates; what is not ASCII is never part of a mark."""
    return text if text.isascii() else text.encode("ascii", "replace").decode("ascii")


# one item ------------------------------------------------------------------------------------------------------------


def _unusable(trouble: str | None, ref: str, kind: str) -> tuple[Problem, ...]:
    no_ref = ref.startswith('"hmac:') and kind != "imap"  # mail without a Message-ID is still mail
    rule, _, row = (trouble or ("no_ref" if no_ref else "")).partition(":")
    if not rule:
        return ()
    indonesian, english = TROUBLES.get(rule, TROUBLES[""])
    if row.isdigit():
        path, indonesian, english = f"row.{row}", f"Baris {row}: {indonesian}", f"Row {row}: {english}"
        return (Problem(path=path, rule=rule, id=indonesian, en=english),)
    return (Problem(path="ref" if rule in OF_THE_REF else "", rule=rule, id=indonesian, en=english),)


def _completed(values: Mapping[str, Any], unmapped: Sequence[str]) -> dict[str, Any]:
    """
    What design section 4 fills in: kind, the two flags and the title. Confidential unless somebody said otherwise.

    A flag with a word that nobody has mapped was asked for and not understood: it counts as set.
    """
    done = {"kind": "complaint", "is_anonymous": False, "is_confidential": True, **values}
    for name in unmapped:
        if name in _FLAGS_OF_CARE:
            done[name] = True
    if "title" not in done and "body" in done and (title := first_sentence(done["body"])):
        done["title"] = title
    return done


_FLAGS_OF_CARE: Final = ("is_anonymous", "is_confidential", "is_supervisory", "is_whistle_blowing")


def _status(mapped: Mapped, mapping: Fields) -> tuple[str | None, tuple[str, ...]]:
    """The status in the hub's words, and all that nobody has mapped."""
    word, unmapped = mapped.values.get("source_status"), mapped.unmapped
    if word is None or mapping.status is None:
        return None, tuple(sorted(unmapped)) if unmapped else ()
    try:
        return str(mapping.status(word)), tuple(sorted(unmapped)) if unmapped else ()
    except KeyError:
        return "unknown", tuple(sorted({*unmapped, "source_status"}))


def _together(given: Sequence[Mapping[str, Any]], mapped: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    there = {one.get("url") or one.get("sha256") for one in given} - {None}
    more = [one for one in mapped if (one.get("url") or one.get("sha256")) not in there]
    return [dict(one) for one in (*given, *more)]


def _wanted(payload: Any, manifest: Manifest, mapping: Fields) -> bool:
    automatic = manifest.kind == "imap" and isinstance(payload, dict) and payload.get("auto") in ("reply", "bounce")
    return not automatic and mapping.wanted(payload)


def _all_problems(mapped: Mapped, document: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Flaws first; a field that is missing because it was flawed is not told twice."""
    if not mapped.problems:
        return _against_schema(document)
    flaws = tuple(_flaw(flaw) for flaw in mapped.problems)
    told = {flaw.path for flaw in flaws}
    return (*flaws, *(problem for problem in _against_schema(document) if problem.path not in told))


def _lacking(document: Mapping[str, Any], manifest: Manifest) -> Iterator[Problem]:
    """What the schema lets pass, and nobody could act upon: no word of what happened, or not what `require` names."""
    body = document.get("body")
    chats = says(manifest.kind, "chats")
    loose = chats or says(manifest.kind, "loose")
    if body and ((loose and not has_words(body)) or (chats and only_greets(body))):
        yield _told("body", "no_words")
    for name in manifest.require:
        if not (has_place(document) if name == "location_text" else document.get(name)):
            yield _told(name, "lacking")


def _told(path: str, rule: str) -> Problem:
    indonesian, english = _LACKING[path]
    return Problem(path=path, rule=rule, id=f"{path}: {indonesian}.", en=f"{path}: {english}.")


_LACKING: Final = {
    "body": (
        "hanya berisi salam, sebutan akun, tagar atau tautan, belum ada isi aduan",
        "it holds only greetings, mentions, hashtags or links, and no word of what happened",
    ),
    "location_text": (
        "tempat kejadian belum disebut, padahal manifes mewajibkannya (require)",
        "the place is not told, and the manifest asks for it (require)",
    ),
    "incident_date": (
        "tanggal kejadian belum disebut, padahal manifes mewajibkannya (require)",
        "the day is not told, and the manifest asks for it (require)",
    ),
}


def _against_schema(document: Mapping[str, Any]) -> tuple[Problem, ...]:
    if schemas.valid("complaint", document):
        return ()
    found = schemas.problems("complaint", document)
    return tuple(Problem(path=one.path, rule=one.rule, id=one.id, en=one.en) for one in found)


def _flaw(flaw: Flaw) -> Problem:
    known = (flaw.rule, flaw.detail) if (flaw.rule, flaw.detail) in _FLAWS else (flaw.rule, "")
    indonesian, english = _FLAWS.get(known, _FLAWS["", ""])
    if flaw.rule == "ambiguous_region":
        names = _regions(flaw.detail.split())
        indonesian, english = indonesian.format(names=names), english.format(names=names)
    return Problem(path=flaw.path, rule=flaw.rule, id=f"{flaw.path}: {indonesian}.", en=f"{flaw.path}: {english}.")


def _regions(codes: Sequence[str]) -> str:
    """Kabupaten Blitar (35.05), Kota Blitar (35.72)."""
    known = places().regions
    return ", ".join(f"{known[code].name} ({code})" if code in known else code for code in codes)


_FLAWS: Final = {
    ("", ""): ("isinya tidak dapat dipakai", "the value cannot be used"),
    ("unreadable_flag", ""): (
        "bukan ya atau tidak yang dikenal; tambahkan map di manifes",
        "this is no known yes or no; add a map to the manifest",
    ),
    ("digits_lost", ""): (
        "angka terakhir hilang karena disimpan sebagai bilangan desimal; minta kanal mengirimnya sebagai teks",
        "its last digits were lost because it was kept as a decimal number; ask the channel to send it as text",
    ),
    ("ambiguous_region", ""): (
        "nama wilayah ini dapat berarti {names}; minta kanal menulis Kab. atau Kota, atau tambahkan map di manifes",
        "this name can mean {names}; ask the channel to write Kab. or Kota, or add a map to the manifest",
    ),
    ("swapped_coordinates", ""): (
        "lintang dan bujur tertukar; tukar keduanya di manifes",
        "latitude and longitude are swapped; exchange them in the manifest",
    ),
    ("not_text", ""): (
        "berisi daftar atau objek, bukan teks; perbaiki jalurnya di manifes atau pakai join",
        "it holds a list or an object, not text; correct its path in the manifest or use join",
    ),
    ("unreadable_attachment", ""): (
        "lampiran bukan alamat dan bukan {name, url}",
        "an attachment is neither an address nor {name, url}",
    ),
    ("expression_failed", ""): (
        "jalur di manifes tidak dapat dihitung untuk aduan ini",
        "the path in the manifest cannot be worked out for this item",
    ),
}


def _ends(word: str) -> bool:
    """A full stop after a short word is an abbreviation (Yth. Jl. No. Kec.), after a longer one the end."""
    bare = word.rstrip("\"')]”’")
    if bare.endswith(("!", "?")):
        return True
    return bare.endswith(".") and len(bare.rstrip(".").rpartition(".")[2]) > 3


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    return f"{head.rpartition(' ')[0] or head}…"
