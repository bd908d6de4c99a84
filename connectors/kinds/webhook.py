"""Webhook: whatever pushes to us, signed or with a shared secret: portals, form makers, WhatsApp gateways."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from connectors import bodies, dates, gateways, paths, phones, pushes, sessions, signing, strictjson, talks, zones
from connectors.base import Attachment, Context, Item, Page, Position, Push, Recall, Reply, Window, kind
from connectors.errors import Misconfigured, Refused
from connectors.sessions import Said

_WORDS: Final = "urn:satupintu:schema:manifest:1#/$defs/"
_PATH: Final = {"$ref": f"{_WORDS}expression"}
_TEXTS: Final = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string", "maxLength": 2000}}
_HOME: Final = "Asia/Jakarta"
LONGEST: Final = 4096
_UNNUMBERED: Final = "-"
"""Stands for the number of a message whose gateway gives none."""


@kind("webhook")
@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One address of ours; the fields are the keys of `with`."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {
        "type": "object", "additionalProperties": False,
        "oneOf": [{"required": ["signing"]}, {"required": ["unsigned"]}],
        "x-id": "tulis signing, atau unsigned: true bila kanal sama sekali tidak dapat menandatangani",
        "x-en": "write signing, or unsigned: true where the channel cannot sign at all",
        "properties": {
            "signing": signing.SIGNING,
            "unsigned": {"const": True},
            "preset": {"enum": sorted(gateways.PRESETS)},
            "items": {**_PATH, "description": "Where in a push the complaints are: a list or one; all of it without."},
            "only": {**_PATH, "description": "What of that is a complaint: true for one; everything without."},
            "inside": {
                "description": "Fields that hold JSON as text.", "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 100},
            },
            "ref": _PATH,
            "at": {**_PATH, "description": "When it was said; with it what has no ref is told from what came before."},
            "session": {
                "type": "object", "additionalProperties": False, "required": ["quiet", "most"],
                "properties": {
                    "by": _PATH, "text": _PATH, "name": _PATH, "url": _PATH,
                    "quiet": {"$ref": f"{_WORDS}duration"}, "most": {"$ref": f"{_WORDS}duration"},
                },
            },
        },
    }  # fmt: skip
    REPLY: ClassVar[Mapping[str, Any] | None] = {
        "type": "object", "additionalProperties": False, "required": ["url"], "not": {"required": ["form", "body"]},
        "properties": {
            "url": {"$ref": f"{_WORDS}url"}, "headers": {"$ref": f"{_WORDS}headers"},
            "form": {**_TEXTS, "description": "Fields of a form; {to}, {text} and {ref} are filled in."},
            "body": {"type": "object", "description": "JSON; {to}, {text} and {ref} are filled in."},
            "to": {**_PATH, "description": "To whom; sender.id without."},
            "taken": {**_PATH, "description": "What in its answer says that it was taken; any 2xx without."},
            "number": {**_PATH, "description": "Its own number of the message."},
        },
    }  # fmt: skip
    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": [
            "contoh kiriman (JSON atau formulir), dan pengaturan webhook di pihak pengirim",
            "cara pengirim menandatangani dan rahasianya; bila tidak bisa, kata rahasia di header atau di alamat",
            "alamat https milik hub yang dapat dijangkau pengirim",
        ],
        "en": [
            "a sample of what is pushed (JSON or a form), and the sender's webhook settings",
            "how the sender signs, and the secret; where it cannot, a shared secret in a header or in the address",
            "an https address of the hub that the sender can reach",
        ],
    }
    SAME: ClassVar[Sequence[str]] = ()

    overlaps: ClassVar[bool] = True  # pushes come twice
    once: ClassVar[bool] = True  # a push is listed once
    moving: ClassVar[bool] = False  # what was pushed stays where it is
    repeatable: ClassVar[bool] = False  # a message that is sent twice arrives twice
    gathers: ClassVar[bool] = True  # all that is new is one message
    chats: ClassVar[bool] = True  # most that pushes is a gateway of chats

    signing: Mapping[str, Any] = field(default_factory=dict)
    unsigned: bool = False
    preset: str = ""
    items: str = "@"
    only: str = ""
    inside: Sequence[str] = ()
    ref: str = ""
    at: str = ""
    session: Mapping[str, Any] = field(default_factory=dict)
    zone: str | None = None
    reply_by: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises Misconfigured for a session of which nobody could say whose it is."""
        if self.session and not (self._talk.get("by") and self._talk.get("text")):
            raise Misconfigured(
                "session.by and session.text are missing.", hint="Say where the sender and the words stand.",
                code="bad_session", indonesian="session.by dan session.text belum ditulis: letak pengirim dan isi pesan.",
            )  # fmt: skip

    @property
    def headers(self) -> tuple[str, ...]:
        """Headers that are kept with a push, because it is judged by them."""
        return signing.headers(self.signing)

    def judge(self, ctx: Context, push: Push) -> None:
        """Signed as the manifest says, or Refused."""
        if not self.unsigned:
            signing.judge(ctx, self.signing, push)

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """What was pushed; with a session window only those to whom nobody is still talking."""
        if self.session:
            quiet, most = (dates.duration(str(self.session[key])) for key in ("quiet", "most"))
            here = start or window.after or window.past
            yield from sessions.pages(ctx, here, sessions.Window(quiet=quiet, most=most), self._said)
        else:
            yield from pushes.pages(ctx, window, start, self.taken)

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """How far the inbox has been read, and what behind that is an item already."""
        return dict(pages[-1].next) if pages and pages[-1].next else dict(before)

    def taken(self, push: Push) -> Sequence[Item]:
        """Every item of one push, each message for itself."""
        return [one.item for one in self._said(push)]

    def sample(self, ctx: Context, body: bytes) -> Sequence[Item]:
        """The items of one push that somebody has in a file."""
        return self.taken(Push(number=0, at=ctx.clock(), headers={}, query={}, body=body))

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        """Hand an answer to the gateway; its own number of the message, where it gives one."""
        how = {**self._gateway.reply, **self.reply_by}
        if not how.get("url"):
            raise Misconfigured("The manifest has no address for answers.", hint="Add reply: {url, headers, body}.")
        to = talks.words(_value(how.get("to", "sender.id"), reply.payload))
        if not to:
            raise Refused("The message does not say who wrote it.", code="no_address")

        def send(text: str, first: bool) -> str:
            return self._handed(ctx, how, {"{to}": to, "{text}": text, "{ref}": str(reply.ref)})

        number = talks.sent(reply.text, LONGEST, send)
        return None if number == _UNNUMBERED else number

    # what is said ------------------------------------------------------------------------------------------------

    @property
    def _gateway(self) -> gateways.Gateway:
        return gateways.PRESETS.get(self.preset) or gateways.Gateway()

    @property
    def _talk(self) -> Mapping[str, str]:
        own = {key: path for key, path in self.session.items() if key not in ("quiet", "most")}
        return {**self._gateway.talk, **own, **({"at": self.at} if self.at else {})}

    def _settled(self, key: str) -> Any:
        return getattr(self, key) or self._gateway.settles.get(key, "")

    def _said(self, push: Push) -> list[Said]:
        """The messages of a push in their order; what cannot be read stands alone, with its trouble."""
        form, inside = push.headers.get("content-type", ""), self._settled("inside")
        body, only = bodies.read(push.body, form, self.items, inside), self._settled("only")
        several = len(body.elements) > 1
        found: list[Said] = []
        for place, one in enumerate(body.elements):
            if one.value is None:
                found.append(sessions.alone(push, Item(ref=None, raw=one.raw, payload=None, trouble=one.trouble)))
            elif not only or paths.truthy(_value(only, one.value)):
                said = self._one(push, one, f"/{place}" if several else "", body.files if place == 0 else ())
                found += [said] if said else []
        return found

    def _one(self, push: Push, one: bodies.Element, place: str, files: Sequence[Attachment]) -> Said | None:
        if self._talk.get("by"):
            return self._message(push, one.value, place, files)
        ref = self._ref(push, one.value, place, [one.raw.decode("utf-8", "replace")])
        payload = {**one.value, "attachments": talks.told(files)} if files else one.value
        raw = talks.written(payload) if files else one.raw
        return sessions.alone(push, Item(
            ref=ref, raw=raw, payload=payload, stamp=self._moment(one.value), attachments=files,
            trouble=None if ref else "bad_ref",
        ))  # fmt: skip

    def _message(self, push: Push, value: Mapping[str, Any], place: str, files: Sequence[Attachment]) -> Said | None:
        """One message of a talk, in the shape that all messengers have here; None for what says nothing."""
        part = {key: _value(path, value) for key, path in self._talk.items()}
        text = talks.words(part.get("text")).strip()
        text = "" if text in self._gateway.silent else text
        files, where = [*gateways.linked(part), *files], gateways.located(part.get("place"))
        by, at = talks.words(part["by"]), self._moment(value)
        if not (text or files or where):
            return None
        payload = {
            "chat": True,
            "said": text,
            "sender": {
                "id": by,
                "phone": phones.e164(by.partition("@")[0]) or "",
                "name": talks.words(part.get("name")),
            },
            "place": where,
            "at": at.isoformat() if at else None,  # never when it came: what is delivered twice is the same
            "attachments": talks.told(files),
            "messages": [value],
        }
        ref = self._ref(push, value, place, [by, text, *(one.url or one.name for one in files), str(where or "")])
        item = Item(
            ref=ref, raw=talks.written(payload), payload=payload, stamp=at, attachments=files,
            trouble=None if ref else "bad_ref",
        )  # fmt: skip
        return Said(number=push.number, mark=sessions.mark(item), at=push.at, by=by if ref else "", item=item)

    def _ref(self, push: Push, value: Any, place: str, said: Sequence[str]) -> str | None:
        """The sender's own number; else that of its push; else a digest of what was said and when, at least on which day."""
        path = self._settled("ref")
        own = strictjson.ref_text(_value(path, value)) if path else None
        if own or self.ref:
            return own
        if self.signing.get("by") == "standard" and push.headers.get("webhook-id"):
            return strictjson.string_ref(push.headers["webhook-id"] + place)
        at, home = self._moment(value), zones.zone(self.zone or _HOME)
        when = at.isoformat() if at else push.at.astimezone(home).date().isoformat()
        written = json.dumps([*said, when]).encode()
        return strictjson.string_ref(hashlib.sha256(written).hexdigest()[:32])

    def _moment(self, value: Any) -> datetime | None:
        path = self._talk.get("at")
        told = _value(path, value) if path else None
        if not isinstance(told, str) or told.isdigit():
            return talks.moment(told)
        try:
            return dates.read(told, "iso", self.zone or _HOME)[0].astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    # what is answered --------------------------------------------------------------------------------------------

    def _handed(self, ctx: Context, how: Mapping[str, Any], fills: Mapping[str, str]) -> str:
        form, body = how.get("form"), how.get("body")
        sent: dict[str, Any] = {"json": _filled(body, fills)} if body else {"form": _filled(form or {}, fills)}
        answer = ctx.http.send("POST", str(how["url"]), headers=how.get("headers") or {}, **sent)
        told = answer.json() if how.get("taken") or how.get("number") else None
        if how.get("taken") and not paths.truthy(_value(how["taken"], told)):
            hint = "Its owner looks at its quota and whether its telephone is connected."
            raise Refused("The gateway says that it did not take the message.", hint=hint, code="not_taken")
        return (talks.words(_value(how["number"], told)) if how.get("number") else "") or _UNNUMBERED


def _value(path: str, value: Any) -> Any:
    try:
        return paths.getter(path)(value)
    except paths.Failed:
        return None


def _filled(body: Any, fills: Mapping[str, str]) -> Any:
    """The body with its places filled once; what is filled in is not searched for further ones."""
    if isinstance(body, str):
        return re.sub(r"\{(?:to|text|ref)\}", lambda found: fills[found[0]], body)
    if isinstance(body, Mapping):
        return {key: _filled(value, fills) for key, value in body.items()}
    return [_filled(value, fills) for value in body] if isinstance(body, list) else body
