"""Files that other people made, through the connectors: how many become records, and that none is lost or breaks anything."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from connectors import rows, tables
from connectors.base import Context, Item
from connectors.build import channel
from connectors.errors import ChannelError
from connectors.limited import Child, GaveUp
from connectors.mail import Parser
from connectors.manifest import Manifest, load
from hub.shown_items import Shown, read

NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)
SLOW, LARGE = 2.0, 256
"""Seconds of CPU and MiB that a file may cost."""
_SECRET = "${secret:KUNCI}"  # a reference, which is never resolved here
_PUBLIC = {"is_confidential": {"const": False}}
_GRAPH = {"url": "http://127.0.0.1:9/v23.0", "token": _SECRET, "app_secret": _SECRET, "verify_token": _SECRET}
WAYS: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "email": (
        "imap",
        {"host": "127.0.0.1", "user": "a", "password": _SECRET, "folder": "INBOX", "tls": "none"},
        {"title": "subject", "body": "text", "reporter.name": "from.name", "reporter.email": "from.address"},
    ),
    "open311": (
        "open311",
        {"url": "http://127.0.0.1:9/open311/v2", "from": "2024-01-01"},
        {"body": "description || service_name", "location_text": "address", "latitude": "lat", "longitude": "long"},
    ),
    "json": ("webhook", {"unsigned": True, "ref": "id"}, {"body": "text"}),
    "whatsapp": (
        "whatsapp",
        {**_GRAPH, "phone_number_id": "1065403522", "media": {"host": "127.0.0.1"}},
        {"body": "said"},
    ),
    "telegram": ("telegram", {"url": "http://127.0.0.1:9", "token": _SECRET}, {"body": "said"}),
    "meta": (
        "meta",
        {**_GRAPH, "object": "page", "account_id": "1065403522", "take": ["comments", "messages"]},
        {"body": "said"},
    ),
    "x": ("x", {"url": "http://127.0.0.1:9", "token": _SECRET, "user_id": "1"}, {"body": "text"}),
}
"""Class of files -> kind, its `with`, and where the fields are."""
_ONLY = {"x": {"only": "length(referenced_tweets[?type=='retweeted'] || `[]`) == `0`"}}
"""Who merely repeats a post complains of nothing: counted, and no record."""


@dataclass(slots=True)
class Counts:
    """What became of the files of one class."""

    files: int = 0
    words: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Files that crashed, were too slow, or of which a row is missing."""
    slowest: float = 0.0

    def add(self, word: str, reason: str = "") -> None:
        """One item."""
        self.words[word] += 1
        if reason:
            self.reasons[reason] += 1


def main(corpus: Path) -> int:
    """Prints a table a class; 0 where nothing crashed, was too slow or went missing.

    Memory is counted by `_light`, where the process holds nothing but this.
    """
    found = {name: Counts() for name in ("email", "table", "json", "xml", "open311", *_MESSAGES)}
    left: Counter[str] = Counter()
    with TemporaryDirectory() as folder, closing(Parser()) as parser:
        for path in sorted(one for one in corpus.rglob("*") if one.is_file()):
            inside = path.relative_to(corpus)
            body = b"" if len(inside.parts) < 2 else path.read_bytes()
            name = sort(inside, body)
            if name:
                _one(found[name], name, path, body, Path(folder), parser)
            elif body:
                left[f"{inside.parts[0]}/*{inside.suffix.lower()}"] += 1
    _told(found, left)
    return int(any(one.wrong for one in found.values()))


_MESSAGES = ("whatsapp", "telegram", "meta", "x")
_NAMED: Mapping[str, str] = {
    "pywa": "whatsapp", "whatsapp": "whatsapp", "telegram": "telegram", "instagram": "meta", "facebook": "meta",
    "messenger": "meta", "meta": "meta", "tweepy": "x", "twitter": "x", "x": "x",
}  # fmt: skip


def sort(path: Path, body: bytes = b"") -> str | None:
    """The class of a file by its folder, then by what it holds and by its name; None for what no channel sends."""
    top, suffix = path.parts[0], path.suffix.lower()
    if len(path.parts) < 2 or top in ("apispecs", "map", "strings") or suffix in (".md", ".py", ".yml", ".yaml"):
        return None
    if top == "email" or suffix in (".eml", ".mbox"):
        return "email" if "expected" not in path.parts[1] and suffix not in (".xml", ".json") else None
    if top in _NAMED or top == "payloads":
        return payload(path, body)
    if top == "open311":
        return "open311" if suffix in (".json", ".xml") else None
    if suffix in (".json", ".xml"):
        return suffix[1:]
    return "table" if (suffix in tables.SUFFIXES and top != "json") or top in ("csv", "tables", "xlsx") else None


