"""Small things that want to become big: what each makes of one process, run as `python -m tests.security.bombs`."""

from __future__ import annotations

import ctypes
import io
import json
import os
import resource
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from connectors import dates, listing, paths, stamps, strictjson, yaml_file
from connectors.errors import ChannelError
from connectors.http import HttpClient
from connectors.limited import Child, GaveUp
from connectors.mail import Parser
from connectors.mime import Unreadable
from connectors.values import Dropped, Wrong
from tests.security.books import BOOKS

MIB: Final = 1024 * 1024
PAGE: Final = 25 * MIB
"""The longest answer that is read at all."""
REASONS: Final = (
    ChannelError,
    GaveUp,
    Unreadable,
    dates.Unreadable,
    strictjson.BadJson,
    paths.BadPath,
    paths.Failed,
    Dropped,
    Wrong,
)


def fill(begin: bytes, unit: bytes, end: bytes = b"", size: int = PAGE) -> bytes:
    """`begin`, as many units as fit, and `end`."""
    return begin + unit * ((size - len(begin) - len(end)) // len(unit)) + end


def ready(body: Callable[[], bytes]) -> bytes:
    """The bytes; what it cost to make them does not count."""
    data = body()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    BEGUN[:] = [_seconds()]
    return data


BEGUN: Final = [0.0]


# JSON: a page of a portal as the kind `rest` takes it apart -------------------------------------------------------------


def page(body: Callable[[], bytes], items: str = "data") -> Callable[[], Any]:
    """Read the page and every item of it, and keep the items, as a pull does."""

    def read() -> str:
        return f"{len(listing.reader(items=items, ref='id')(ready(body)).items)} items"

    return read


JSON: Final[dict[str, Callable[[], bytes]]] = {
    "open brackets": lambda: fill(b'{"data":', b"["),
    "brackets in brackets": lambda: b'{"data":' + b"[" * (PAGE // 2 - 8) + b"]" * (PAGE // 2 - 8) + b"}",
    "objects in objects": lambda: b'{"data":[' + b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_000 + b"]}",
    "empty lists": lambda: fill(b'{"data":[', b"[],", b"[]]}"),
    "empty objects": lambda: fill(b'{"data":[', b"{},", b"{}]}"),
    "empty texts": lambda: fill(b'{"data":[', b'"",', b'""]}'),
    "digits": lambda: fill(b'{"data":[', b"7,", b"7]}"),
    "floats": lambda: fill(b'{"data":[', b"1.5,", b"1.5]}"),
    "one number": lambda: fill(b'{"data":[{"id":', b"7", b"}]}"),
    "many long numbers": lambda: fill(b'{"data":[{"id":1,"n":[', b"9" * 4299 + b",", b"1]}]}"),
    "one exponent": lambda: b'{"data":[{"id":1e999999999999}]}',
    "one key doubled": lambda: fill(b'{"data":[{"id":1,', b'"a":1,', b'"a":1}]}'),
    "many keys": lambda: b'{"data":[{' + b",".join(b'"%d":1' % n for n in range(2_200_000)) + b"}]}",
    "empty lists in an item": lambda: fill(b'{"data":[{"id":1,"x":[', b"[],", b"[]]}]}"),
    "empty objects beside": lambda: fill(b'{"data":[{"id":1}],"x":[', b"{},", b"{}]}"),
    "escapes": lambda: fill(b'{"data":[{"id":1,"x":"', b"\\u0000", b'"}]}'),
    "quotes": lambda: fill(b'{"data":[{"id":1,"x":"', b'\\"', b'"}]}'),
    "backslashes": lambda: fill(b'{"data":[{"id":1,"x":"', b"\\"),
    "open quotes": lambda: fill(b'{"data":[{"id":1,"x":"', b'\\"'),
    "open quotes and a backslash": lambda: fill(b'{"data":[{"id":1,"x":"', b'\\"', b"\\"),
    "rows": lambda: b'{"data":[' + b",".join(b'{"id":%d}' % n for n in range(99_000)) + b"]}",
    "broken rows": lambda: b'{"data":[' + b",".join([b'{"id":1,"id":1}'] * 99_000) + b"]}",
    "commas": lambda: fill(b'{"data":[', b","),
    "blanks": lambda: fill(b'{"data":[', b" ", b"]}"),
    "not a number": lambda: b'{"data":[{"id":NaN}]}',
}


# HTTP: what a server sends --------------------------------------------------------------------------------------------


def packed(size: int, rounds: int = 1, wbits: int = 31) -> bytes:
    """Zeros, packed."""
    whole = b"\0" * MIB
    for _ in range(rounds):
        pack = zlib.compressobj(1, zlib.DEFLATED, wbits)
        whole = b"".join([*(pack.compress(whole) for _ in range(size // MIB if whole[0] == 0 else 1)), pack.flush()])
    return whole


def answered(body: Callable[[], bytes], *heads: str, chunk: int = 0) -> Callable[[], Any]:
    """One GET to a server of this process that sends these bytes."""

    def ask() -> str:
        import ipaddress
        import socket
        import threading

        from connectors.net import dialler

        content = ready(body)
        with socket.create_server(("127.0.0.1", 0)) as server:

            def serve() -> None:
                while True:
                    try:
                        one = server.accept()[0]
                        one.recv(65536)
                        one.sendall("\r\n".join(["HTTP/1.1 200 OK", *heads, "", ""]).encode() if heads else b"")
                        for _ in range(chunk or 1):
                            one.sendall(content)
                        one.close()
                    except OSError:
                        return

            threading.Thread(target=serve, daemon=True).start()
            dial = dialler([ipaddress.ip_network("127.0.0.0/8")])
            http = HttpClient(dial, lambda text, _: text, lambda: datetime.now(UTC), lambda _: None)
            port = server.getsockname()[1]
            return f"{len(http.raw('GET', f'http://127.0.0.1:{port}/').body)} bytes"

    return ask


HTTP: Final[dict[str, Callable[[], Any]]] = {
    "gzip": answered(lambda: packed(256 * MIB), "Content-Encoding: gzip", "Connection: close"),
    "deflate": answered(lambda: packed(256 * MIB, wbits=15), "Content-Encoding: deflate", "Connection: close"),
    "gzip in gzip": answered(lambda: packed(256 * MIB, 2), "Content-Encoding: gzip, gzip", "Connection: close"),
    "gzip x 40": answered(lambda: packed(MIB, 3), f"Content-Encoding: {', '.join(['gzip'] * 40)}", "Connection: close"),
    "endless body": answered(lambda: b"\0" * MIB, "Content-Type: text/plain", "Connection: close", chunk=4096),
    "endless headers": answered(lambda: b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000_000, chunk=4),
    "one header": answered(lambda: b"HTTP/1.1 200 OK\r\nX: " + b"y" * MIB, chunk=100),
    "chunks of one": answered(
        lambda: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 400_000
    ),
    "chunk extension": answered(lambda: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * (64 * MIB)),
}


# archives, sheets, XML: in the limited child -----------------------------------------------------------------------------


def zipped(*files: tuple[str, int, bytes]) -> bytes:
    """A ZIP of (name, times, unit)."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, times, unit in files:
            with archive.open(name, "w", force_zip64=True) as file:
                for _ in range(times):
                    file.write(unit)
    return whole.getvalue()


def lying() -> bytes:
    """A ZIP whose member says that it holds ten bytes."""
    data = zipped(("a", 200, b"\0" * MIB))
    at = data.rindex(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<I", 10) + data[at + 28 :]


def overlapping(copies: int) -> bytes:
    """One packed member that the directory names many times (as in 'A better zip bomb', Fifield 2019)."""
    data = zipped(("a", 90, b"\0" * MIB))
    at = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entry = data[at:end]
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, copies, copies, len(entry) * copies, at, 0)
    return data[:at] + entry * copies + tail


def sheet(xml: bytes, times: int = 1) -> bytes:
    """An XLSX, as far as it matters."""
    return zipped(("[Content_Types].xml", 1, b"<Types/>"), ("xl/worksheets/sheet1.xml", times, xml))


LAUGHS: Final = b"<!DOCTYPE l [<!ENTITY a0 'ha'>%s]><l>&a30;</l>" % b"".join(
    b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 31)
)
QUADRATIC: Final = b"<!DOCTYPE l [<!ENTITY a '%s'>]><l>%s</l>" % (b"x" * 100_000, b"&a;" * 100_000)
EXTERNAL: Final = b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>'
DTD: Final = b'<!DOCTYPE l SYSTEM "http://127.0.0.1:1/x.dtd"><l/>'


def child(function: str, body: Callable[[], bytes]) -> Callable[[], Any]:
    """The task in a limited child; the peak is that of both processes."""

    def run() -> str:
        one = Child(f"connectors.{function}" if ":" in function else f"connectors.archives:{function}")
        try:
            value, parts = one(ready(body))
            return f"{value if value is None else len(value)} {sum(map(len, parts))}"
        finally:
            one.close()

    return run


CHILD: Final[dict[str, Callable[[], Any]]] = {
    "zip: one member": child("unzipped", lambda: zipped(("a", 200, b"\0" * MIB))),
    "zip: ratio": child("unzipped", lambda: zipped(("a", 90, b"\0" * MIB))),
    "zip: members": child("unzipped", lambda: zipped(*((f"{n}", 1, b"x") for n in range(20_000)))),
    "zip: lying": child("unzipped", lying),
    "zip: overlapping": child("unzipped", lambda: overlapping(1000)),
    "zip: folders of its own": child("unzipped", lambda: zipped(("../../etc/cron.d/x", 1, b"x"))),
    "zip: zip in zip": child("unzipped", lambda: zipped(("a.zip", 1, zipped(("b", 150, b"\0" * MIB))))),
    "xlsx: big sheet": child("unzipped", lambda: sheet(b"<row><c/></row>" * 70_000, 120)),
    "gzip: stream": child("gunzipped", lambda: packed(256 * MIB)),
    "xml: billion laughs": child("xml", lambda: LAUGHS),
    "xml: quadratic": child("xml", lambda: QUADRATIC),
    "xml: external": child("xml", lambda: EXTERNAL),
    "xml: dtd": child("xml", lambda: DTD),
    "xml: deep": child("xml", lambda: b"<a>" * 2_000_000),
    "xml: wide": child("xml", lambda: b"<a>" + b"<b/>" * 5_000_000 + b"</a>"),
    "xml: attributes": child("xml", lambda: b"<a %s/>" % b" ".join(b'a%d="1"' % n for n in range(1_500_000))),
    "xml: one token": child("xml", lambda: b"<a b='" + b"x" * (20 * MIB)),
    "xml: text": child("xml", lambda: b"<a>" + b"&#65;" * (4 * MIB) + b"</a>"),
}


# mail -------------------------------------------------------------------------------------------------------------------


def mail(body: Callable[[], bytes]) -> Callable[[], Any]:
    def run() -> str:
        with Parser() as parser:
            return f"{len(parser(ready(body)).payload['text'])} characters"

    return run


def _nested(depth: int) -> bytes:
    heads = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return b"From: a@b.id\r\n" + heads


MAIL: Final[dict[str, Callable[[], Any]]] = {
    "mail: nested": mail(lambda: _nested(5_000)),
    "mail: parts": mail(lambda: b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 500_000),
    "mail: headers": mail(lambda: b"X: y\r\n" * 2_000_000 + b"\r\nx"),
    "mail: one header": mail(lambda: b"Subject: " + b"=?utf-8?q?a?= " * 1_500_000 + b"\r\n\r\nx"),
    "mail: comments": mail(lambda: b"To: " + b"(" * 60_000 + b"\r\n\r\nx"),
    "mail: encoded words": mail(lambda: b"Subject: " + b"=?x?q?" * 10_000 + b"\r\n\r\nx"),
    "mail: html tags": mail(lambda: b"Content-Type: text/html\r\n\r\n" + b"<div><table>" * 1_000_000),
    "mail: html open": mail(lambda: b"Content-Type: text/html\r\n\r\n" + b"<a " * 4_000_000),
    "mail: html comments": mail(lambda: b"Content-Type: text/html\r\n\r\n" + b"<!--" * 3_000_000),
    "mail: html entities": mail(lambda: b"Content-Type: text/html\r\n\r\n" + b"&lt;" * 4_000_000),
    "mail: html cdata": mail(lambda: b"Content-Type: text/html\r\n\r\n" + b"<![CDATA[" * 2_000_000),
    "mail: html script": mail(lambda: b"Content-Type: text/html\r\n\r\n" + b"<script></script " * 1_000_000),
    "mail: lines": mail(lambda: b"Subject: x\r\n\r\n" + b"\n" * (20 * MIB)),
    "mail: boundary": mail(
        lambda: b"Content-Type: multipart/mixed\r\n\r\n" + b"--" + b"-" * (10 * MIB) + b"\r\n--" * 1_000_000
    ),
}


# what staff of a region write -------------------------------------------------------------------------------------------


def found(expression: str, item: Any) -> Callable[[], Any]:
    def run() -> str:
        return f"{len(json.dumps(paths.getter(expression)(item)))} characters"

    return run


def manifest(text: str) -> Callable[[], Any]:
    def run() -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.yaml")
            path.write_text(text)
            return f"{len(yaml_file.read(path).value)} keys"

    return run


def stamped(form: str, text: str) -> Callable[[], Any]:
    def run() -> str:
        return f"{stamps.reader(form, 'Asia/Jakarta')(text)}"

    return run


_LIST: Final = {"a": [{"b": [list(range(50))] * 20}] * 20, "t": "x" * 100_000}
STAFF: Final[dict[str, Callable[[], Any]]] = {
    "jmespath: brackets": found("[" * 1000, _LIST),
    "jmespath: deep": found("a" + "[0]" * 330, _LIST),
    "jmespath: nots": found("!" * 1000 + "a", _LIST),
    "jmespath: pipes": found("a" + "|@" * 500, _LIST),
    "jmespath: doubling": found("@" + "|[@,@]" * 30, _LIST),
    "jmespath: quoting": found("to_string([to_string([to_string([to_string([to_string([t,t]),t]),t]),t]),t])", _LIST),
    "jmespath: flattening": found("a[].b[].[@,@,@,@][].[@,@,@,@][]", _LIST),
    "jmespath: joining": found("join(t, map(&t, a))", _LIST),
    "jmespath: sorting": found("sort_by(a[].b[][], &@)", _LIST),
    "jmespath: long": found("a" * 100_000, _LIST),
    "yaml: laughs": manifest(
        "a0: &a0 [x,x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20))
    ),
    "yaml: deep": manifest("[" * 100_000),
    "yaml: dashes": manifest("- " * 100_000),
    "yaml: big": manifest("a: b\n" * 1_000_000),
    "format: every sign": stamped("%d%m%y%H%M%S%f%j%U%w%u", "1" * 100_000),
    "format: blanks": stamped("%Y %m %d", " " * 100_000),
}


def bombs() -> dict[str, Callable[[], Any]]:
    """Every bomb by its name."""
    json_bombs = {f"json: {name}": page(body) for name, body in JSON.items()}
    strict = {f"registry: {name}": _strict(body) for name, body in JSON.items()}
    http = {f"http: {name}": run for name, run in HTTP.items()}
    books = {
        f"book: {name}": child("tables:answer", lambda body=body: b"{}\n" + body()) for name, body in BOOKS.items()
    }  # type: ignore[misc]
    return json_bombs | strict | http | CHILD | books | MAIL | STAFF


def _strict(body: Callable[[], bytes]) -> Callable[[], Any]:
    """The answer of a registry or a door, read as one value."""

    def run() -> str:
        return f"{type(strictjson.parse(ready(body))).__name__}"

    return run


# one bomb, one process --------------------------------------------------------------------------------------------------


def measured(run: Callable[[], Any]) -> dict[str, Any]:
    """What it said, processor seconds with those of children, and the highest memory in MiB of any one process."""
    Path("/proc/self/clear_refs").write_text("5")
    BEGUN[:] = [_seconds()]
    try:
        said, refused = str(run()), False
    except REASONS as error:
        said, refused = f"{type(error).__name__}: {getattr(error, 'code', '') or error}", True
    except RecursionError:
        said, refused = "RecursionError", False
    own = int(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line).split()[1])
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {"said": said[:200], "refused": refused, "seconds": _seconds() - BEGUN[0], "mib": max(own, children) / 1024}


def _seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main(wanted: list[str]) -> None:
    """Each bomb in a fork of its own, so that none inherits another's memory; a line of JSON each."""
    for name, run in bombs().items():
        if wanted and not any(name.startswith(one) for one in wanted):
            continue
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
            try:
                os.write(write, json.dumps(measured(run)).encode())
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            told = pipe.read()
        os.waitpid(pid, 0)
        dead = {"said": "died", "refused": False, "seconds": 99.0, "mib": 9999}
        print(json.dumps({"name": name, **(json.loads(told) if told else dead)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
