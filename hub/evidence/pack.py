"""An evidence pack: the entries of a span with their proofs, a page that opens with exceptions, and what checks it all."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from hub.audit import checkpoint, proofs, verify
from hub.audit.entry import Entry
from hub.evidence import sheet
from hub.evidence.archive import Archive, hashed
from hub.evidence.asking import WrongQuestion, scope_of
from hub.evidence.found import Found
from hub.evidence.summary import LANGUAGES, Figures, written
from hub.model import Tally
from hub.publishing import origin_of, proving, vkey_of
from hub.spine import Hub
from hub.store import connectors, evidence, search
from hub.store.log import append
from hub.store.search import Asked
from hub.store.work import Work

LATE: Final = timedelta(hours=1)
AT_ONCE: Final = 5_000
PAGES: Final = {"id": "ringkasan.html", "en": "summary.html"}
README: Final = """SatuPintu: bukti audit / audit evidence

ringkasan.html       ringkasan untuk dicetak; dimulai dengan pengecualian
summary.html         the same in English
entries.csv          entri sebagai tabel / entries as a sheet (UTF-8; waktu setempat dan UTC / local time and UTC)
entries.jsonl        entri persis seperti disegel, satu per baris / entries exactly as sealed, one a line
entries.tlog-proofs  bukti bahwa entri-entri itu ada di log / the proof that these entries are in the log
checkpoint           ukuran dan akar log, bertanda tangan (C2SP) / size and root of the log, signed
log.vkey             kunci untuk memeriksa tanda tangan / the key that checks the signature
verify.py            pemeriksa, satu berkas / the verifier, one file
SHA256SUMS           SHA-256 semua berkas, bertanda tangan / SHA-256 of every file, signed

Periksa / check (Python 3.9+, paket / package `cryptography`, tanpa jaringan / no network):

    python verify.py . --key log.vkey

UTUH / INTACT: tidak ada satu bita pun yang berubah, dan setiap entri ada di log. / Not a byte was changed, and every entry
is in the log.

Bandingkan dulu SHA-256 verify.py dan baris log.vkey dengan yang Anda peroleh lewat jalan lain: pemeriksa dan kunci yang datang
bersama berkas hanya membuktikan bahwa semuanya cocok satu sama lain.
First compare the SHA-256 of verify.py and the line in log.vkey with those that you got another way: a verifier and a key that
come with the files prove only that all of it fits together.

