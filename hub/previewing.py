"""Preview: a few records as the channel gives them and as they would become complaints, field by field, and nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from connectors import paths
from connectors.base import Context, Item, Push, Window
from connectors.build import channel
from connectors.errors import ChannelError, Misconfigured
from connectors.http import HttpAnswer
from connectors.manifest import Manifest
from hub.glance import Glance
from hub.personal import mask
from hub.shown_items import Shown, read
from hub.stage_words import cause
from hub.staging import PATIENCE

LONGEST: Final = 160
"""Signs of a value that are shown."""
BIGGEST: Final = 25 * 1024 * 1024
HIDDEN: Final[Mapping[str, str]] = {
    "reporter.name": "[nama]",
    "reporter.phone_e164": "[telepon]",
    "reporter.email": "[email]",
    "reporter.national_id": "[NIK]",
    "reporter.handle": "[akun]",
    "reported_party": "[terlapor]",
}
"""Fields that name a person: of them only that there is something."""
_PLAIN: Final = ("submitted_at", "incident_date", "latitude", "longitude")
"""Fields whose digits are nobody's number, where they can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One field of one record; personal data are masked."""

    name: str
    path: str
    """Where the manifest says it is; `= …` for a constant."""
    raw: str
    becomes: str
    notes: Sequence[tuple[str, str]] = ()
    """What is wrong with it, in Indonesian and English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record, side by side."""

    cells: Sequence[Cell]
    notes: Sequence[tuple[str, str]]
    """What is wrong with all of it."""
    unused: Sequence[str]
    """Names in the channel's record that no field takes."""
    outcome: str
    """complaint | not_a_complaint | quarantined"""


def preview(manifest: Manifest, glance: Glance, *, count: int, sample: Path | None) -> list[Record]:
    """The first `count` records of the channel, or of a sample file. Raises ChannelError."""
    made = channel(manifest)
    now = glance.ctx.clock()
    items = _tried(manifest, made, glance.ctx, sample) if sample is not None else _of_channel(made, glance, count)
    return [_record(manifest, one) for one in read(manifest, items[:count], now)]


# where the records come from ---------------------------------------------------------------------------------------


def _of_channel(made: Any, glance: Glance, count: int) -> list[Item]:
    now = glance.ctx.clock()
    with glance.within(PATIENCE):
        return _some(made.pages(glance.ctx, Window(since=None, until=now)), count)


def _some(pages: Iterator[Any], count: int) -> list[Item]:
    """Pages until there are enough items, at most three: a kind may begin with an empty one."""
    found: list[Item] = []
    try:
        for page in islice(pages, 3):
            found += page.items
            if len(found) >= count or getattr(page, "end", False):
                break
    finally:
        if close := getattr(pages, "close", None):
            close()
    return found


def _tried(manifest: Manifest, made: Any, ctx: Context, sample: Path) -> list[Item]:
    """The items of a sample; what is wrong with it is said in both languages."""
    body = _bytes(sample)
    try:
        return _of_sample(made, ctx, body)
    except ChannelError as error:
        if error.indonesian:
            raise
        own, other = _unlike(manifest.kind, body) or cause(error)[1:]
        raise Misconfigured(other, code=error.code, indonesian=own) from None