def payload(path: Path, body: bytes) -> str:
    """Whose payload it is: by what it says of itself, else by a word of its path, else somebody's JSON."""
    for kind, sign in (
        ("whatsapp", b'"whatsapp_business_account"'), ("meta", rb'"object"\s*:\s*"(?:page|instagram)"'),
        ("telegram", b'"update_id"'), ("x", b'"edit_history_tweet_ids"'),
    ):  # fmt: skip
        if re.search(sign, body):
            return kind
    found = re.split(r"[^a-z]+", str(path).lower())
    return next((kind for word, kind in _NAMED.items() if word in found), "json")


def messages(name: str, body: bytes) -> list[bytes]:
    """What a file holds for one call of a connector: the messages of an mbox, the answer inside a recorded exchange."""
    if name == "email" and body.startswith(b"From "):
        return _MBOX.split(body)
    if name in _MESSAGES:
        with suppress(ValueError, RecursionError):
            told = json.loads(body)
            answer = told.get("response") if isinstance(told, dict) and "request" in told else None
            return [body] if not isinstance(answer, dict) or "body" not in answer else [_answer(answer["body"])]
    return [body]


_MBOX = re.compile(rb"\r?\n\r?\n(?=From [^\r\n]+ \d{2}:\d{2}(?::\d{2})? [^\r\n]*\d{4}[^\r\n]*\r?\n[A-Za-z-]+:)")


def _answer(body: Any) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "surrogateescape")


def _one(counts: Counts, name: str, path: Path, body: bytes, folder: Path, parser: Parser) -> None:
    counts.files += 1
    for one in messages(name, body):
        _ended(counts, name, path, one, folder, parser)


def _ended(counts: Counts, name: str, path: Path, body: bytes, folder: Path, parser: Parser) -> None:
    began = _cpu(parser)
    try:
        if name == "table":
            _table(counts, path, body, folder)
        else:
            shown = _items(WAYS["open311" if name == "xml" else name], body, folder, parser)
            for item in shown:
                _count(counts, item)
            if not shown:
                counts.add("nothing said")
    except ChannelError as error:
        counts.add("quarantined", error.code)
    except Exception as error:  # noqa: BLE001  # to find these is what this is for
        counts.add("crashed")
        counts.wrong.append(f"{path.name}: {type(error).__name__}: {str(error)[:100]}")
    spent = _cpu(parser) - began
    counts.slowest = max(counts.slowest, spent)
    if spent > SLOW:
        counts.wrong.append(f"{path.name}: {spent:.1f} CPU-s")


def _cpu(parser: Parser) -> float:
    """Seconds of this process, of those it has ended, and of the one that reads mail after mail."""
    return time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime + _alive(parser.pid)


