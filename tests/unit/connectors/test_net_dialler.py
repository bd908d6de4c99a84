"""Which addresses the hub dials, however they are spelled."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from connectors.errors import Misconfigured
from connectors.net import NotReached, dialler, permitted

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.9", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::",
    "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "103.10.0.1", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
SPELLINGS = [
    "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]", "::1", "localhost", "0", "127.0.0.1.",
    "[::1]", "0x7f000001", "017700000001", "127.000.000.001", "[0:0:0:0:0:ffff:7f00:1]", "①②⑦.⓪.⓪.①",
]  # fmt: skip


def _found(*addresses: str) -> list[tuple[object, ...]]:
    families = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in addresses]
    return [(f, socket.SOCK_STREAM, 6, "", (one, 80)) for f, one in zip(families, addresses, strict=True)]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_inner_address_is_permitted(address: str) -> None:
    """A manifest cannot make the hub talk to its own machine, its network or a cloud's metadata, in any IP form."""
    assert not permitted(ipaddress.ip_address(address), [])


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_permitted(address: str) -> None:
    """Portals on the public internet work without any setting, also behind NAT64."""
    assert permitted(ipaddress.ip_address(address), [])


def test_operator_opens_a_network_and_no_other() -> None:
    """SATUPINTU_ALLOW_NETWORKS opens exactly the networks it names, also in their IPv4-mapped form."""
    allow = [ipaddress.ip_network("10.1.0.0/16")]
    assert permitted(ipaddress.ip_address("10.1.2.3"), allow)
    assert permitted(ipaddress.ip_address("::ffff:10.1.2.3"), allow)
    assert not permitted(ipaddress.ip_address("10.2.0.1"), allow)


@pytest.mark.parametrize("host", SPELLINGS)
def test_odd_spellings_of_loopback_reach_nothing(host: str) -> None:
    """Whatever the system's resolver makes of an odd host is judged; no connection is tried."""

    def connect(*_: object) -> socket.socket:
        pytest.fail("a connection was tried")

    with pytest.raises((Misconfigured, NotReached)):
        dialler([], connect=connect)(host, 80)


@pytest.mark.parametrize("host", ["", "a b", "a\0b", "a/b", "user@host", "\udcff", "a" * 70 + ".id", "x\nHost: y"])
def test_hosts_that_are_none_say_so(host: str) -> None:
    """A host that cannot be one is the manifest's mistake or unknown, never a crash."""
    with pytest.raises((Misconfigured, NotReached)):
        dialler([])(host, 80)


def test_name_is_resolved_once_and_the_judged_address_is_dialled() -> None:
    """A name that changes its address between check and use (DNS rebinding) gains nothing."""
    answers = [_found("8.8.8.8"), _found("127.0.0.1")]
    dialled: list[object] = []

    def connect(found: tuple[object, ...], _: float) -> socket.socket:
        dialled.append(found[4])
        return socket.socket()

    dialler([], resolve=lambda *_: answers.pop(0), connect=connect)("portal.example", 80).close()
    assert dialled == [("8.8.8.8", 80)]
    assert len(answers) == 1


def test_inner_address_among_public_ones_is_never_dialled() -> None:
    """A name with a public and an inner address is reached at the public one only, even when that one is down."""
    dialled: list[object] = []

    def connect(found: tuple[object, ...], _: float) -> socket.socket:
        dialled.append(found[4])
        raise ConnectionRefusedError

    with pytest.raises(NotReached, match="does not accept") as caught:
        dialler([], resolve=lambda *_: _found("10.0.0.1", "8.8.8.8", "::1"), connect=connect)("portal.example", 80)
    assert dialled == [("8.8.8.8", 80)]
    assert (caught.value.code, caught.value.sent) == ("connect", False)


def test_refusal_says_who_can_change_it() -> None:
    """Regional staff read which setting opens a network and that the hub's operator holds it."""
    with pytest.raises(Misconfigured, match="SATUPINTU_ALLOW_NETWORKS") as caught:
        dialler([])("127.0.0.1", 80)
    assert caught.value.code == "address_refused"


def test_failures_are_told_apart() -> None:
    """No name, no answer in time and no open port have codes of their own; in each nothing was sent."""

    def unknown(*_: object) -> list[tuple[object, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    def late(*_: object) -> socket.socket:
        raise TimeoutError

    with pytest.raises(NotReached) as caught:
        dialler([], resolve=unknown)("nirgends.example", 80)
    assert caught.value.code == "dns"
    with pytest.raises(NotReached) as caught:
        dialler([], resolve=lambda *_: _found("8.8.8.8"), connect=late)("portal.example", 80)
    assert caught.value.code == "connect_timeout"


def test_real_loopback_is_reached_when_allowed() -> None:
    """With 127.0.0.0/8 allowed the sandbox is reached, and localhost does not fail because of its IPv6 twin."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        dial = dialler([ipaddress.ip_network("127.0.0.0/8")])
        dial("localhost", server.getsockname()[1], 5.0).close()
