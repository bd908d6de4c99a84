"""What LAPOR! v3 tells about a complaint: logs with HTML, placeholders, JSON in strings and times without a zone."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from hub.model import Change
from hub.registry.asking import MOST_PAGES, endless, next_page, not_a_list, short_list
from hub.registry.plaintext import bare, harmless, tidy

_ZONE: Final = ZoneInfo("Asia/Jakarta")  # a national system: its stamps are WIB, whatever the region
_LAST: Final = datetime.max.replace(tzinfo=_ZONE)
_FORMS: Final = ("%d-%m-%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d-%m-%Y %H:%M")
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([a-z_]{1,40})\s*\}\}")
_BY: Final = {"sistem": "system", "admin": "admin", "pelapor": "reporter", "instansi": "agency"}


def pages(read: Callable[[str], Any], first: str, *, whole: bool = False) -> Iterator[list[dict[str, Any]]]:
    """
    The rows of all pages, each page address once, at most 200 of them, never to another host.

    Raises Unavailable where the listing does not end as it should, after what it did show: page_loop (a page leads back
    to one already read), short_list (fewer rows than its own total), foreign_page. `whole`: the list is only good from
    end to end, so a page without rows in `results.data` (no_list) is an error as well.
    """
    url: str | None = first
    seen: set[str] = set()
    shown: set[str] = set()
    total: Any = None
    while url is not None and url not in seen:
        if len(seen) == MOST_PAGES:
            raise endless()
        seen.add(url)
        results = _dict(_dict(read(url)).get("results"))
        if whole and not isinstance(results.get("data"), list):
            raise not_a_list()
        rows, total = _rows(results.get("data")), results.get("total")
        shown |= {json.dumps(row.get("id", row), sort_keys=True) for row in rows}
        yield rows
        url = next_page(url, results.get("next_page_url"))
    counted = isinstance(total, int) and not isinstance(total, bool)
    if counted and len(shown) < total:
        raise short_list()
    if url is not None and not counted:
        raise endless()


def changes(
    results: Mapping[str, Any],
    followups: Sequence[Mapping[str, Any]],
    *,
    base: str = "",
    is_status: Callable[[str], bool] = lambda name: False,
) -> list[Change]:
    """
    All that is known about one complaint, oldest first; what has no readable stamp comes last, as given.

    `base`: the registry's address, against which those of attachments are read; `is_status`: whether a word is a status
    of its table.
    """
    data = _dict(results.get("data"))
    logs = _upwards(_rows(results.get("data_logs")), str(data.get("status_name") or ""))
    found = [change for log in logs if (change := _log(log))]
    found += _lines(data, found, is_status)
    found.sort(key=lambda change: change.at or _LAST)
    found += _current(data, found)
    answers = {str(row.get("id")): row for row in followups}
    said = [_answer(row, base) for row in answers.values()]
    found += [*_words(logs, {_flat(one.text) for one in said}), *said]
    return sorted(found, key=lambda change: change.at or _LAST)


def _upwards(logs: list[dict[str, Any]], current: str) -> list[dict[str, Any]]:
    """Oldest first, as far as whole seconds can tell; a list that begins with the present state is upside down."""
    names = [name for log in logs if (name := _inside(log).get("status_new"))]
    down = len(names) > 1 and names[0] == current != names[-1]
    return sorted(reversed(logs) if down else logs, key=lambda log: stamped(log.get("date")) or _LAST)


def _log(log: Mapping[str, Any]) -> Change | None:
    inside = _inside(log)
    new, there = inside.get("status_new"), _institution(log, inside, "to")
    if not new and not there:
        return None
    return Change(
        what="status" if new else "disposition",
        name=str(new or ""),
        text=plain(str(log.get("content") or ""), {**inside, **log}),
        stamp=str(log.get("date") or ""),
        at=stamped(log.get("date")),
        by=_by(str(new)) if new else "admin",
        from_institution=_institution(log, inside, "from"),
        to_institution=there,
    )


def _lines(data: Mapping[str, Any], found: Sequence[Change], is_status: Callable[[str], bool]) -> Iterator[Change]:
    """Statuses that only the status log tells: a line whose note is a status word, or whose data name one."""
    told = Counter(change.name.casefold() for change in found if change.what == "status")
    for line in _rows(data.get("status_logs")):
        note = plain(str(line.get("note") or ""), {})
        name = str(_inside(line).get("status_new") or (note if is_status(note) else ""))
        if not name or stamped(line.get("timestamp")) is None:
            continue
        if told[name.casefold()] > 0:
            told[name.casefold()] -= 1
            continue
        stamp = str(line.get("timestamp"))
        yield Change(what="status", name=name, text=note, stamp=stamp, at=stamped(stamp), by=_by(name))


def _words(logs: Sequence[Mapping[str, Any]], answers: Collection[str]) -> Iterator[Change]:
    """What an institution says in a log that is neither status nor disposition; not where its answer stands apart."""
    for log in logs:
        inside = _inside(log)
        sender, text = _institution(log, inside, "from"), plain(str(log.get("content") or ""), {**inside, **log})
        if _log(log) is not None or not sender or not text or _flat(text) in answers:
            continue
        stamp = str(log.get("date") or "")
        yield Change(what="follow_up", text=text, stamp=stamp, at=stamped(stamp), by="agency", from_institution=sender)


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def _current(data: Mapping[str, Any], found: Sequence[Change]) -> list[Change]:
    """
    The present status where the logs do not end with it; it is as old as the youngest line of the status log.

    A line no younger than what is known tells of something else: then nobody knows since when.
    """
    name = str(data.get("status_name") or "")
    known = [change for change in found if change.what == "status"]
    last = known[-1].name if known else ""
    if not name or name in {change.name for change in known if change.at == known[-1].at}:
        return []
    lines = [(stamped(line.get("timestamp")), line) for line in _rows(data.get("status_logs"))]
    at, line = max(((at, line) for at, line in lines if at), key=lambda pair: pair[0], default=(None, {}))
    if at and known and known[-1].at and at <= known[-1].at:
        at, line = None, {}
    text = plain(str(line.get("note") or ""), {"status_new": name, "status_old": last})
    return [Change(what="status", name=name, text=text, stamp=str(line.get("timestamp") or ""), at=at, by=_by(name))]


def _answer(row: Mapping[str, Any], base: str) -> Change:
    return Change(
        what="follow_up",
        text=plain(str(row.get("content") or ""), row),
        stamp=str(row.get("created_at") or ""),
        at=stamped(row.get("created_at")),
        by="agency" if _institution(row, row, "from") else None,
        from_institution=_institution(row, row, "from"),
        to_institution=_institution(row, row, "to"),
        foreign_id=str(row["id"]) if row.get("id") is not None else None,
        files=tuple(_file(one, base) for one in _rows(row.get("attachments"))),
    )


def _file(one: Mapping[str, Any], base: str) -> tuple[str, str]:
    """Name and address of an attachment; no address where it is none of the web, and never what stands behind its `?`."""
    path, name = str(one.get("path") or ""), str(one.get("file_name") or "")
    try:
        parts = urlsplit(urljoin(f"{base}/", path) if path else "")
    except ValueError:
        parts = urlsplit("")
    web = parts.scheme in ("http", "https") and "@" not in parts.netloc
    ending = str(one.get("extension") or "")
    return name or parts.path.rpartition("/")[2] or f"lampiran.{ending}".rstrip("."), (
        f"{parts.scheme}://{parts.netloc}{parts.path}" if web else ""
    )


def _inside(log: Mapping[str, Any]) -> dict[str, Any]:
    """The log's `data`: a JSON string, or already an object; anything else is nothing."""
    data = log.get("data")
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError):
            return {}
    return _dict(data)


