"""A table read by its key in one snapshot: what is asked of the server, what its rows become, what is remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from connectors import dates, sql_values, strictjson, zones
from connectors.base import Attachment, Item, Page, Position, Window
from connectors.databases import Column, Line
from connectors.errors import Misconfigured
from connectors.listing import getter, moments
from connectors.paths import Failed

TEXT_MOST: Final = 256 * 1024
"""Bytes of one text that are fetched."""
FILE_MOST: Final = 10 * 1024 * 1024
"""Bytes of one file in a column that are fetched."""
PAGE_MOST: Final = 25 * 1024 * 1024
"""Bytes of files after which a page is closed."""
LINES_MOST: Final = 10_000
"""Rows joined to one page."""
_SHORT: Final = 64
_LONG_AGO: Final = "1971-01-01 00:00:00"
"""Stamps before it are none: 0000-00-00, zeros, the beginning of UNIX time."""

Narrow = tuple[Sequence[str], list[Any]]
"""Conditions that all hold, and their values in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a manifest asks for; see connectors.kinds.sql."""

    table: str
    columns: Sequence[str]
    ref: str
    where: Mapping[str, Any]
    joined: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, str]
    changed: str | None
    zone: str
    created: str | None
    mend: bool
    reread: int
    size: int
    look_back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is selected of one table: how it is written, and what stands in an answer's row, in order."""

    select: str
    forms: Mapping[str, Column]
    places: Sequence[tuple[str, bool]]
    """Column, and whether this is its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: values by column, and the length of those that can be long."""

    values: dict[str, Any]
    sizes: Mapping[str, int | None]


def pages(wanted: Wanted, line: Line, window: Window, start: Position) -> Iterator[Page]:
    """The rows of the snapshot that `line` has begun, from behind `start`; raises ChannelError."""
    yield from _Reading(wanted, line, window).walk(start)


def condition(line: Line, where: Mapping[str, Any]) -> Narrow:
    """`where` of a manifest as SQL. Values go as text, which every column type reads: 0 would be the first of an ENUM."""
    parts, values = list[str](), list[Any]()
    for name, wanted in where.items():
        some = wanted if isinstance(wanted, list) else [wanted]
        told = [_text(one) for one in some if one is not None]
        either = [f"{line.quoted(name)} IN ({_places(told)})"] if told else []
        either += [f"{line.quoted(name)} IS NULL"] if None in some else []
        parts.append(f"({' OR '.join(either)})")
        values += told
    return parts, values


