"""The only way out: a host is resolved once, its addresses are judged, and one of the judged addresses is dialled."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from connectors.errors import Misconfigured, Unavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Found = tuple[int, int, int, str, tuple[Any, ...]]
"""One answer of getaddrinfo: family, type, protocol, canonical name, socket address."""

TRIES = 4
_HINT = (
    "Only public addresses may be reached; whoever runs the hub can add a private network"
    " to SATUPINTU_ALLOW_NETWORKS (the owner of a manifest cannot)."
)
WEB = frozenset({80, 443, 8080, 8443})
MAIL = frozenset({25, 143, 465, 587, 993})
"""Ports on which a public host may be dialled for HTTP and for mail: no manifest makes the hub talk to anything else."""
_PORT_HINT = (
    "Whoever runs the hub can add a port to SATUPINTU_ALLOW_PORTS; in the networks of SATUPINTU_ALLOW_NETWORKS every"
    " port may be reached."
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NEVER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    # Ranges that some Python versions call global although nothing public is there (IANA special-purpose registries).
    for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


class NotReached(Unavailable):
    """The host could not be reached; nothing was sent, so nothing was done."""

    code = "connect"
    sent = False


class Dial(Protocol):
    """A connected socket to a judged address of the host."""

    def __call__(self, host: str, port: int, timeout: float = 30.0) -> socket.socket:
        """`timeout` in seconds over all addresses; raises NotReached or Misconfigured."""


Connect = Callable[[Found, float], socket.socket]


def permitted(address: Address, allow: Sequence[Network]) -> bool:
    """Whether an address may be dialled: it is in an allowed network, or public and no disguise of one that is not."""
    inner = _embedded(address)
    if inner is not None:
        return permitted(inner, allow)
    if _opened(address, allow):
        return True
    if (
        address.is_multicast
        or not address.is_global
        or any(address in n for n in _NEVER if n.version == address.version)
    ):
        return False
    return address.version == 4 or address in _GLOBAL_V6


def _opened(address: Address, allow: Sequence[Network]) -> bool:
    """Whether it lies in a network that the operator named."""
    address = _embedded(address) or address
    return any(address in network for network in allow if network.version == address.version)


def dialler(
    allow: Sequence[Network],
    *,
    ports: Collection[int] | None = None,
    resolve: Callable[..., Sequence[Any]] = socket.getaddrinfo,
    connect: Connect | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Dial:
    """
    The `dial` of a hub. What the resolver answers is what is judged, so no spelling of a host matters.

    `ports`: those on which a public address may be dialled; None is all. What lies in `allow` may be dialled on any.
    """
    join = connect or _connect

    def dial(host: str, port: int, timeout: float = 30.0) -> socket.socket:
        deadline = monotonic() + timeout
        failure = NotReached(f"{host} has no address.", code="dns")
        good = _judged(host, _resolved(resolve, host, port), allow)
        if ports is not None and port not in ports:
            good = _on_any_port(host, port, good, allow)
        for found in good[:TRIES]:
            try:
                return join(found, max(deadline - monotonic(), 0.001))
            except TimeoutError:
                failure = NotReached(f"{host} did not answer in time.", code="connect_timeout")
            except OSError:
                failure = NotReached(f"{host} does not accept connections.", code="connect")
        raise failure

    return dial


def _resolved(resolve: Callable[..., Sequence[Any]], host: str, port: int) -> Sequence[Found]:
    if not host or any(sign in host for sign in "\0 \t\r\n/\\@?#") or not 0 < port < 65536:
        raise Misconfigured("The address has no usable host and port.", hint="Correct the manifest.", code="bad_host")
    try:
        return resolve(host.removeprefix("[").removesuffix("]"), port, 0, socket.SOCK_STREAM)
    except UnicodeError:
        raise Misconfigured("The host is not a valid name.", hint="Correct the manifest.", code="bad_host") from None
    except TimeoutError:
        raise NotReached(f"The name of {host} was not found in time.", code="dns") from None
    except OSError:
        raise NotReached(f"The name {host} could not be found.", code="dns") from None


def _judged(host: str, found: Sequence[Found], allow: Sequence[Network]) -> list[Found]:
    good = [one for one in found if _is_permitted(one, allow)]
    if found and not good:
        raise Misconfigured(f"{host} is not a public address.", hint=_HINT, code="address_refused")
    return good


def _on_any_port(host: str, port: int, found: Sequence[Found], allow: Sequence[Network]) -> list[Found]:
    good = [one for one in found if (address := _address(one)) and _opened(address, allow)]
    if found and not good:
        raise Misconfigured(f"{host} may not be reached on port {port}.", hint=_PORT_HINT, code="port_refused")
    return good


def _is_permitted(found: Found, allow: Sequence[Network]) -> bool:
    address = _address(found)
    return address is not None and permitted(address, allow)


def _address(found: Found) -> Address | None:
    """What a socket would really be connected to; None where that cannot be said."""
    if found[0] not in (socket.AF_INET, socket.AF_INET6):
        return None
    try:
        return ipaddress.ip_address(str(found[4][0]).partition("%")[0])
    except ValueError:
        return None


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that really answers behind an IPv4-mapped (RFC 4291) or NAT64 (RFC 6052) address."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _connect(found: Found, timeout: float) -> socket.socket:
    family, kind, proto, _, where = found
    sock = socket.socket(family, kind or socket.SOCK_STREAM, proto)
    try:
        sock.settimeout(timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect(where)
    except BaseException:
        sock.close()
        raise
    return sock