def _alive(pid: int | None) -> float:
    """Seconds that a process under way has used so far (proc(5)); 0 where the system does not tell."""
    with suppress(OSError):
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return int(told[11]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _items(
    way: tuple[str, Mapping[str, Any], Mapping[str, Any]], body: bytes, folder: Path, parser: Any
) -> list[Shown]:
    manifest = _manifest(folder, *way)
    ctx = _context(parser)
    found: Sequence[Item] = channel(manifest).sample(ctx, body)
    return list(read(manifest, found, NOW))


def _context(parser: Any) -> Context:
    def nobody(*_: Any, **__: Any) -> Any:
        raise AssertionError("a sample asks nobody")

    http: Any = type("Nobody", (), {"send": nobody, "abandon": nobody})()
    return Context(http=http, dial=nobody, secret=lambda text, _: text, clock=lambda: NOW, parse_mail=parser)


def _manifest(folder: Path, kind: str, options: Mapping[str, Any], fields: Mapping[str, Any]) -> Manifest:
    written = {
        "version": 1, "name": "kenyataan", "owner": "Contoh", "region": "35.15", "channel": "contoh", "kind": kind,
        "with": dict(options), "fields": {**fields, **_PUBLIC}, **_ONLY.get(kind, {}),
    }  # fmt: skip
    path = folder / "kenyataan.yaml"
    path.write_text(yaml.safe_dump(written), encoding="utf-8")
    return load(path)


def _count(counts: Counts, shown: Shown) -> None:
    payload = shown.payload if isinstance(shown.payload, dict) else {}
    if payload.get("auto"):
        counts.add("bounce" if payload["auto"] == "bounce" else "auto-reply")
    elif shown.result.document is not None and shown.result.wanted:
        counts.add("record")
    elif not shown.result.wanted:
        counts.add("not a complaint")
    else:
        counts.add(
            "quarantined", ", ".join(sorted({f"{one.path} {one.rule}".strip() for one in shown.result.problems}))
        )


# tables: read as a person would register them, and counted by other libraries -------------------------------------------


def _table(counts: Counts, path: Path, body: bytes, folder: Path) -> None:
    head = _head(body)
    if head is None:
        counts.add("empty file")
        return
    options, titles = head
    columns = list(dict.fromkeys(filter(None, map(rows.name, titles))))
    if not columns:
        counts.add("quarantined", "no header")
        return
    longest = max(columns, key=lambda one: len(str(one)))
    manifest = _manifest(folder, "files", {**options, "folder": "inbox/x", "columns": columns}, {"body": longest})
    found = list(read(manifest, channel(manifest).sample(_context(None), body), NOW))
    for shown in found:
        _count(counts, shown)
    there = _counted(path, body, options)
    if there is not None and there > len(found):  # cells that are merged over rows make more of them
        counts.wrong.append(f"{path.name}: {there} rows by another library, {len(found)} accounted for")


def _head(body: bytes) -> tuple[dict[str, Any], Sequence[Any]] | None:
    """Encoding and delimiter as a person would confirm them, and the titles; None where there is no row."""
    options: dict[str, Any] = {}
    if body[:4] not in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        options = {"encoding": _encoding(body)}
        line = next((one for one in _text(body, options["encoding"]).splitlines() if one.strip()), "")
        best = max((";", "\t", ",", "|"), key=line.count)
        options["delimiter"] = best if best in line else ","
    with closing(Child("connectors.tables:answer")) as child:
        try:
            _, (found,) = child(tables.packed(body, {"delimiter": ",", "encoding": "utf-8", "sheet": None, **options}))
        except GaveUp as error:
            raise ChannelError("The file cannot be read.", code=str(error).partition(":")[0]) from None
    filled = [one[1] for one in json.loads(found) if any(str(cell or "").strip() for cell in one[1])]
    return (options, filled[0]) if filled else None


def _text(body: bytes, encoding: str) -> str:
    try:
        return tables.decoded(body, encoding)
    except GaveUp as error:
        raise ChannelError("The file cannot be read.", code=str(error).partition(":")[0]) from None


def _encoding(body: bytes) -> str:
    for name in ("utf-8", "utf-16"):
        try:
            if name == "utf-8" or body[:2] in (b"\xff\xfe", b"\xfe\xff"):
                body.decode(name)
                return name
        except UnicodeDecodeError:
            continue
    return "windows-1252"


def _counted(path: Path, body: bytes, options: Mapping[str, Any]) -> int | None:
    """Rows behind the header that hold anything, by the standard library or by calamine alone; None where they cannot say."""
    if options:
        text = tables.SAYS.sub("", tables.decoded(body, options["encoding"]), count=1)
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=options["delimiter"])
        return _behind(list(lines))
    from python_calamine import CalamineError, load_workbook

    try:
        book = load_workbook(io.BytesIO(body))
        return max(_behind(book.get_sheet_by_name(one).to_python(skip_empty_area=False)) for one in book.sheet_names)
    except (CalamineError, ValueError, IndexError, OSError):
        return None


def _behind(found: Sequence[Sequence[Any]]) -> int:
    filled = [row for row in found if any(str(cell if cell is not None else "").strip() for cell in row)]
    return max(len(filled) - 1, 0)


# what is said -----------------------------------------------------------------------------------------------------------


def _told(found: Mapping[str, Counts], left: Mapping[str, int]) -> None:
    order = (
        "record",
        "bounce",
        "auto-reply",
        "not a complaint",
        "quarantined",
        "nothing said",
        "empty file",
        "crashed",
    )
    print(f"{'class':<10} {'files':>6} " + " ".join(f"{one:>15}" for one in order) + f" {'slowest CPU-s':>14}")
    for name, one in found.items():
        if one.files:
            print(
                f"{name:<10} {one.files:>6} "
                + " ".join(f"{one.words[word]:>15}" for word in order)
                + f" {one.slowest:>14.2f}"
            )
    for line in _lines(found):
        print(line)
    for what, count in sorted(left.items()):
        print(f"not tried: {count} of {what}: no channel sends these")


def _light() -> int:
    """Prints the peak of the largest process so far, this one or those it has ended; 0 where it stayed within bounds."""
    # not ru_maxrss of this process, which begins with what its parent had
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024
    print(f"peak memory of any process: {peak} MiB (at most {LARGE})")
    return int(peak > LARGE)


def _lines(found: Mapping[str, Counts]) -> Iterator[str]:
    for name, one in found.items():
        for reason, count in one.reasons.most_common(6):
            yield f"  {name}: {count} quarantined: {reason}"
        for line in one.wrong:
            yield f"  WRONG {name}: {line}"


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print("Say where the files are: make reality CORPUS=folder", file=sys.stderr)
        sys.exit(2)
    wrong = main(Path(sys.argv[1]))
    sys.exit(_light() or wrong)
