"""What the kit says: a table of outcomes, and for each promise that broke one sentence in each language."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from connectors.manifest import Manifest
from hub.conform.kits import kit
from hub.conform.playing import MOST, Result
from hub.screen import console

Sentence = tuple[str, str]
"""Indonesian, English."""

PROMISES: Mapping[int, Sentence] = {
    1: ("tidak ada yang hilang, dan itu terlihat", "nothing is lost, and it shows"),
    2: ("tidak ada yang tercatat dua kali", "nothing is said twice"),
    3: ("rahasia dan beban tetap pada batasnya", "secrets and load stay within their limits"),
}
WRONG: Mapping[str, tuple[int, Sentence]] = {
    "lost": (1, ("{lost} aduan tidak tersimpan", "{lost} complaints are not stored")),
    "stale": (1, ("{stale} aduan tersimpan dalam versi lama", "{stale} complaints are stored in an old version")),
    "silent": (
        1,
        ("{silent} tarikan menyatakan lengkap padahal tidak", "{silent} pulls said to be complete and were not"),
    ),
    "not_loud": (1, ("tarikan tidak menyebut apa yang kurang", "a pull did not name what is missing")),
    "nameless": (
        1,
        ("tarikan gagal tanpa menyebut yang terutang", "a pull failed and named nothing as owed"),
    ),
    "still_owed": (
        1,
        ("gangguan sudah lewat, tetapi masih ada yang terutang", "the fault has passed, and something is still owed"),
    ),
    "doubled": (
        2,
        (
            "{doubled} aduan tersimpan dua kali atau berversi baru tanpa perubahan",
            "{doubled} complaints are stored twice, or again without a change",
        ),
    ),
    "stranger": (3, ("alamat lain ikut dipanggil", "another address was called")),
    "requests": (
        3,
        (
            f"{{requests}} permintaan, lebih dari {MOST} kali portal yang tenang ({{quiet}})",
            f"{{requests}} requests, more than {MOST} times those of a quiet portal ({{quiet}})",
        ),
    ),
}
"""Code -> number of the promise, and the sentence about it."""
REASONS: Mapping[str, Sentence] = {
    "total": (
        "tanpa `total`, daftar yang terputus tampak seperti daftar yang selesai; isi with.total bila portal punya hitungan",
        "no `total`: a list that breaks off looks like one that has ended; write with.total if the portal counts",
    ),
    "changed": (
        "tanpa `changed`, tidak ada yang menandai baris yang muncul terlambat; isi with.changed",
        "no `changed`: nothing marks rows that appear late; write with.changed",
    ),
    "created": (
        "`changed` dan tanggal pembuatan dibaca dari tempat yang sama, jadi setiap perubahan tampak sebagai aduan baru; "
        "isi with.created dengan tempat lain",
        "`changed` and the creation stamp are read from the same place, so each edit looks like a new complaint; write "
        "another place in with.created",
    ),
}
ADVICE: Mapping[str, Sentence] = {
    "sweep": (
        "Tanpa with.sweep, perubahan yang tidak menggeser `changed` dan baris yang terlambat melebihi look_back tidak "
        "pernah dibaca lagi; dua skenario dilewati.",
        "Without with.sweep, edits that move no `changed` and rows later than look_back are never read again; two "
        "scenarios were left out.",
    ),
}


def say(results: Sequence[Result], manifest: Manifest, out: TextIO | None = None) -> None:
    """The table, the promises that broke, and the count of those that held."""
    out = out or sys.stdout
    table(results, out)
    for result in results:
        for indonesian, english in broken(result, manifest):
            print(f"INGKAR  {indonesian}\nBROKEN  {english}", file=out)
    for indonesian, english in advice(manifest):
        print(f"{indonesian}\n{english}", file=out)
    held = sum(result.held for result in results)
    print(
        f"{manifest.name}: {held} dari {len(results)} skenario sesuai janji / {held} of {len(results)} scenarios as promised",
        file=out,
    )


def broken(result: Result, manifest: Manifest) -> Iterator[Sentence]:
    """A sentence for each promise that a scenario broke, with the reason where the manifest is it."""
    numbers = {name: getattr(result, name) for name in ("lost", "stale", "doubled", "silent", "requests", "quiet")}
    why = reason(result, manifest)
    for number, promise in PROMISES.items():
        found = [said for of, said in map(WRONG.__getitem__, result.wrong) if of == number]
        if found:
            indonesian, english = (", ".join(said[place].format(**numbers) for said in found) for place in (0, 1))
            behind = (f"; {why[0]}", f"; {why[1]}") if why else ("", "")
            yield (
                f"Janji {number} ({promise[0]}), {result.scenario.slug}: {indonesian}{behind[0]}.",
                f"Promise {number} ({promise[1]}), {result.scenario.slug}: {english}{behind[1]}.",
            )


def reason(result: Result, manifest: Manifest) -> Sentence | None:
    """Why the manifest itself cannot keep this promise, if it is the manifest."""
    has = kit(manifest).has(manifest)
    missing = [need for need in ("total", "changed") if need in result.scenario.needs and need not in has]
    if missing:
        return REASONS[missing[0]]
    same = "changed" in has and _place(manifest, "changed") == _place(manifest, "created")
    return REASONS["created"] if same and "doubled" in result.wrong else None


def _place(manifest: Manifest, key: str) -> object:
    given = manifest.options.get(key)
    if key == "created" and given is None:
        given = manifest.fields.get("submitted_at")
    return given.get("path") if isinstance(given, Mapping) else given


def advice(manifest: Manifest) -> list[Sentence]:
    """What the kit could not try because the manifest leaves it out."""
    lacking = manifest.kind == "rest" and "since" in manifest.options and not manifest.options.get("sweep")
    return [ADVICE["sweep"]] if lacking else []


def table(results: Sequence[Result], out: TextIO) -> None:
    """Scenario, lost, stale, doubled, silent or loud, requests and their price, verdict."""
    from rich.table import Table

    shown = Table(title="Each scenario: what is stored against what the channel has", title_justify="left")
    for word in ("scenario", "lost", "stale", "doubled", "pulls", "owed", "requests", "x", "verdict"):
        shown.add_column(word, justify="left" if word in ("scenario", "owed", "verdict") else "right")
    for result in results:
        shown.add_row(*row(result))
    console(120, out).print(shown)


def row(result: Result) -> tuple[str, ...]:
    """The cells of one scenario."""
    owed = f"silent {result.silent}" if result.silent else f"loud {result.loud}" if result.loud else "-"
    counts = (result.lost, result.stale, result.doubled, result.pulls)
    price = f"{result.requests / max(result.quiet, 1):.1f}"
    verdict = "held" if result.held else f"BROKEN: {', '.join(result.wrong)}"
    return (result.scenario.slug, *map(str, counts), owed, str(result.requests), price, verdict)