def _institution(log: Mapping[str, Any], inside: Mapping[str, Any], end: str) -> str | None:
    """The registry's number of the institution at this end, its name where there is no number."""
    whole = _dict(log.get(f"institution_{end}"))
    keys = (f"institution_{end}_id", f"institution_{end}_name")
    known = [
        whole.get("id"),
        log.get(keys[0]),
        inside.get(keys[0]),
        whole.get("name"),
        log.get(keys[1]),
        inside.get(keys[1]),
    ]
    return next((str(value) for value in known if value), None)


def _by(status: str) -> str | None:
    """Who closed it, where the status says so ("Ditutup oleh Sistem"): a timer is not a person."""
    words = status.lower().rpartition(" oleh ")[2].split()
    return _BY.get(words[0]) if " oleh " in status.lower() and words else None


def stamped(text: Any) -> datetime | None:
    """A stamp of the registry, d-m-Y H:i:s without a zone, as a time in Asia/Jakarta; None where it is unreadable."""
    for form in _FORMS:
        try:
            return datetime.strptime(str(text).strip(), form).replace(tzinfo=_ZONE)
        except ValueError:
            continue
    return None


def plain(text: str, values: Mapping[str, Any]) -> str:
    """Plain text of an HTML log with its {{placeholders}} filled; one that nothing fills disappears."""
    return tidy(_PLACEHOLDER.sub(lambda found: _filling(found[1], values), bare(text)))


def _filling(name: str, values: Mapping[str, Any]) -> str:
    if name == "institution":
        return _filling("institution_from", values)
    value = values.get(f"{name}_name") or values.get(name)
    value = value.get("name") if isinstance(value, Mapping) else value
    return harmless(str(value)) if isinstance(value, str | int) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