class _Reading:
    """One pass."""

    def __init__(self, wanted: Wanted, line: Line, window: Window) -> None:
        self.wanted, self.line, self.window = wanted, line, window
        self.table, self.key = line.quoted(wanted.table), line.quoted(wanted.ref)
        more = [wanted.changed, *(one.get("by") for one in wanted.joined.values())]
        self.taken = self._taken(wanted.table, [wanted.ref, *wanted.columns, *(name for name in more if name)])
        self.beside = {
            name: self._taken(one["table"], [one["key"], *one["columns"], *([one["ref"]] if "ref" in one else [])])
            for name, one in wanted.joined.items()
        }

    def walk(self, start: Position) -> Iterator[Page]:
        """Pages of rows; a page is closed early where its files are heavy."""
        narrow, after, done = self._narrow(), start.get("after"), int(start.get("done", 0))
        total, mark = done + self._count(narrow, after), dict(start.get("mark") or self._marks())
        while True:
            found = self._rows(narrow, after)
            some, more = found[: self.wanted.size], len(found) > self.wanted.size
            items = list(self._items(some))
            if items:
                after, more = some[len(items) - 1].values[self.wanted.ref], more or len(items) < len(some)
            done += len(items)
            mark |= self._newest(mark, items)
            yield Page(items=items, end=not more, total=total, next={"after": after, "done": done, "mark": mark})
            if not more:
                return

    # what is asked --------------------------------------------------------------------------------------------------

    def _taken(self, table: str, names: Sequence[str]) -> Taken:
        """How the columns are selected; of what can be long the length stands beside it, and too long a value is NULL."""
        names = list(dict.fromkeys(names))
        quoted = [self.line.quoted(name) for name in names]
        found = self.line.ask(f"SELECT {', '.join(quoted)} FROM {self.line.quoted(table)} LIMIT 0").columns
        forms, select, places = dict(zip(names, found, strict=True)), list[str](), list[tuple[str, bool]]()
        for name, one in zip(names, quoted, strict=True):
            places.append((name, False))
            if not forms[name].long:
                select.append(one)
                continue
            length = (
                f"OCTET_LENGTH({one})"
                if forms[name].form != "other"
                else f"OCTET_LENGTH(CAST({one} AS {self.line.text}))"
            )
            most = _SHORT if forms[name].form == "binary" else TEXT_MOST
            select += [f"CASE WHEN {length} <= {most} THEN {one} END", length]
            places.append((name, True))
        return Taken(select=", ".join(select), forms=forms, places=places)

    def _narrow(self) -> Narrow:
        """What is asked for: all of it, or what may be new since the mark."""
        parts, values = condition(self.line, self.wanted.where)
        since, mark = self._since(), self.window.after
        either, told = list[str](), list[Any]()
        if self.wanted.changed and since is not None:
            column = self.line.quoted(self.wanted.changed)
            either += [f"{column} >= %s", f"{column} IS NULL", f"{column} < %s"]
            told += [self._moment(since), self._moment(None)]
        elif not self.wanted.changed and self.window.since is not None and self._goes_on(mark.get("id")):
            either.append(f"{self.key} > %s")
            told.append(mark["id"] - self.wanted.reread)
        if not either:
            return parts, values
        for name, one in self.wanted.joined.items():
            if isinstance(last := mark.get("joined", {}).get(name), int):
                by, key = self.line.quoted(one.get("by", self.wanted.ref)), self.line.quoted(one["key"])
                table, ref = self.line.quoted(one["table"]), self.line.quoted(one["ref"])
                either.append(f"{by} IN (SELECT {key} FROM {table} WHERE {ref} > %s AND {key} IS NOT NULL)")
                told.append(last - self.wanted.reread)
        return [*parts, f"({' OR '.join(either)})"], [*values, *told]

    def _goes_on(self, last: Any) -> bool:
        """Whether keys are whole numbers that still grow: a table that was emptied and filled again is read from its start."""
        return isinstance(last, int) and self._highest(self.wanted.table, self.wanted.ref) >= last

    def _since(self) -> datetime | None:
        """Never later than the portal's own newest stamp minus look_back; its clock may be slow."""
        if self.window.since is None or self.window.asked:
            return self.window.since
        newest = self.window.after.get("newest")
        if not newest:
            return None  # no stamp could be read so far, so none can be relied on
        return min(self.window.since, datetime.fromisoformat(newest) - _span(self.wanted.look_back))

    def _moment(self, when: datetime | None) -> str:
        """A moment as the column has it; whole days, because a date has no more. None: the oldest that is believed."""
        form = self.taken.forms[self.wanted.changed or ""].form
        if form not in ("stamp", "number"):
            raise Misconfigured(
                "changed is a column of text, which has no order in time.",
                hint="Take changed out: the table is then read by its key, with sweep for what has changed.",
                code="changed_not_ordered",
                indonesian="kolom changed berisi teks, jadi tidak dapat diurutkan menurut waktu; hapus changed dan pakai sweep.",
            )
        if form == "number":
            return str(int(when.timestamp())) if when else "31536000"
        if when is None:
            return _LONG_AGO
        here = when.astimezone(zones.zone(self.wanted.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        return here.strftime("%Y-%m-%d %H:%M:%S")

    def _count(self, narrow: Narrow, after: Any) -> int:
        """How many rows are still to come by the server's own count; raises Misconfigured where the key is none."""
        where, values = self._where(narrow, after)
        sql = f"SELECT COUNT(*), COUNT(DISTINCT {self.key}) FROM {self.table}{where}"
        count, distinct = map(int, self.line.ask(sql, values).rows[0])
        if distinct < count:
            raise Misconfigured(
                "ref is no key: it is empty in some rows or stands in several.",
                hint="Name the primary key, or have a view made that has one.",
                code="not_a_key",
                indonesian="ref bukan kunci: kosong atau sama pada beberapa baris. Tulis kolom kunci utama (primary key).",
            )
        return count

    def _rows(self, narrow: Narrow, after: Any) -> list[Row]:
        where, values = self._where(narrow, after)
        sql = f"SELECT {self.taken.select} FROM {self.table}{where} ORDER BY {self.key} LIMIT {self.wanted.size + 1}"
        return [_row(self.taken, found) for found in self.line.ask(sql, values).rows]

    def _where(self, narrow: Narrow, after: Any) -> tuple[str, list[Any]]:
        parts, values = [*narrow[0]], [*narrow[1]]
        if after is not None:
            parts.append(f"{self.key} > %s")
            values.append(after)
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), values

    # what rows become -----------------------------------------------------------------------------------------------

    def _items(self, some: Sequence[Row]) -> Iterator[Item]:
        beside, weight = {name: self._joined(name, some) for name in self.wanted.joined}, 0
        for row in some:
            item = self._item(row, beside)
            yield item
            weight += sum(len(one.content or b"") for one in item.attachments)
            if weight > PAGE_MOST:
                return

    def _joined(self, name: str, some: Sequence[Row]) -> Mapping[str, list[dict[str, Any]]]:
        """What another table holds for these rows, by what it is joined by."""
        one, taken = self.wanted.joined[name], self.beside[name]
        wanted = {row.values[one.get("by", self.wanted.ref)] for row in some} - {None}
        if not wanted:
            return {}
        narrow, told = condition(self.line, one.get("where", {}))
        key, order = self.line.quoted(one["key"]), self.line.quoted(one.get("ref", one["key"]))
        where = " AND ".join([f"{key} IN ({_places(wanted)})", *narrow])
        table = self.line.quoted(one["table"])
        sql = f"SELECT {taken.select} FROM {table} WHERE {where} ORDER BY {order} LIMIT {LINES_MOST}"
        found: dict[str, list[dict[str, Any]]] = {}
        for row in (_row(taken, values) for values in self.line.ask(sql, [*map(_text, wanted), *told]).rows):
            held = {column: self._plain(row.values[column]) for column in one["columns"]}
            found.setdefault(_alike(row.values[one["key"]]), []).append(held)
        return found

    def _item(self, row: Row, beside: Mapping[str, Mapping[str, list[dict[str, Any]]]]) -> Item:
        payload, files, long = dict[str, Any](), list[Attachment](), False
        for name in dict.fromkeys((self.wanted.ref, *self.wanted.columns)):
            size = row.sizes.get(name) or 0
            if self.taken.forms[name].form == "binary":
                value = self._held(row, name, size)
                payload[name] = self._plain(value) if value is not None or not size else {"size": size}
                kept = sql_values.file(name, value) or (_absent(name, size) if value is None and size else None)
                files += [kept] if kept else []
            else:
                payload[name] = self._plain(row.values[name])
                long = long or size > TEXT_MOST
        payload |= {
            f"{name}_url": sql_values.address(base, payload[name])
            for name, base in self.wanted.files.items()
            if isinstance(payload[name], str)
        }
        for name, one in self.wanted.joined.items():
            held = beside[name].get(_alike(row.values[one.get("by", self.wanted.ref)]), [])
            payload[name] = held if one.get("many") else (held[0] if held else None)
        raw, ref = sql_values.written(payload), strictjson.ref_text(payload[self.wanted.ref])
        if long or ref is None:
            return Item(ref=ref, raw=raw, payload=None, trouble="too_large" if long else "bad_ref")
        return Item(
            ref=ref, raw=raw, payload=payload, stamp=self._stamp(row), created=self._created(payload), attachments=files
        )

    def _held(self, row: Row, name: str, size: int) -> Any:
        """The bytes of a column; long ones are fetched one by one."""
        if not _SHORT < size <= FILE_MOST:
            return row.values[name]
        sql = f"SELECT {self.line.quoted(name)} FROM {self.table} WHERE {self.key} = %s"
        return self.line.ask(sql, (row.values[self.wanted.ref],)).rows[0][0]

    def _plain(self, value: Any) -> Any:
        return sql_values.plain(value, mend=self.wanted.mend)

    def _stamp(self, row: Row) -> datetime | None:
        if not self.wanted.changed:
            return None
        value = row.values[self.wanted.changed]
        return self._read_stamp(value) if value not in (None, 0) else None

    @cached_property
    def _read_stamp(self) -> Any:
        number = self.taken.forms[self.wanted.changed or ""].form == "number"
        return moments({"format": "unix" if number else "iso", "zone": self.wanted.zone})

    @cached_property
    def _made(self) -> Any:
        return getter(self.wanted.created) if self.wanted.created else lambda _: None

    def _created(self, payload: Mapping[str, Any]) -> str | None:
        try:
            value = self._made(payload)
        except Failed:
            return None
        return None if value is None else json.dumps(value, sort_keys=True)

    # what is remembered ---------------------------------------------------------------------------------------------

    def _marks(self) -> dict[str, Any]:
        """The highest keys as they are now, of the table itself and of those joined to it that have one."""
        mark: dict[str, Any] = {"joined": {}}
        if self.taken.forms[self.wanted.ref].form == "number":
            mark["id"] = self._highest(self.wanted.table, self.wanted.ref)
        for name, one in self.wanted.joined.items():
            if "ref" in one and self.beside[name].forms[one["ref"]].form == "number":
                mark["joined"][name] = self._highest(one["table"], one["ref"])
        return mark

    def _highest(self, table: str, column: str) -> int:
        found = self.line.ask(f"SELECT MAX({self.line.quoted(column)}) FROM {self.line.quoted(table)}").rows[0][0]
        return int(found or 0)

    def _newest(self, mark: Mapping[str, Any], items: Sequence[Item]) -> dict[str, Any]:
        """The newest stamp that is not ahead of us, also of the readings before."""
        before = mark.get("newest") or self.window.past.get("newest")
        told = [one.stamp for one in items if one.stamp and one.stamp <= self.window.until]
        told += [datetime.fromisoformat(before)] if before else []
        return {"newest": max(told).isoformat()} if told else {}


def _row(taken: Taken, found: Sequence[Any]) -> Row:
    values, sizes = dict[str, Any](), dict[str, int | None]()
    for (name, length), value in zip(taken.places, found, strict=True):
        if length:
            sizes[name] = value
        else:
            values[name] = value
    return Row(values=values, sizes=sizes)


def _text(value: Any) -> Any:
    return value if isinstance(value, bytes) else str(int(value)) if isinstance(value, bool) else str(value)


def _alike(value: Any) -> str:
    """A key as two tables may write it: a number here, text there, padded or in capitals."""
    return (value.hex() if isinstance(value, bytes) else str(value)).strip().casefold()


def _places(values: Any) -> str:
    return ", ".join(["%s"] * len(values))


def _absent(name: str, size: int) -> Attachment:
    """A file that is too large to fetch is listed all the same, so that its absence shows."""
    return Attachment(name=name, media_type="application/octet-stream", size=size)


def _span(text: str) -> timedelta:
    try:
        return dates.duration(text)
    except ValueError:
        raise Misconfigured("look_back is no span of time.", hint="Write for example 1d or 12h.") from None
