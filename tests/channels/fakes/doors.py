"""Every kind with its fake and a few complaints in it, so that one suite can open each door in the same way."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.base import Context, Push
from connectors.http import HttpClient
from connectors.kinds.files import Files
from connectors.kinds.imap import Imap
from connectors.kinds.meta import Meta
from connectors.kinds.open311 import Open311
from connectors.kinds.rest import Rest
from connectors.kinds.sheet import Sheet
from connectors.kinds.sql import Sql
from connectors.kinds.telegram import Telegram
from connectors.kinds.webhook import Webhook
from connectors.kinds.whatsapp import WhatsApp
from connectors.kinds.x import X
from connectors.net import dialler
from sandbox.open311 import City
from tests.channels.fakes import desk
from tests.channels.fakes import telegram as telegrams
from tests.channels.fakes.graph import Graph
from tests.channels.fakes.inbox import NOW, SECRETS, Box, context, signed
from tests.channels.fakes.mailbox import Box as Mails
from tests.channels.fakes.mailbox import imap
from tests.channels.fakes.mysql import Base, mysql
from tests.channels.fakes.portal import Portal
from tests.channels.fakes.web import Answer, Asked, json_page, serve

COUNT = 7
OURS = "106540352242922"
AT = NOW - timedelta(days=2)
STAMP = AT.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An open door: the kind, its context, and the refs of what is behind it."""

    channel: Any
    ctx: Context
    refs: frozenset[str]
    faults: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    """How its counterpart can be made to fail, by the code that the reading then ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """A kind that asks by HTTP: who answers, the kind at an address, and the refs that it gives."""

    answer: Callable[[], Callable[[Asked], Answer]]
    make: Callable[[str], Any]
    refs: frozenset[str]

    @contextmanager
    def opened(self, _: Path) -> Iterator[Open]:
        """With its honest counterpart."""
        with serve(self.answer()) as web:
            yield Open(channel=self.make(web.url), ctx=asking(), refs=self.refs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hears:
    """A kind to which is pushed: the kind, a right push with complaint number so and so, and its ref."""

    channel: Any
    push: Callable[[int], Push]
    ref: Callable[[int], str]

    @contextmanager
    def opened(self, _: Path) -> Iterator[Open]:
        """With an inbox of right pushes."""
        box = Box(kept=[replace(self.push(n), number=n) for n in range(1, COUNT + 1)])
        refs = frozenset(self.ref(n) for n in range(1, COUNT + 1))
        yield Open(channel=self.channel, ctx=context(box, NOW + timedelta(days=1)), refs=refs)


def asking(timeout: float = 20.0) -> Context:
    """Loopback, the secrets, and so much patience with one answer."""
    made = context()
    return replace(made, http=HttpClient(made.dial, made.secret, made.clock, lambda _: None, timeout=timeout))


# those that ask ------------------------------------------------------------------------------------------------------


def _portal() -> Callable[[Asked], Answer]:
    made = Portal(size=3)
    for number in range(COUNT):
        made.put(f"P-{number}", f"2026-11-29T02:{number:02}:00Z")
    return made.answer


def _mentions() -> Callable[[Asked], Answer]:
    posts = [{"id": str(9000 + n), "text": "Lampu mati", "author_id": "1", "created_at": STAMP} for n in range(COUNT)]

    def answer(asked: Asked) -> Answer:
        start = int(asked.query.get("pagination_token", "p0")[1:])
        since = int(asked.query.get("since_id", 0))
        newer = [one for one in reversed(posts) if int(one["id"]) > since]
        some = newer[start : start + 3]
        more = {"next_token": f"p{start + 3}"} if newer[start + 3 :] else {}
        page = {**({"data": some} if some else {}), "meta": {"result_count": len(some), **more}}
        return json_page(json.dumps(page).encode())

    return answer


def _rows() -> Callable[[Asked], Answer]:
    lines = ["No,Isi", *(f"{n},Lampu nomor {n} mati" for n in range(COUNT))]
    return lambda _: (200, {"Content-Type": "text/csv"}, "\r\n".join(lines).encode())


def _bot() -> Callable[[Asked], Answer]:
    made = telegrams.Telegram()
    for number in range(COUNT):
        made.write(number, "Jalan rusak")
    return made.answer


def _page() -> Callable[[Asked], Answer]:
    made, when = Graph(), AT.strftime("%Y-%m-%dT%H:%M:%S+0000")
    made.lists[f"/{OURS}/feed"] = [{"id": f"{OURS}_{n}", "created_time": when} for n in (1, 2, 3)]
    made.lists |= {f"/{OURS}_{n}/comments": [] for n in (2, 3)}
    made.lists[f"/{OURS}_1/comments"] = [
        {"id": f"1_{n}", "message": "Jalan rusak", "from": {"id": "77"}, "created_time": when} for n in range(COUNT)
    ]
    made.lists[f"/{OURS}/conversations"] = []

    def answer(asked: Asked) -> Answer:
        made.url = "http://" + asked.headers.get("Host", "") + "/v1"
        return made.answer(asked)

    return answer


def _city() -> Callable[[Asked], Answer]:
    made = City(key=SECRETS["TOKEN"])
    for number in range(COUNT):
        made.report(f"R-{number}", STAMP)
    return lambda asked: made.answer(asked.method, asked.path, asked.query, {})


def _rest(url: str) -> Rest:
    return Rest(
        url=f"{url}/api", items="data", ref="id", total="total", headers={"X-Api-Key": "${secret:TOKEN}"},
        page={"style": "number", "param": "page", "size_param": "limit", "size": 3},
    )  # fmt: skip


ASKS: Mapping[str, Asks] = {
    "rest": Asks(answer=_portal, make=_rest, refs=frozenset(f'"P-{n}"' for n in range(COUNT))),
    "x": Asks(
        answer=_mentions, refs=frozenset(f'"{9000 + n}"' for n in range(COUNT)),
        make=lambda url: X(url=url, token="${secret:TOKEN}", user_id="77", size=3),
    ),
    "sheet": Asks(
        answer=_rows, refs=frozenset(f'"{n}"' for n in range(COUNT)),
        make=lambda url: Sheet(url=f"{url}/${{secret:TOKEN}}/pub?output=csv", columns={"isi": "Isi"}, id="No"),
    ),
    "telegram": Asks(
        answer=_bot, refs=frozenset(f'"{n}/{501 + n}"' for n in range(COUNT)),
        make=lambda url: Telegram(url=url, token="${secret:TOKEN}"),
    ),
    "meta": Asks(
        answer=_page, refs=frozenset(f'"1_{n}"' for n in range(COUNT)),
        make=lambda url: Meta(url=f"{url}/v1", object="page", account_id=OURS, token="${secret:TOKEN}", mode="poll"),
    ),
    "open311": Asks(
        answer=_city, refs=frozenset(f'"R-{n}"' for n in range(COUNT)),
        make=lambda url: Open311(url=f"{url}/api/v2", from_="2026-11-20", key="${secret:TOKEN}"),
    ),
}  # fmt: skip


# those to which is pushed --------------------------------------------------------------------------------------------


def _signed(body: Any) -> Push:
    written = json.dumps(body).encode()
    heads = {name.replace("_", "-"): value for name, value in signed(written).items()}
    return Push(number=0, at=NOW, headers=heads, query={}, body=written)


def _whatsapp(number: int) -> Push:
    message = {"from": "6281200000001", "id": f"wamid.{number}", "timestamp": str(int(AT.timestamp())), "type": "text",
               "text": {"body": "Jalan rusak"}}  # fmt: skip
    value = {"metadata": {"phone_number_id": OURS}, "contacts": [], "messages": [message]}
    return _signed({"entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]})


def _comment(number: int) -> Push:
    value = {
        "item": "comment", "verb": "add", "comment_id": f"1_{number}", "post_id": f"{OURS}_1", "parent_id": f"{OURS}_1",
        "from": {"id": "77", "name": "Sri"}, "message": "Jalan rusak", "created_time": int(AT.timestamp()),
    }  # fmt: skip
    return _signed({"object": "page", "entry": [{"id": OURS, "changes": [{"field": "feed", "value": value}]}]})


def _update(number: int) -> Push:
    message = {"message_id": number, "date": int(AT.timestamp()), "chat": {"id": 5, "type": "private"},
               "from": {"id": 5, "is_bot": False, "first_name": "Sri"}, "text": "Jalan rusak"}  # fmt: skip
    body = json.dumps({"update_id": number, "message": message}).encode()
    heads = {"x-telegram-bot-api-secret-token": SECRETS["APP"]}
    return Push(number=0, at=NOW, headers=heads, query={}, body=body)


def _hooked(number: int) -> Push:
    body = json.dumps({"id": f"L-{number}", "dari": f"{number}", "teks": "Jalan rusak"}).encode()
    tag = hmac.new(SECRETS["APP"].encode(), body, hashlib.sha256).hexdigest()
    return Push(number=0, at=NOW, headers={"x-tanda": tag}, query={}, body=body)


_HMAC = {"by": "hmac", "secret": "${secret:APP}", "header": "X-Tanda"}
_SESSION = {"by": "dari", "text": "teks", "quiet": "10m", "most": "60m"}
HEARS: Mapping[str, Hears] = {
    "whatsapp": Hears(
        push=_whatsapp, ref=lambda n: f'"wamid.{n}"',
        channel=WhatsApp(
            url="http://127.0.0.1:9/v1", phone_number_id=OURS, token="${secret:TOKEN}", app_secret="${secret:APP}",
            verify_token="${secret:VERIFY}", media={"host": "127.0.0.1"},
        ),
    ),
    "meta pushed": Hears(
        push=_comment, ref=lambda n: f'"1_{n}"',
        channel=Meta(
            url="http://127.0.0.1:9/v1", object="page", account_id=OURS, token="${secret:TOKEN}",
            app_secret="${secret:APP}", verify_token="${secret:VERIFY}",
        ),
    ),
    "telegram pushed": Hears(
        push=_update, ref=lambda n: f'"5/{n}"',
        channel=Telegram(
            url="http://127.0.0.1:9", token="${secret:TOKEN}", mode="webhook", secret_token="${secret:APP}"
        ),
    ),
    "webhook": Hears(push=_hooked, ref=lambda n: f'"L-{n}"', channel=Webhook(signing=_HMAC, ref="id")),
    "webhook session": Hears(
        push=_hooked, ref=lambda n: f'"L-{n}"', channel=Webhook(signing=_HMAC, ref="id", session=_SESSION)
    ),
}  # fmt: skip


# those with a protocol of their own ----------------------------------------------------------------------------------


def _dialling() -> Context:
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])
    words = {"SANDI": Mails().password, "DB": Base().password}

    def secret(text: str, _: str) -> str:
        for name, value in words.items():
            text = text.replace(f"${{secret:{name}}}", value)
        return text

    return Context(http=None, dial=dial, secret=secret, clock=lambda: NOW, tls=ssl.create_default_context)  # type: ignore[arg-type]


@contextmanager
def _mailbox(_: Path) -> Iterator[Open]:
    def mail(number: int) -> bytes:
        head = f"From: Sri <sri@surat.example>\r\nSubject: Lampu\r\nMessage-ID: <m{number}@surat.example>\r\n"
        return head.encode() + b"\r\nLampu jalan mati.\r\n"

    with imap(Mails(mails={n: mail(n) for n in range(1, COUNT + 1)})) as box:
        yield Open(
            channel=Imap(host="127.0.0.1", port=box.port, tls="none", user="kanal", password="${secret:SANDI}"),
            ctx=_dialling(),
            refs=frozenset(f'"m{n}@surat.example"' for n in range(1, COUNT + 1)),
            faults={
                "another password": lambda: setattr(box, "password", "lain"),
                "cut": lambda: setattr(box, "cut_at", 3),
                "no folder": lambda: setattr(box, "folders", ()),
            },
        )


@contextmanager
def _database(_: Path) -> Iterator[Open]:
    with mysql(Base()) as base:
        base.run("CREATE TABLE aduan (id INTEGER PRIMARY KEY, isi TEXT)")
        base.run(*(f"INSERT INTO aduan VALUES ({n}, 'Jalan {n}')" for n in range(1, COUNT + 1)))
        yield Open(
            channel=Sql(
                system="mysql", host="127.0.0.1", port=base.port, tls="none", database="lapor", user="baca",
                password="${secret:DB}", table="aduan", columns=["isi"], ref="id", size=3,
            ),
            ctx=_dialling(),
            refs=frozenset(str(n) for n in range(1, COUNT + 1)),
            faults={
                "another password": lambda: setattr(base, "password", "lain"),
                "cut": lambda: setattr(base, "cut_at", len(base.asked) + 5),
                "flood": lambda: setattr(base, "flood", True),
                "no database there": lambda: setattr(base, "greeting", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            },
        )  # fmt: skip


@contextmanager
def _folder(home: Path) -> Iterator[Open]:
    inbox = home / "inbox" / "meja"
    half = COUNT // 2
    books = [desk.text([desk.row(n) for n in some]) for some in (range(half), range(half, COUNT))]
    for place, book in enumerate(books):
        desk.put(inbox, f"{place}.csv", book.encode(), AT.timestamp() + place)
    ctx = Context(http=None, dial=print, secret=str, clock=lambda: NOW, roots=(inbox.parent,))  # type: ignore[arg-type]
    yield Open(
        channel=Files(folder="meja", columns=desk.COLUMNS, id="No", zone="Asia/Makassar"),
        ctx=ctx,
        refs=frozenset(f'"{n}"' for n in range(COUNT)),
        faults={
            "cut": lambda: desk.put(inbox, "2.csv", books[0].encode()[:-9], AT.timestamp() + 9),
            "no table": lambda: desk.put(inbox, "2.csv", bytes(5000), AT.timestamp() + 9),
            "another head": lambda: desk.put(inbox, "2.csv", b"a,b\r\n1,2\r\n", AT.timestamp() + 9),
        },
    )


OPENED: Mapping[str, Callable[[Path], AbstractContextManager[Open]]] = {
    **{name: door.opened for name, door in ASKS.items()},
    **{name: door.opened for name, door in HEARS.items()},
    "imap": _mailbox,
    "sql": _database,
    "files": _folder,
}
