"""WhatsApp: what people write to a number at Meta's Cloud API, and answers while their window is open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from connectors import dates, graph, sessions, talks
from connectors.base import Answer, Attachment, Context, Item, Page, Position, Push, Recall, Reply, Window, kind
from connectors.errors import Refused, Unavailable
from connectors.http import same_place
from connectors.strictjson import BadJson
from connectors.talks import rows, table, words

_WORDS: Final = "urn:satupintu:schema:manifest:1#/$defs/"
_OBJECT: Final = {"type": "object", "additionalProperties": False}
_FILES: Final = ("image", "video", "audio", "document", "voice")
_NOTHING: Final = frozenset({"sticker", "reaction", "system", "revoke", "request_welcome"})
"""Messages that say nothing which somebody could act on; what people deleted was said all the same."""
_MEDIA_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_EXTENSIONS: Final = {
    "image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4", "audio/ogg": "ogg", "audio/mpeg": "mp3",
    "application/pdf": "pdf",
}  # fmt: skip
WINDOW: Final = timedelta(hours=24)
"""How long after somebody's last message free text may be sent to him (Meta's customer service window)."""
LONGEST: Final = 4096
_PARAMETER: Final = 1000
"""Characters of one parameter of a template that certainly pass."""


@kind("whatsapp")
@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsApp:
    """One telephone number; the fields are the keys of `with`."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {
        **_OBJECT,
        "required": ["url", "phone_number_id", "token", "app_secret", "verify_token", "media"],
        "properties": {
            "url": {"$ref": f"{_WORDS}url", "description": "Graph with its version: https://graph.facebook.com/v23.0"},
            "phone_number_id": {
                "type": "string", "pattern": "^[0-9]{5,25}$",
                "x-id": "phone_number_id adalah angka dalam tanda kutip, dari WhatsApp Manager; bukan nomor teleponnya",
                "x-en": "phone_number_id is digits in quotes, from WhatsApp Manager; it is not the telephone number",
            },
            "token": {"$ref": f"{_WORDS}secret"},
            "app_secret": {"$ref": f"{_WORDS}secret"},
            "verify_token": {"$ref": f"{_WORDS}secret"},
            "session": sessions.SESSION,
            "media": {
                **_OBJECT, "required": ["host"],
                "description": "Where photos are fetched, with the token: lookaside.fbsbx.com",
                "properties": {"host": {"$ref": f"{_WORDS}host"}},
            },
        },
    }  # fmt: skip
    REPLY: ClassVar[Mapping[str, Any] | None] = {
        **_OBJECT,
        "required": ["window"],
        "properties": {
            "window": {"$ref": f"{_WORDS}duration", "description": "For how long free text is sent: at most 24h."},
            "template": {
                **_OBJECT, "required": ["name", "language"],
                "description": "An approved template for those who wrote more than 24 hours ago.",
                "properties": {
                    "name": {"type": "string", "pattern": "^[a-z0-9_]{1,512}$"},
                    "language": {"type": "string", "pattern": "^[a-z]{2,3}(_[A-Z]{2})?$"},
                    "parameters": {
                        "description": "For {{1}}, {{2}} … of its body; {text} and {date} are filled in.",
                        "type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 200}, "maxItems": 10,
                    },
                },
            },
        },
    }  # fmt: skip
    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": [
            "nomor WhatsApp Business yang terdaftar di Cloud API, dan phone_number_id-nya (WhatsApp Manager)",
            "token pengguna sistem dengan hak whatsapp_business_messaging",
            "App Secret aplikasi Meta, dan verify token yang Anda karang sendiri",
            "alamat https milik hub yang dapat dijangkau Meta",
        ],
        "en": [
            "a WhatsApp Business number in the Cloud API, and its phone_number_id (WhatsApp Manager)",
            "a system user's token with the right whatsapp_business_messaging",
            "the Meta app's App Secret, and a verify token of your own making",
            "an https address of the hub that Meta can reach",
        ],
    }
    SAME: ClassVar[Sequence[str]] = ("url", "phone_number_id")

    overlaps: ClassVar[bool] = True  # a message may be edited, or come once more
    once: ClassVar[bool] = True  # a push is listed once
    moving: ClassVar[bool] = False  # what was pushed stays where it is
    repeatable: ClassVar[bool] = False  # a message that is sent twice arrives twice
    gathers: ClassVar[bool] = True  # all that is new is one message
    closes: ClassVar[bool] = True  # free text is taken for 24 hours only
    chats: ClassVar[bool] = True  # people begin with a greeting

    url: str
    phone_number_id: str
    token: str
    app_secret: str
    verify_token: str
    media: Mapping[str, Any] = field(default_factory=dict)
    session: Mapping[str, Any] = field(default_factory=dict)
    reply_by: Mapping[str, Any] = field(default_factory=dict)

    def judge(self, ctx: Context, push: Push) -> None:
        """Signed by the app's secret, or Refused."""
        graph.judge(ctx, self.app_secret, push)

    def greet(self, ctx: Context, query: Mapping[str, str]) -> str | None:
        """The challenge, for whoever knows the verify token."""
        return graph.greet(ctx, self.verify_token, query)

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """The messages to this number in what was pushed."""
        yield from sessions.chats(ctx, window, start, self.session, self.taken)

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """How far the inbox has been read."""
        return sessions.behind(pages, before)

    def taken(self, push: Push) -> Sequence[Item]:
        """Every message of a push; statuses, calls, templates and other numbers' messages are none."""
        try:
            body = talks.parsed(push)
        except BadJson as error:
            return [talks.strange(push.body, str(error))]
        return self._read(body)

    def _read(self, body: Any) -> Sequence[Item]:
        if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
            return [talks.strange(body)]
        changes = (change for entry in body["entry"] for change in rows(table(entry).get("changes")))
        values = (table(change.get("value")) for change in changes if table(change).get("field") == "messages")
        return [item for value in values if self._ours(value) for item in self._said(value)]

    def expires(self, ctx: Context) -> datetime | None:
        """Until when the token holds."""
        return graph.expires(ctx, self._base(), self.token)

    def sample(self, ctx: Context, body: bytes) -> Sequence[Item]:
        """The messages of pushes that somebody has in a file, whosever number they are for."""
        return talks.sampled(body, ("entry",), replace(self, phone_number_id="")._read)

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        """Answer under the message within 24 hours of the last one, else by the template; the number of what was sent."""
        to, window = words(table(reply.payload.get("sender")).get("id")), self.reply_by.get("window", "24h")
        if talks.late(ctx.clock(), talks.last_word(reply), min(WINDOW, dates.duration(window))):
            return self._send(ctx, to, self._template(reply))

        def send(text: str, first: bool) -> str:
            body = {"type": "text", "text": {"body": text, "preview_url": False}}
            return self._send(ctx, to, {**body, "context": {"message_id": str(reply.ref)}} if first else body)

        return talks.sent(reply.text, LONGEST, send)

    def fetch(self, ctx: Context, url: str, headers: Mapping[str, str]) -> Answer:
        """A file by its media id: Graph says where it lies for five minutes, and there it is fetched with the token."""
        if not same_place(
            url, self.url
        ):  # whatever a manifest's paths take for a file's address may be a citizen's word
            return ctx.http.send("GET", url, headers=headers, verbatim=True)
        found = words(graph.call(ctx, "GET", url, self.token).get("url"))
        return graph.file(
            ctx, found, self.token, graph.hosts(self.url, self.media), headers, scheme=urlsplit(self.url).scheme.lower()
        )

    # what is said ------------------------------------------------------------------------------------------------

    def _ours(self, value: Mapping[str, Any]) -> bool:
        return (
            words(table(value.get("metadata")).get("phone_number_id")) == self.phone_number_id
            or not self.phone_number_id
        )

    def _said(self, value: Mapping[str, Any]) -> Iterator[Item]:
        names = _names(value.get("contacts"))
        for message in rows(value.get("messages")):
            if not isinstance(message, dict):
                yield talks.strange(message)
            elif words(message.get("type")) not in _NOTHING and not _is_call(message):
                yield self._item(message, names)

    def _item(self, message: Mapping[str, Any], names: Mapping[str, str]) -> Item:
        """One message; what somebody edits is another version of what he had written."""
        edit = table(message.get("edit")) if message.get("type") == "edit" else {}
        number = words(edit.get("original_message_id")) or words(message.get("id"))
        content = table(edit.get("message")) or message
        sender = words(message.get("from")) or words(message.get("from_user_id"))
        context = table(content.get("context")) or table(message.get("context"))
        files, where = self._files(content), table(content.get("location"))
        payload = {
            "chat": not message.get("group_id"),
            "said": _text(content),
            "sender": {"id": sender, "phone": talks.phone(message.get("from")), "name": names.get(sender, "")},
            "place": talks.place(where, where.get("name"), where.get("address")),
            "at": message.get("timestamp"),
            "attachments": talks.told(files),
            "in_reply_to_number": "" if edit else words(context.get("id")),
            "edit": bool(edit),
            "message": message,
        }
        return talks.item(number, payload, talks.moment(message.get("timestamp")), files)

    def _files(self, message: Mapping[str, Any]) -> list[Attachment]:
        return [self._file(sort, message[sort]) for sort in _FILES if isinstance(message.get(sort), dict)]

    def _file(self, sort: str, media: Mapping[str, Any]) -> Attachment:
        number, form = words(media.get("id")), words(media.get("mime_type")).partition(";")[0].strip().lower()
        name = words(media.get("filename")) or f"{sort}.{_EXTENSIONS.get(form, 'bin')}"
        link = f"{self._base()}/{number}" if _MEDIA_ID.fullmatch(number) else None
        return talks.file(name, form, link, sha256=talks.hexadecimal(media.get("sha256")))

    # what is answered --------------------------------------------------------------------------------------------

    def _template(self, reply: Reply) -> Mapping[str, Any]:
        template = table(self.reply_by.get("template"))
        if not template:
            hint = "Add an approved template: reply: {template: {name, language}}."
            what = "More than 24 hours have passed since this person wrote, and there is no template."
            raise Refused(what, hint=hint, code="window_closed")
        flat = " ".join(reply.text.split())  # a parameter takes no line breaks
        text = flat if len(flat) <= _PARAMETER else f"{flat[: _PARAMETER - 1]}…"
        fills = {"{text}": text, "{date}": reply.date}
        given = [re.sub(r"\{(?:text|date)\}", lambda m: fills[m[0]], one) for one in template.get("parameters", ())]
        parameters = [{"type": "text", "text": one} for one in given]
        parts = [{"type": "body", "parameters": parameters}] if parameters else []
        language = {"code": template["language"]}
        return {"type": "template", "template": {"name": template["name"], "language": language, "components": parts}}

    def _send(self, ctx: Context, to: str, body: Mapping[str, Any]) -> str:
        if not to:
            raise Refused("The message does not say who wrote it.", code="no_address")
        whole = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": to, **body}
        answer = graph.call(ctx, "POST", f"{self._base()}/{self.phone_number_id}/messages", self.token, body=whole)
        number = next((words(table(one).get("id")) for one in rows(answer.get("messages"))), "")
        if not number:
            raise Unavailable("WhatsApp did not say that it took the message.", code="no_id")
        return number

    def _base(self) -> str:
        return self.url.rstrip("/")


