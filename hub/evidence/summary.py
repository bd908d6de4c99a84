"""What the page of a pack says, in each of its two languages: exceptions first, then totals, then who did what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hub.evidence.catalogue import CATALOGUE
from hub.evidence.found import Found, Line
from hub.evidence.page import Cells, Part, Table, page
from hub.evidence.zones import both
from hub.telling import INDONESIAN
from schemas.words import OUTCOMES

MOST: Final = 500
"""Lines of one table; entries.csv has them all."""
LANGUAGES: Final = ("id", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that a page shows; rows are those of hub.store.evidence."""

    origin: str
    size: int
    root: str
    chosen: int
    whole: bool
    """No entry between the first and the last one is left out."""
    since: datetime | None
    until: datetime | None
    region: str | None
    connector: str | None
    names: Mapping[str, str]
    totals: Sequence[Any]
    gaps: Sequence[Any]
    late: Sequence[Any]
    differences: Sequence[Any]
    found: Found


def written(figures: Figures, language: str) -> str:
    """The page as HTML; `language` is id or en."""
    return _Summary(figures, LANGUAGES.index(language)).page(language)


class _Summary:
    """One page in one language; `_(indonesian, english)` picks."""

    def __init__(self, figures: Figures, language: int) -> None:
        self.has, self.language = figures, language

    def _(self, *said: str) -> str:
        return said[self.language]

    def page(self, language: str) -> str:
        title = self._("Bukti audit SatuPintu", "SatuPintu audit evidence")
        parts = [self.exceptions(), self.totals(), self.people(), self.changes(), self.checking()]
        return page(language, title, list(self.about()), parts)

    def about(self) -> Iterator[tuple[str, str]]:
        has, every = self.has, self._("semua", "all")
        start = both(has.since, has.region) or self._("dari awal", "the beginning")
        end = both(has.until, has.region) or self._("sampai entri terakhir", "the last entry")
        yield self._("Masa", "Period"), f"{start} … {end}"
        yield self._("Wilayah", "Region"), has.region or every
        yield self._("Kanal", "Connector"), has.connector or every
        yield self._("Entri dalam berkas ini", "Entries in this pack"), f"{has.chosen} {self._whole()}"
        yield self._("Log dan checkpoint", "Log and checkpoint"), f"{has.origin}, {has.size}, {has.root}"

    def _whole(self) -> str:
        if not self.has.whole:
            return self._("(pilihan)", "(a choice)")
        return self._("(berurutan, tidak ada yang dilewati)", "(consecutive, none left out)")

    # 1 -------------------------------------------------------------------------------------------------------------

    def exceptions(self) -> Part:
        none = self._("Tidak ada.", "None.")
        tables = [self.gaps(none), self.discarded(none), self.overrides(none), self.pauses(none), self.late(none)]
        return Part(
            heading=self._("Pengecualian", "Exceptions"), tables=[*tables, self.unbalanced(none), self.differing(none)]
        )

    def gaps(self, none: str) -> Table:
        head = (
            self._("Selang", "Interval"),
            self._("Kanal", "Connector"),
            self._("Dari … sampai", "From … to"),
            self._("Dibuka", "Opened"),
            self._("Terbaca", "Read"),
            self._("Jumlah menurut portal", "The portal's own total"),
            self._("Yang kurang", "What is missing"),
            self._("Ditutup tanpa bukti oleh", "Closed without proof by"),
        )
        return Table(
            heading=self._("Selang tanpa bukti lengkap", "Intervals without complete proof"),
            head=head,
            rows=[self._gap(row) for row in self.has.gaps],
            empty=none,
        )

    def _gap(self, row: Any) -> Cells:
        total = row.total if row.total is not None else self._("tidak ada", "none")
        closed = f"{row.closed_by}, {both(row.closed_at, row.region)}: {row.because}" if row.closed_by else ""
        span = f"{both(row.from_at, row.region) or '…'} … {both(row.to_at, row.region)}"
        return (
            row.id,
            f"{row.name} ({row.region})",
            span,
            both(row.opened_at, row.region),
            row.items,
            total,
            row.code or "",
            closed,
        )

    def discarded(self, none: str) -> Table:
        rows = sorted(self.has.found.discarded.items(), key=lambda one: (-one[1], one[0]))
        return Table(
            heading=self._("Ditolak, dikarantina, dihapus", "Rejected, refused, quarantined, erased"),
            head=(
                self._("Peristiwa", "Act"),
                self._("Alasan", "Reason"),
                self._("Oleh", "By"),
                self._("Jumlah", "Count"),
            ),
            rows=[(act, code, actor, count) for (act, code, actor), count in rows],
            empty=none,
        )

    def overrides(self, none: str) -> Table:
        heading = self._("Keputusan orang yang mengubah jalan biasa", "Overrides by persons")
        return self._listed(heading, self.has.found.overrides, none)

    def pauses(self, none: str) -> Table:
        heading = self._("Pengiriman berhenti dan berlanjut", "Sending stopped and went on")
        return self._listed(heading, self.has.found.pauses, none)

    def unbalanced(self, none: str) -> Table:
        heading = self._("Pemeriksaan harian yang tidak cocok", "Daily checks that did not agree")
        return self._listed(heading, self.has.found.unbalanced, none)

    def _listed(self, heading: str, lines: Sequence[tuple[int, Line]], none: str) -> Table:
        more = len(lines) - MOST
        note = self._(f"dan {more} lagi di entries.csv", f"and {more} more in entries.csv") if more > 0 else ""
        head = (
            self._("Entri", "Entry"),
            self._("Waktu", "Time"),
            self._("Peristiwa", "Act"),
            self._("Oleh", "By"),
            self._("Tentang", "About"),
            self._("Alasan", "Reason"),
        )
        rows = [self._line(leaf, entry) for leaf, entry in lines[:MOST]]
        return Table(heading=heading, head=head, rows=rows, empty=none, note=note)

    def _line(self, leaf: int, entry: Line) -> Cells:
        detail = entry.get("detail", {})
        connector = self.has.names.get(entry.get("connector", ""), "")
        about = [connector, entry.get("complaint", ""), entry.get("registry", ""), entry.get("registry_id", "")]
        about += [
            f"{name} {detail[name]}" for name in ("interval", "name", "hosts", "class", "owner") if name in detail
        ]
        why = [entry.get("code", ""), str(detail.get("because", ""))]
        why += [f"{name} {detail[name]}" for name in ("was", "manifest", "sha256", "masked", "until") if name in detail]
        return (
            leaf,
            both(datetime.fromisoformat(entry["at"]), entry.get("region")),
            entry["act"],
            entry["actor"],
            " ".join(one for one in about if one),
            ", ".join(one for one in why if one),
        )

    def late(self, none: str) -> Table:
        head = (
            self._("Checkpoint", "Checkpoint"),
            self._("Disegel", "Sealed"),
            self._("Entri tertua", "Oldest entry"),
            self._("Jumlah", "Count"),
        )
        rows = [(row.size, both(row.sealed_at, None), both(row.oldest, None), row.entries) for row in self.has.late]
        heading = self._("Disegel lebih dari satu jam sesudah terjadi", "Sealed more than an hour after it happened")
        return Table(heading=heading, head=head, rows=rows, empty=none)

    def differing(self, none: str) -> Table:
        head = (
            self._("Sistem pusat", "Registry"),
            self._("Beda", "Difference"),
            self._("Aduan", "Complaint"),
            self._("Nomor", "Number"),
            self._("Sejak", "Since"),
        )
        rows: list[Cells] = [
            (row.registry, row.what, str(row.complaint or ""), row.registry_id, both(row.found_at, None))
            for row in self.has.differences[:MOST]
        ]
        heading = self._("Beda dengan sistem pusat yang belum selesai", "Open differences with the registry")
        return Table(heading=heading, head=head, rows=rows, empty=none)

    # 2 to 5 --------------------------------------------------------------------------------------------------------

    def totals(self) -> Part:
        words = [INDONESIAN[word] if self.language == 0 else word.replace("_", " ") for word in OUTCOMES]
        rows = [
            [row.connector, row.region, row.stored, *(getattr(row, word) for word in OUTCOMES)]
            for row in self.has.totals
        ]
        sums = [sum(row[n] for row in rows) for n in range(2, 3 + len(OUTCOMES))]
        lost = sum(row.lost for row in self.has.totals)
        agrees = sums[0] == sum(sums[1:]) and not lost
        yes = self._("Tujuh kata berjumlah sama dengan yang disimpan.", "The seven words add up to what is stored.")
        no = self._(
            f"TIDAK COCOK: {sums[0]} disimpan, {sum(sums[1:])} terhitung, {lost} tanpa kata.",
            f"DOES NOT ADD UP: {sums[0]} stored, {sum(sums[1:])} accounted for, {lost} without a word.",
        )
        table = Table(
            heading="",
            head=(self._("Kanal", "Connector"), self._("Wilayah", "Region"), self._("Disimpan", "Stored"), *words),
            rows=rows,
            empty=self._("Tidak ada aduan dalam masa ini.", "No complaint in this period."),
            total=(self._("Jumlah", "Sum"), "", *sums),
        )
        says = self._(
            "Setiap aduan yang pertama kali disimpan dalam masa ini (hari menurut Asia/Jakarta) kini berada pada tepat satu "
            "dari tujuh kata.",
            "Every complaint that was first stored in this period (days in Asia/Jakarta) stands today at exactly one of "
            "seven words.",
        )
        return Part(heading=self._("Jumlah", "Totals"), says=(says, yes if agrees else no), tables=(table,))

    def people(self) -> Part:
        acts = [
            (act, self._(CATALOGUE[act].indonesian, CATALOGUE[act].english) if act in CATALOGUE else "", count)
            for act, count in sorted(self.has.found.acts.items())
        ]
        persons = [(actor, act, count) for (actor, act), count in sorted(self.has.found.persons.items())]
        none = self._("Tidak ada entri.", "No entry.")
        act, count, by = self._("Peristiwa", "Act"), self._("Jumlah", "Count"), self._("Oleh", "By")
        total = sum(self.has.found.acts.values())
        sum_ = (self._("Jumlah", "Sum"), "", total)
        return Part(
            heading=self._("Siapa melakukan apa", "Who did what"),
            tables=(
                Table(heading="", head=(by, act, count), rows=persons, empty=none, total=sum_),
                Table(heading="", head=(act, self._("Artinya", "Meaning"), count), rows=acts, empty=none, total=sum_),
            ),
        )

    def changes(self) -> Part:
        none = self._("Tidak ada.", "None.")
        settings = self._("Perubahan kanal, tabel, dan rahasia", "Changes of connectors, tables and secrets")
        looks = self._("Siapa melihat atau mengeluarkan data", "Who looked at data or handed them out")
        return Part(
            heading=self._("Perubahan dan pengeluaran data", "Changes and exports"),
            tables=(
                self._listed(settings, self.has.found.changes, none),
                self._listed(looks, self.has.found.looks, none),
            ),
        )

    def checking(self) -> Part:
        says = (
            self._(
                "python verify.py . --key log.vkey memeriksa setiap berkas, setiap entri, dan checkpoint tanpa jaringan. "
                "Bandingkan dulu SHA-256 verify.py dan kunci log.vkey dengan yang Anda peroleh lewat jalan lain.",
                "python verify.py . --key log.vkey checks every file, every entry and the checkpoint without network. First "
                "compare the SHA-256 of verify.py and the key log.vkey with those that you got another way.",
            ),
        )
        return Part(heading=self._("Memeriksa berkas ini", "Checking this pack"), says=says)