Simpan checkpoint: dengan --since ia menunjukkan bila log kelak mundur atau bercabang.
Keep the checkpoint: with --since it shows later whether the log went back or forked.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a pack is asked to hold: the question to the log, and the connector by its name."""

    asked: Asked
    connector: str | None


def pack(hub: Hub, asking: Asking, out: Path) -> Tally:
    """
    Write the pack to a new ZIP; the same rows under the same checkpoint give the same bytes.

    Leaves the entry `exported` with the SHA-256 of the file. Raises WrongQuestion where nothing is sealed yet or the file
    cannot be written.
    """
    try:
        tree, note = proving(hub)
    except proofs.Unproven as error:
        raise WrongQuestion(f"There is nothing to prove: {error}.") from None
    size = tree.size
    beside = out.with_name(f".{out.name}.part")
    try:
        with beside.open("x+b") as file, hub.store.begin(still=True) as work:
            chosen = _chosen(work, asking.asked, size)
            with Archive(file, partial(_signed, hub)) as archive:
                _fill(hub, work, archive, asking, chosen, tree, note)
            digest = hashed(file)
            os.fsync(file.fileno())
            append(work, _entry(hub, asking, len(chosen), size, digest))
            os.link(beside, out)  # last, so that the file and its entry stand or fall together
    except OSError as error:
        raise WrongQuestion(f"{out} could not be written: {error.strerror}. Name a new file.") from None
    finally:
        beside.unlink(missing_ok=True)
    notes = (f"{out}: {len(chosen)} entries of the log of {size}; SHA-256 {digest}",)
    return Tally(verb="audit pack", done=len(chosen), notes=notes)


def _chosen(work: Work, asked: Asked, size: int) -> Sequence[int]:
    """The places of the entries; of a whole span also those in between, so that whoever checks sees no hole."""
    if search.indexed(work) < size:
        raise WrongQuestion("The log has not been indexed yet. Run 'satupintu seal' once.")
    chosen = search.places(work, asked, size=size)
    if not chosen:
        raise WrongQuestion("No sealed entry of the log fits, so there is nothing to prove. Ask for a wider span.")
    return range(chosen[0], chosen[-1] + 1) if _is_whole(asked) else chosen


def _is_whole(asked: Asked) -> bool:
    return asked == Asked(since=asked.since, until=asked.until)


def _fill(
    hub: Hub, work: Work, archive: Archive, asking: Asking, chosen: Sequence[int], tree: proofs.Tree, note: str
) -> None:
    found, names = Found(), connectors.names(work)
    archive.add("README.txt", [README.encode()])
    archive.add("checkpoint", [note.encode()])
    archive.add("log.vkey", [vkey_of(hub).encode() + b"\n"])
    archive.add("verify.py", [Path(verify.__file__).read_bytes()])
    archive.add("entries.jsonl", _exact(work, chosen))
    archive.add("entries.csv", _sheet(work, chosen, names, found))
    archive.add("entries.tlog-proofs", [proofs.several(chosen, tree.several(chosen), note).encode()])
    figures = _figures(work, asking, chosen, names, found, note)
    for language in LANGUAGES:
        archive.add(PAGES[language], [written(figures, language).encode()])


def _exact(work: Work, chosen: Sequence[int]) -> Iterator[bytes]:
    for batch in _batches(chosen):
        yield b"".join(body + b"\n" for body in search.at_places(work, batch))


def _sheet(work: Work, chosen: Sequence[int], names: Mapping[str, str], found: Found) -> Iterator[bytes]:
    """The lines of the sheet; on the way every entry is counted."""
    yield sheet.head()
    for batch in _batches(chosen):
        entries = [(leaf, json.loads(body)) for leaf, body in zip(batch, search.at_places(work, batch), strict=True)]
        for leaf, entry in entries:
            found.add(leaf, entry)
        yield sheet.lines(entries, names)


def _batches(chosen: Sequence[int]) -> Iterator[Sequence[int]]:
    yield from (chosen[at : at + AT_ONCE] for at in range(0, len(chosen), AT_ONCE))


def _figures(
    work: Work, asking: Asking, chosen: Sequence[int], names: Mapping[str, str], found: Found, note: str
) -> Figures:
    head, asked, scope = checkpoint.parsed(note), asking.asked, scope_of(asking.asked)
    whole = not (asked.region or asked.connector)
    return Figures(
        origin=head.origin,
        size=head.size,
        root=base64.b64encode(head.root).decode(),
        chosen=len(chosen),
        whole=_is_whole(asked),
        since=asked.since,
        until=asked.until,
        region=asked.region,
        connector=asking.connector,
        names=names,
        totals=evidence.totals(work, scope),
        gaps=evidence.gaps(work, scope),
        late=evidence.late(work, asked, size=head.size, after=LATE),
        differences=evidence.differences(work) if whole else (),
        found=found,
    )


def _signed(hub: Hub, text: str) -> str:
    return checkpoint.sign_text(origin_of(hub), text, hub.vault.keys.log)


def _entry(hub: Hub, asking: Asking, count: int, size: int, digest: str) -> Entry:
    asked = asking.asked
    detail: dict[str, Any] = {"masked": True, "sha256": digest, "size": size}
    detail |= {name: at.isoformat() for name, at in (("since", asked.since), ("until", asked.until)) if at}
    return Entry(
        act="exported",
        at=hub.clock(),
        actor=hub.actor,
        connector=str(asked.connector) if asked.connector else None,
        region=asked.region,
        code="evidence_pack",
        count=count,
        detail=detail,
    )
