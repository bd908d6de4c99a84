"""Nobody who types or sends an address makes the hub talk to its own machine or network: every spelling through every door."""

from __future__ import annotations

import ipaddress
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from requests_hardened.ip_filter import InvalidIPAddress, get_ip_address

from connectors import sftp, smtp
from connectors.base import Context, Reply, Window
from connectors.errors import ChannelError, Misconfigured
from connectors.http import HttpClient
from connectors.kinds.imap import Imap
from connectors.kinds.sheet import BEYOND
from connectors.kinds.webhook import Webhook
from connectors.links import address
from connectors.mariadb import Mariadb
from connectors.net import MAIL, WEB, Dial, dialler, permitted
from connectors.postgres import Postgres
from connectors.values import Dropped, Setting, Wrong
from tests.channels.fakes.web import Web, serve
from tests.security.spellings import NAMES, REFERENCES, hosts

NOW = datetime(2026, 12, 1, tzinfo=UTC)
PORTAL = "8.8.4.4"
ANYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
REPLY = Reply(ref="1", text="Sudah.", status="", message_id="", payload={"id": "0811"})
MAIL_TO_SEND = EmailMessage()
MAIL_TO_SEND["From"], MAIL_TO_SEND["To"] = "aduan@contoh.go.id", "warga@contoh.id"


@dataclass(slots=True)
class World:
    """A network without a cable: a listener that counts who reaches it, and a portal that may redirect."""

    canary: socket.socket
    portal: Web
    reached: list[str] = field(default_factory=list)
    """Every inner address that was connected to."""
    counted: int = 0
    """Connections that the listener itself took."""
    where: str = "/"
    """Where the portal redirects to."""
    speaks: bool = True
    """False: nobody listens at the portal's address."""

    @property
    def port(self) -> int:
        return int(self.canary.getsockname()[1])

    def connect(self, found: Any, timeout: float) -> socket.socket:
        """What the dialler was let do: the portal's address leads to the portal, loopback to the listener, nothing else."""
        one = ipaddress.ip_address(str(found[4][0]).partition("%")[0])
        if str(one) == PORTAL and self.speaks:
            host, _, port = self.portal.url.removeprefix("http://").partition(":")
            return socket.create_connection((host, int(port)), timeout)
        plain = getattr(one, "ipv4_mapped", None) or one
        if not plain.is_global or plain.is_multicast:
            self.reached.append(str(one))
        if plain.is_loopback and plain.version == 4:
            return socket.create_connection((str(plain), self.port), timeout)
        raise ConnectionRefusedError

    def dial(self, allow: Any = (), resolve: Callable[..., Any] | None = None) -> Dial:
        return dialler(allow, resolve=resolve or resolved, connect=self.connect)


def resolved(host: str, port: int, family: int = 0, kind: int = 0) -> Any:
    """As the system does, with a table instead of the network: the C library reads numbers, the table names."""
    name = host.encode("idna").decode().lower().rstrip(".")
    flags = 0 if name in NAMES else socket.AI_NUMERICHOST
    return socket.getaddrinfo(NAMES.get(name, host), port, family, kind, 0, flags | socket.AI_NUMERICHOST)


@pytest.fixture
def world() -> Iterator[World]:
    with socket.create_server(("127.0.0.1", 0)) as canary, _portal() as portal:
        one = World(canary, portal)
        portal.answer = lambda _: (302, {"Location": one.where}, b"")
        threading.Thread(target=_count, args=(one,), daemon=True).start()
        yield one


@contextmanager
def _portal() -> Iterator[Web]:
    with serve(lambda _: (200, {}, b"{}")) as portal:
        yield portal


def _count(world: World) -> None:
    with suppress(OSError):
        while True:
            world.canary.accept()[0].close()
            world.counted += 1


def client(dial: Dial) -> HttpClient:
    return HttpClient(dial, lambda text, _: text, lambda: NOW, lambda _: None, timeout=2.0)