def _unlike(kind: str, body: bytes) -> tuple[str, str] | None:
    """What is said of a sample of another form than this kind reads."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return (
            f"Contohnya XML atau halaman web, sedangkan jenis {kind} membaca JSON. Minta contoh JSON kepada pemilik kanal; "
            "portal Open311 memakai jenis open311.",
            f"The sample is XML or a web page, and kind {kind} reads JSON. Ask the channel's owner for JSON; a portal with "
            "Open311 uses kind open311.",
        )
    if b"create table" in body[:BIGGEST].lower():
        return (
            "Contohnya perintah SQL, yang hanya dapat dipakai satupintu new. Jalankan preview tanpa --sample, atau berikan "
            "barisnya sebagai daftar JSON.",
            "The sample is SQL, which only satupintu new can use. Run preview without --sample, or give its rows as a list of "
            "JSON objects.",
        )
    return None


def _of_sample(made: Any, ctx: Context, body: bytes) -> list[Item]:
    """As the kind itself reads a sample; one over HTTP gets it as its answer, one that receives as its only push."""
    blind = replace(ctx, http=_Canned(body), secret=lambda text, host: "", dial=_no_way, another=None)
    if own := getattr(made, "sample", None):
        return list(own(blind, body))
    if hasattr(made, "judge"):
        blind = replace(blind, inbox=_One(Push(number=1, at=ctx.clock(), headers={}, query={}, body=body)))
    return _some(made.pages(blind, Window(since=None, until=ctx.clock())), 1)


@dataclass(frozen=True, slots=True)
class _Canned:
    """Every request is answered by the sample."""

    body: bytes

    def send(self, method: str, url: str, **_: Any) -> HttpAnswer:
        return HttpAnswer(status=200, headers={}, body=self.body, url=url)

    def abandon(self) -> None:
        """There is nothing under way."""


@dataclass(frozen=True, slots=True)
class _One:
    """An inbox of one push."""

    push: Push

    def pushes(self, after: int, limit: int) -> Sequence[Push]:
        return [self.push] if after < 1 else []


def _no_way(*_: Any, **__: Any) -> Any:
    raise Misconfigured(
        "This kind cannot be tried with a sample file.",
        hint="Preview it without --sample.",
        code="no_sample",
        indonesian="Jenis kanal ini tidak dapat dicoba dengan berkas contoh. Jalankan preview tanpa --sample.",
    )


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(BIGGEST + 1)
    except OSError as error:
        raise Misconfigured(
            f"{path.name} cannot be read ({error.strerror}).",
            code="sample",
            indonesian=f"{path.name} tidak dapat dibaca ({error.strerror}).",
        ) from None
    if len(body) > BIGGEST:
        raise Misconfigured(
            f"{path.name} is larger than 25 MiB.", code="sample", indonesian=f"{path.name} lebih besar dari 25 MiB."
        )
    return body


# what is shown of them ---------------------------------------------------------------------------------------------


def _record(manifest: Manifest, one: Shown) -> Record:
    problems = [(problem.path, (problem.id, problem.en)) for problem in one.result.problems]
    doubts = [(said[0].partition(":")[0], said) for said in one.doubts]
    draft = one.result.document or one.result.draft or {}
    hide = _Hide.of(manifest, one.payload, draft)
    cells, told = [], set()
    for name, spec in manifest.fields.items():
        own = [said for path, said in (*problems, *doubts) if path == name or path.startswith(f"{name}.")]
        told.update(own)
        cells.append(_cell(name, spec, one.payload, draft, own, hide))
    rest = [said for _, said in (*problems, *doubts) if said not in told]
    outcome = "quarantined" if one.result.problems else "complaint" if one.result.wanted else "not_a_complaint"
    return Record(cells=cells, notes=list(dict.fromkeys(rest)), unused=_unused(manifest, one.payload), outcome=outcome)


def _cell(
    name: str, spec: Any, payload: Any, draft: Mapping[str, Any], notes: Sequence[tuple[str, str]], hide: _Hide
) -> Cell:
    written = spec if isinstance(spec, Mapping) else {"path": spec}
    path = (
        f"= {json.dumps(written['const'], ensure_ascii=False)}" if "const" in written else str(written.get("path", ""))
    )
    value = _at(payload, written["path"]) if "path" in written else None
    group, _, last = name.rpartition(".")
    becomes = (draft.get(group) or {}).get(last) if group else draft.get(last)
    plain = name in _PLAIN and becomes is not None
    return Cell(
        name=name, path=path, raw=hide(name, value, plain=plain), becomes=hide(name, becomes, plain=plain), notes=notes
    )


def _at(payload: Any, path: str) -> Any:
    try:
        return paths.getter(path)(payload)
    except (paths.Failed, paths.BadPath):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hide:
    """Shows values without people: by their field, by their form, and by the names that stand in this very record."""

    people: Sequence[tuple[str, str]] = field(default=())

    @classmethod
    def of(cls, manifest: Manifest, payload: Any, draft: Mapping[str, Any]) -> _Hide:
        """With the people whom this record names in their own fields, longest first."""
        found: dict[str, str] = {}
        for name, said in HIDDEN.items():
            spec = manifest.fields.get(name)
            path = spec.get("path") if isinstance(spec, Mapping) else spec
            group, _, last = name.rpartition(".")
            for value in (
                _at(payload, path) if path else None,
                ((draft.get(group) or {}) if group else draft).get(last),
            ):
                if isinstance(value, str | int) and len(str(value)) > 3:
                    found[str(value)] = said
        return cls(people=sorted(found.items(), key=lambda pair: -len(pair[0])))

    def __call__(self, name: str, value: Any, *, plain: bool) -> str:
        if value is None or value == "":
            return ""
        if name in HIDDEN or name.startswith("reporter."):
            return HIDDEN.get(name, "[pelapor]")
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        if not plain:
            for person, said in self.people:
                text = text.replace(person, said)
            text = mask(text)
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _unused(manifest: Manifest, payload: Any) -> list[str]:
    """First names of the record that nothing in the manifest mentions."""
    if not isinstance(payload, Mapping):
        return []
    said = json.dumps([manifest.fields, dict(manifest.options), manifest.replies, manifest.only], default=str)
    return [mask(key)[:40] for key in payload if key not in said][:30]


Told = Callable[[str], None]
"""Prints a line."""


def show(records: Sequence[Record], table: Callable[[Sequence[Sequence[str]]], None], say: Told) -> bool:
    """Print them; whether every one is a complaint, or one that the manifest does not want."""
    for number, one in enumerate(records, start=1):
        say(f"{number}. {_OUTCOMES[one.outcome]}")
        table([(cell.name, cell.path, cell.raw, cell.becomes, _both(cell.notes)) for cell in one.cells])
        for indonesian, english in one.notes:
            say(f"   ! {indonesian}\n     {english}")
        if one.unused:
            say(f"   tidak dipakai / not used: {', '.join(one.unused)}")
    if not records:
        say(
            "Kanal tidak memberi satu catatan pun; satupintu check menunjukkan sebabnya. / The channel gives no record; "
            "satupintu check shows why."
        )
    return bool(records) and all(one.outcome != "quarantined" for one in records)


_OUTCOMES: Final = {
    "complaint": "menjadi aduan / becomes a complaint",
    "not_a_complaint": "bukan aduan menurut only / no complaint by only",
    "quarantined": "belum dapat dibaca, masuk karantina / cannot be read yet, goes to quarantine",
}


def _both(notes: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"{indonesian}\n{english}" for indonesian, english in notes)