def _names(contacts: Any) -> dict[str, str]:
    """By number and by user id, as the messages of the same push name their senders."""
    found: dict[str, str] = {}
    for one in map(table, rows(contacts)):
        name = words(table(one.get("profile")).get("name"))
        found |= {number: name for key in ("wa_id", "user_id") if (number := words(one.get(key)))}
    return found


def _is_call(message: Mapping[str, Any]) -> bool:
    return table(message.get("interactive")).get("type") == "call_permission_reply"


def _text(message: Mapping[str, Any]) -> str:
    """Whatever words a message has: its text, a caption, the button that was pressed, a form, a card."""
    pressed = table(message.get("interactive"))
    chosen = table(pressed.get("button_reply")) or table(pressed.get("list_reply"))
    found = [
        words(table(message.get("text")).get("body")),
        *(words(table(message.get(sort)).get("caption")) for sort in _FILES),
        words(table(message.get("button")).get("text")),
        words(chosen.get("title")),
        words(chosen.get("description")),
        *graph.lines(table(pressed.get("nfm_reply")).get("response_json")),
        words(table(message.get("order")).get("text")),
        *(_card(table(one)) for one in rows(message.get("contacts"))),
    ]
    return "\n".join(one for one in found if one.strip())


def _card(contact: Mapping[str, Any]) -> str:
    name = words(table(contact.get("name")).get("formatted_name"))
    numbers = ", ".join(words(table(one).get("phone")) for one in rows(contact.get("phones")))
    return f"Kontak: {name} {numbers}".strip()