def first(world: World, dial: Dial, host: str) -> None:
    """The address that a manifest names."""
    client(dial).send("GET", host if "{port}" in host else f"http://{host}:{world.port}/")


def redirect(world: World, dial: Dial, host: str) -> None:
    """Where a portal sends us on."""
    url = f"http://{host}:{world.port}/"
    world.where = "".join(sign for sign in url if sign not in "\r\n\0").encode().decode("latin-1")
    client(dial).send("GET", "http://portal.example/")


def attachment(world: World, dial: Dial, host: str) -> None:
    """The address of a file as a citizen's complaint names it."""
    url = address(Setting(base="http://portal.example/api"))(f"http://{host}:{world.port}/foto.jpg")
    client(dial).send("GET", url, verbatim=True)


def mailbox(world: World, dial: Dial, host: str) -> None:
    """The mail server of a manifest."""
    bare = host.removeprefix("[").removesuffix("]")
    list(
        Imap(host=bare, user="u", password="p", port=world.port, tls="none").pages(
            context(dial), Window(since=None, until=NOW)
        )
    )


def sending(world: World, dial: Dial, host: str) -> None:
    """The server by which answers leave."""
    smtp.send(context(dial), {"host": host, "port": world.port, "tls": "none"}, MAIL_TO_SEND)


def folder(world: World, dial: Dial, host: str) -> None:
    """The SFTP server of a manifest."""
    server = {"host": _bare(host), "port": world.port, "user": "u", "password": "p", "host_key": "ssh-ed25519 AAAA"}
    with sftp.opened(context(dial), server):
        pass


def database(world: World, dial: Dial, host: str) -> None:
    """The portal's database of a manifest, of either make."""
    for make in (Mariadb, Postgres):
        with suppress(ChannelError):
            make(context(dial), host=_bare(host), port=world.port, database="d", user="u", password="p", tls=False)


def beyond(world: World, dial: Dial, host: str) -> None:
    """Where Google sends us on with a sheet, which may lie elsewhere than it was asked for."""
    url = f"http://{host}:{world.port}/"
    world.where = "".join(sign for sign in url if sign not in "\r\n\0").encode().decode("latin-1")
    client(dial).send("GET", "http://portal.example/", beyond=BEYOND)


def callback(world: World, dial: Dial, host: str) -> None:
    """The gateway to which answers of pushed messages are handed."""
    one = Webhook(
        unsigned=True, preset="", reply_by={"url": f"http://{host}:{world.port}/", "body": {"t": "{text}"}, "to": "id"}
    )
    one.reply(context(dial), REPLY)


def _bare(host: str) -> str:
    return host.removeprefix("[").removesuffix("]")


def context(dial: Dial) -> Context:
    return Context(http=client(dial), dial=dial, secret=lambda text, _: text, clock=lambda: NOW)


DOORS = (first, redirect, attachment, mailbox, sending, folder, database, beyond, callback)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_no_spelling_of_an_inner_address_is_reached(world: World, door: Any) -> None:
    """Over 500 spellings of inner addresses through each of nine doors: no connection to any of them is even tried."""
    spelled = hosts()
    assert len(spelled) >= 500
    for host in spelled:
        with suppress(ChannelError, Dropped, Wrong):
            door(world, world.dial(), host)
    assert (world.reached, world.counted) == ([], 0)


@pytest.mark.parametrize("door", [redirect, attachment, first], ids=lambda door: door.__name__)
def test_no_whole_address_leads_inside(world: World, door: Any) -> None:
    """Other schemes, relative and malformed references, as a Location, as a file's address or in a manifest."""
    for reference in REFERENCES:
        written = reference.replace("{port}", str(world.port))
        with suppress(ChannelError, Dropped, Wrong):
            if door is redirect:
                world.where = "".join(sign for sign in written if sign not in "\r\n")
                client(world.dial()).send("GET", "http://portal.example/")
            elif door is attachment:
                url = address(Setting(base="http://portal.example/api"))(written)
                client(world.dial()).send("GET", url, verbatim=True)
            else:
                client(world.dial()).send("GET", written)
    assert (world.reached, world.counted) == ([], 0)


