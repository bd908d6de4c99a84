"""Addresses that only the machine itself or its network should see, written in every way that somebody found useful."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

INNER: Final = (
    "127.0.0.1", "169.254.169.254", "10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1", "0.0.0.0", "127.8.9.10",
    "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255",
)  # fmt: skip
"""Loopback, a cloud's metadata, private, carrier's NAT, this host, protocol assignments, benchmarks, multicast, broadcast."""
CIRCLED: Final = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
FULL_WIDTH: Final = str.maketrans("0123456789.", "０１２３４５６７８９．")
BOLD: Final = str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
NAMES: Final = {
    "localhost": "127.0.0.1", "localhost.localdomain": "127.0.0.1", "localhost6": "::1", "ip6-localhost": "::1",
    "ip6-loopback": "::1", "a.localhost": "127.0.0.1", "127.0.0.1.nip.example": "127.0.0.1", "hub": "10.0.0.7",
    "metadata": "169.254.169.254", "metadata.google.internal": "169.254.169.254", "kubernetes.default.svc": "10.96.0.1",
    "inner.example": "192.168.1.1", "mapped.example": "::ffff:127.0.0.1", "nat64.example": "64:ff9b::7f00:1",
    "unique.example": "fd00::1", "link.example": "fe80::1", "zero.example": "0.0.0.0", "portal.example": "8.8.4.4",
}  # fmt: skip
"""What a resolver that somebody else runs may answer; portal.example alone is public."""


def _dots(address: str, *forms: str) -> str:
    return ".".join(format(int(part), form) for part, form in zip(address.split("."), forms, strict=True))


def _parts(address: str) -> tuple[int, int, int, int]:
    one, two, three, four = map(int, address.split("."))
    return one, two, three, four


def _v6(value: int) -> str:
    return str(ipaddress.IPv6Address(value))


FORMS: Final[tuple[Callable[[str], str], ...]] = (
    lambda a: a,
    lambda a: f"{a}.",
    lambda a: str(int(ipaddress.IPv4Address(a))),
    lambda a: str(int(ipaddress.IPv4Address(a)) + (1 << 32)),
    lambda a: hex(int(ipaddress.IPv4Address(a))),
    lambda a: f"0X{int(ipaddress.IPv4Address(a)):X}",
    lambda a: f"0x00000000{int(ipaddress.IPv4Address(a)):x}",
    lambda a: f"0{int(ipaddress.IPv4Address(a)):o}",
    lambda a: _dots(a, "#x", "#x", "#x", "#x"),
    lambda a: _dots(a, "04o", "04o", "04o", "04o"),
    lambda a: _dots(a, "010o", "#x", "d", "d"),
    lambda a: _dots(a, "#x", "d", "04o", "d"),
    lambda a: _dots(a, "03d", "03d", "03d", "03d"),
    lambda a: f"{_parts(a)[0]}.{_parts(a)[1]}.{_parts(a)[2] * 256 + _parts(a)[3]}",
    lambda a: f"{_parts(a)[0]}.{int(ipaddress.IPv4Address(a)) & 0xFFFFFF}",
    lambda a: f"0x{_parts(a)[0]:x}.{int(ipaddress.IPv4Address(a)) & 0xFFFFFF:#x}",
    lambda a: f"[::ffff:{a}]",
    lambda a: f"[{_v6((0xFFFF << 32) + int(ipaddress.IPv4Address(a)))}]",
    lambda a: f"[0:0:0:0:0:ffff:{a}]",
    lambda a: f"[0000:0000:0000:0000:0000:FFFF:{a}]",
    lambda a: f"[::{a}]",
    lambda a: f"[::ffff:0:{a}]",
    lambda a: f"[64:ff9b::{a}]",
    lambda a: f"[64:ff9b:1::{a}]",
    lambda a: f"[{_v6((0x2002 << 112) + (int(ipaddress.IPv4Address(a)) << 80))}]",
    lambda a: f"[{_v6((0x20010000 << 96) + (int(ipaddress.IPv4Address(a)) ^ 0xFFFFFFFF))}]",
    lambda a: f"[{_v6((0xFE80 << 112) + (0x5EFE << 32) + int(ipaddress.IPv4Address(a)))}]",
    lambda a: f"[::ffff:{a}%25lo]",
    lambda a: f"[::ffff:{a}%lo]",
    lambda a: a.translate(CIRCLED),
    lambda a: a.translate(FULL_WIDTH),
    lambda a: a.translate(BOLD),
    lambda a: a.replace(".", "。"),
    lambda a: a.replace(".", "%2e"),
    lambda a: "".join(f"%{ord(sign):02x}" for sign in a),
    lambda a: f"{a}%00.portal.example",
    lambda a: f"{a}\x00.portal.example",
    lambda a: f"{a}\t",
    lambda a: f"\r\n{a}",
    lambda a: f" {a}",
    lambda a: f"{a}\u200b",
    lambda a: f"portal.example@{a}",
    lambda a: f"portal.example:80@{a}",
    lambda a: f"portal.example%40{a}",
    lambda a: f"portal.example#@{a}",
    lambda a: f"portal.example?@{a}",
    lambda a: f"{a}\\@portal.example",
    lambda a: f"portal.example\\@{a}",
    lambda a: f"{a}:80@portal.example:80@{a}",
    lambda a: f"[{a}]",
)
OTHERS: Final = (
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "[::1%lo]", "[0000::0001]", "[fc00::1]", "[fd00:ec2::254]",
    "[fe80::1]", "[fe80::1%25eth0]", "[fec0::1]", "[ff02::1]", "[ff0e::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]",
    "[5f00::1]", "[2001::1]", "[2001:20::1]", "0", "00", "0x0", "0x7f.1", "127.1", "0177.1", "017700000001", "127.0.1",
    "LOCALHOST", "LocalHost", "localhost.", "localhost..", "ｌｏｃａｌｈｏｓｔ", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "localhost%00", "loc\u00adalhost",
    "192.88.99.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]",
    *(name for name in NAMES if name != "portal.example"),
)  # fmt: skip
REFERENCES: Final = (
    "//127.0.0.1:{port}/", "///127.0.0.1:{port}/", "/\\127.0.0.1:{port}/", "\\\\127.0.0.1:{port}\\", "http:127.0.0.1:{port}",
    "http:/127.0.0.1:{port}/", "http:///127.0.0.1:{port}/", "http:\\\\127.0.0.1:{port}/", "hTTp://127.0.0.1:{port}/",
    "http://portal.example:80\\@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\.portal.example/", "//0:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "//localhost:{port}", "\thttp://127.0.0.1:{port}/", "ht\ntp://127.0.0.1:{port}/",
    "file:///etc/passwd", "gopher://127.0.0.1:{port}/_x", "ftp://127.0.0.1:{port}/", "dict://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/", "jar:http://127.0.0.1:{port}!/", "unix:///var/run/docker.sock", "ldap://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@portal.example", "http://127.0.0.1:{port}?.portal.example", "http://127.0.0.1:0{port}/",
)  # fmt: skip
"""Whole addresses, for where a portal or a manifest writes one; {port} is the listener's."""


def hosts() -> list[str]:
    """Every spelling once, and those of a list by path (SSRF_SPELLINGS, one a line) where there is one."""
    return list(dict.fromkeys([*(form(address) for address in INNER for form in FORMS), *OTHERS, *_listed()]))


def _listed() -> Iterator[str]:
    path = os.environ.get("SSRF_SPELLINGS")
    for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines() if path else ():
        host = line.strip().rpartition("://")[2].partition("/")[0]
        if host:
            yield host