def test_the_same_spellings_do_reach_the_listener_without_the_guard(world: World) -> None:
    """The counting is not asleep: with every network allowed, a good part of the spellings arrives."""
    for host in hosts():
        with suppress(ChannelError):
            first(world, world.dial(ANYWHERE), host)
    assert len(world.reached) > 150
    assert sum(one.startswith(("127.", "::ffff:127.")) for one in world.reached) > 30


@pytest.mark.parametrize("door", [mailbox, sending, folder, database, callback], ids=lambda door: door.__name__)
def test_each_door_does_dial_the_address_that_it_is_given(world: World, door: Any) -> None:
    """With every network allowed each of them arrives, so that it is the guard which keeps them out."""
    with suppress(ChannelError):
        door(world, world.dial(ANYWHERE), "127.0.0.1")
    assert world.reached


@pytest.mark.parametrize(
    "door", [first, attachment, mailbox, sending, folder, database], ids=lambda door: door.__name__
)
def test_a_name_that_changes_its_address_gains_nothing(world: World, door: Any) -> None:
    """DNS rebinding: public at one look and inner at the next, or both in one answer in any order, retries included."""
    chance, world.speaks = random.Random(7), door in (first, attachment)
    for _ in range(100):
        answers = [[PORTAL], ["127.0.0.1"], ["10.0.0.1", PORTAL], [PORTAL, "127.0.0.1", "::1"], ["::ffff:127.0.0.1"]]
        chance.shuffle(answers)

        def resolve(host: str, port: int, *_: Any, answers: list[list[str]] = answers) -> Any:
            found = answers[0]
            answers.append(answers.pop(0))
            return [one for text in found for one in socket.getaddrinfo(text, port, 0, socket.SOCK_STREAM)]

        with suppress(ChannelError):
            door(world, world.dial(resolve=resolve), "portal.example")
    assert (world.reached, world.counted) == ([], 0)
    assert bool(world.portal.asked) == world.speaks


def test_whatever_another_guard_refuses_is_refused_here_too() -> None:
    """requests-hardened's list as an oracle over 3,000 addresses of every special range; only NAT64 we judge more finely."""
    chance, nat64 = random.Random(11), ipaddress.ip_network("64:ff9b::/96")
    ranges = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "::/64", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    ]  # fmt: skip
    for text in ranges * 108:
        network = ipaddress.ip_network(text)
        one = network[chance.randrange(network.num_addresses)]
        try:
            get_ip_address(str(one), 80, allow_loopback=False)
        except InvalidIPAddress:
            assert not permitted(one, ()) or one in nat64, one


def test_a_public_host_is_reached_on_the_ports_of_its_protocol_only() -> None:
    """A manifest cannot use the hub to speak to databases, caches or other services of the world, nor mail by HTTP."""
    tried: list[Any] = []

    def connect(found: Any, _: float) -> socket.socket:
        tried.append(found[4][1])
        raise ConnectionRefusedError

    web = dialler((), ports=WEB, resolve=resolved, connect=connect)
    mail = dialler((), ports=MAIL | {2525}, resolve=resolved, connect=connect)
    for dial, wanted in ((web, {80, 443, 8080, 8443}), (mail, {25, 143, 465, 587, 993, 2525})):
        tried.clear()
        for port in (*range(1, 10_000, 7), *WEB, *MAIL, 2525, 3306, 5432, 6379, 9200, 11211, 27017):
            with suppress(ChannelError):
                dial("portal.example", port)
        assert set(tried) == wanted
    with pytest.raises(Misconfigured, match="port 6379") as caught:
        web("portal.example", 6379)
    assert caught.value.code == "port_refused" and "SATUPINTU_ALLOW_PORTS" in (caught.value.hint or "")
    opened = dialler([ipaddress.ip_network("10.1.0.0/16")], ports=WEB, connect=connect)
    tried.clear()
    with suppress(ChannelError):
        opened("10.1.2.3", 8069)
    assert tried == [8069]
