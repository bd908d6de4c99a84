"""Telegram: what people write to a bot, fetched page by page or pushed, and answers to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar, Final
from urllib.parse import quote

from connectors import sessions, strictjson, talks
from connectors.base import INBOX, Answer, Attachment, Context, Item, Page, Position, Push, Recall, Reply, Window, kind
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.talks import rows, table, words

_WORDS: Final = "urn:satupintu:schema:manifest:1#/$defs/"
_SORTS: Final = ("message", "edited_message", "channel_post", "edited_channel_post")
_FILES: Final = ("document", "video", "audio", "voice", "video_note")
_BIGGEST: Final = 20 * 1024 * 1024
"""Bytes of a file that a bot can fetch."""
_COMMAND: Final = re.compile(r"\A/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{3,32})?(?:\s+|$)")
LONGEST: Final = 4096
_PAGE, _ALBUMS = 100, 50
"""Updates a page; albums remembered, whose later photos may still come."""
_FRESH: Final = timedelta(days=6)
"""After a week without messages Telegram begins at any number, so an older offset would throw away what is new."""


@kind("telegram")
@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """One bot; the fields are the keys of `with`."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {
        "type": "object", "additionalProperties": False, "required": ["url", "token"],
        "properties": {
            "url": {"$ref": f"{_WORDS}url", "description": "https://api.telegram.org"},
            "token": {"$ref": f"{_WORDS}secret"},
            "mode": {"enum": ["poll", "webhook"], "description": "poll (as a rule) or webhook; never both for one bot."},
            "secret_token": {"$ref": f"{_WORDS}secret"},
            "groups": {
                "description": "Group chats that are read besides private ones.", "type": "array",
                "items": {"type": "string", "pattern": "^-[0-9]{1,20}$"},
            },
            "channel_posts": {"type": "boolean"}, "session": sessions.SESSION,
        },
        "if": {"properties": {"mode": {"const": "webhook"}}, "required": ["mode"]}, "then": {"required": ["secret_token"]},
        "else": {"properties": {"session": {
            "not": {}, "x-id": "session hanya untuk mode: webhook", "x-en": "session is for mode: webhook only"}}},
    }  # fmt: skip
    REPLY: ClassVar[Mapping[str, Any] | None] = {
        "type": "object", "additionalProperties": False, "required": ["quote"],
        "properties": {"quote": {"type": "boolean", "description": "Show under which message an answer stands."}},
    }  # fmt: skip
    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": ["token bot dari @BotFather", "bot yang tidak dibaca program lain dan tidak punya webhook (mode poll)"],
        "en": ["the bot's token from @BotFather", "a bot that no other program reads and that has no webhook (mode poll)"],
    }  # fmt: skip
    SAME: ClassVar[Sequence[str]] = ("url", "token")

    overlaps: ClassVar[bool] = True  # a message may be edited, or come once more
    once: ClassVar[bool] = True  # each message is listed once
    moving: ClassVar[bool] = False  # updates have one order
    repeatable: ClassVar[bool] = False  # a message that is sent twice arrives twice
    gathers: ClassVar[bool] = True  # all that is new is one message
    chats: ClassVar[bool] = True  # people begin with a greeting

    url: str
    token: str
    mode: str = "poll"
    secret_token: str = ""
    groups: Sequence[str] = ()
    channel_posts: bool = False
    session: Mapping[str, Any] = field(default_factory=dict)
    reply_by: Mapping[str, Any] = field(default_factory=dict)

    @property
    def confirms(self) -> bool:
        """To ask behind an update is to tell Telegram to forget it."""
        return self.mode == "poll"

    def judge(self, ctx: Context, push: Push) -> None:
        """It bears the secret that setWebhook was given, or Refused."""
        if self.mode != "webhook":
            raise Refused("This bot is read by getUpdates; nobody pushes for it.", code="not_expected")
        own = ctx.secret(self.secret_token, INBOX)
        if not talks.same(push.headers.get("x-telegram-bot-api-secret-token", ""), own):
            raise talks.unsigned("X-Telegram-Bot-Api-Secret-Token is missing or wrong.")

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """Updates up to an empty answer, or what was pushed; the photos of an album are one item."""
        here = start or window.after or window.past
        albums = dict(table(here.get("albums")))
        read = (
            self._polled(ctx, here) if self.confirms else sessions.chats(ctx, window, start, self.session, self.taken)
        )
        for page in read:
            items = talks.merged(page.items, albums)
            albums = dict(list(albums.items())[-_ALBUMS:])
            yield replace(page, items=items, next={**(page.next or {}), "albums": dict(albums)})

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """Behind the last update."""
        return dict(pages[-1].next) if pages and pages[-1].next else dict(before)

    def taken(self, push: Push) -> Sequence[Item]:
        """The message of one pushed update, or none."""
        try:
            return self._said([talks.parsed(push)])
        except strictjson.BadJson as error:
            return [talks.strange(push.body, str(error))]

    def sample(self, ctx: Context, body: bytes) -> Sequence[Item]:
        """The messages of updates, of bare messages or of an answer of getUpdates that somebody has in a file."""

        def read(one: Any) -> list[Item]:
            found = rows(table(one).get("result")) or [one]
            return self._said([{"message": each} if "message_id" in table(each) else each for each in found])

        return talks.merged(talks.sampled(body, ("update_id", "message_id", "result"), read), {})

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        """Answer in the same chat; `chat/message` of the answer."""
        chat, _, message = words(reply.ref).partition("/")
        under = {"message_id": int(message), "allow_sending_without_reply": True} if message.isdigit() else {}

        def send(text: str, first: bool) -> str:
            body = {"text": text, "link_preview_options": {"is_disabled": True}}
            quoted = {"reply_parameters": under} if under and first and self.reply_by.get("quote") else {}
            return self._sent(ctx, chat, {**body, **quoted})

        return talks.sent(reply.text, LONGEST, send)

    def fetch(self, ctx: Context, url: str, headers: Mapping[str, str]) -> Answer:
        """A file by its id: getFile says under which path it lies for an hour."""
        found = table(self._call(ctx, "GET", "getFile", params={"file_id": url.rpartition("/")[2]}))
        path = quote(
            words(found.get("file_path")), safe="/", errors="replace"
        )  # quoted: nothing in it is taken for a secret's name
        try:
            return ctx.http.send("GET", f"{self._base()}/file/bot{self.token}/{path}", headers=headers)
        except ChannelError as error:
            raise _judged(error) from None

    # what is read ------------------------------------------------------------------------------------------------

    def _polled(self, ctx: Context, here: Position) -> Iterator[Page]:
        last = talks.moment(here.get("at"))
        offset = int(here.get("offset", 0)) if last and ctx.clock() - last < _FRESH else 0
        position = {key: value for key, value in here.items() if key in ("offset", "at")}
        kinds = _SORTS if self.channel_posts else _SORTS[:2]
        while True:
            params = {"limit": _PAGE, "timeout": 0, "allowed_updates": json.dumps(kinds)}
            found = self._call(ctx, "GET", "getUpdates", params=params | ({"offset": offset} if offset else {}))
            if not isinstance(found, list) or not all(isinstance(table(one).get("update_id"), int) for one in found):
                raise Unavailable("getUpdates gave no list of updates.", code="not_a_list")
            if found:
                before, offset = offset, max(one["update_id"] for one in found) + 1
                if offset == before:
                    raise Unavailable("getUpdates does not go on.", code="loop")
                position = {"offset": offset, "at": ctx.clock().isoformat()}
            yield Page(items=self._said(found), end=not found, next=position)
            if not found:
                return

    def _said(self, updates: Sequence[Any]) -> list[Item]:
        return [item for update in updates if (item := self._one(update))]

    def _one(self, update: Any) -> Item | None:
        if not isinstance(update, dict):
            return talks.strange(update)
        sort = next((sort for sort in _SORTS if sort in update), "")
        message = update.get(sort)
        return self._item(message) if isinstance(message, dict) and self._wanted(sort, message) else None

    def _wanted(self, sort: str, message: Mapping[str, Any]) -> bool:
        """Private chats; groups and channels as the manifest says; nothing that a bot wrote."""
        chat = table(message.get("chat"))
        if table(message.get("from")).get("is_bot") is True:
            return False
        if sort.endswith("channel_post"):
            return self.channel_posts
        return chat.get("type") == "private" or words(chat.get("id")) in self.groups

    def _item(self, message: Mapping[str, Any]) -> Item | None:
        """One message; None for what says nothing: a command, a sticker, a poll, somebody who came or left."""
        venue = table(message.get("venue"))
        said, files = _text(message), self._files(message)
        place = talks.place(message.get("location") or venue.get("location"), venue.get("title"), venue.get("address"))
        if not (said or files or place):
            return None
        chat = words(table(message.get("chat")).get("id"))
        number = words(message.get("message_id"))
        answered = table(message.get("reply_to_message")).get("message_id")
        payload = {
            "chat": table(message.get("chat")).get("type") == "private",
            "said": said,
            "sender": _sender(message),
            "place": place,
            "at": message.get("date"),
            "attachments": talks.told(files),
            "in_reply_to_number": f"{chat}/{answered}" if answered else "",
            "album": words(message.get("media_group_id")),
            "in_chat": f"{chat}/",
            "number": number,
            "edit": "edit_date" in message,
            "message": message,
        }
        at = talks.moment(message.get("edit_date")) or talks.moment(message.get("date"))
        return talks.item(f"{chat}/{number}" if chat and number else "", payload, at, files)

    def _files(self, message: Mapping[str, Any]) -> list[Attachment]:
        sizes = [(_count(one.get("width")), n, one) for n, one in enumerate(map(table, rows(message.get("photo"))))]
        found = [("foto.jpg", "image/jpeg", max(sizes)[2])] if sizes else []
        found += [(f"{sort}.bin", "", table(message[sort])) for sort in _FILES if isinstance(message.get(sort), dict)]
        return [self._file(name, form, one) for name, form, one in found]

    def _file(self, name: str, form: str, one: Mapping[str, Any]) -> Attachment:
        number = quote(words(one.get("file_id")), safe="", errors="replace")
        link = f"{self._base()}/getFile/{number}" if number and _count(one.get("file_size")) <= _BIGGEST else None
        return talks.file(one.get("file_name") or name, one.get("mime_type") or form, link, size=one.get("file_size"))

    # what is asked -----------------------------------------------------------------------------------------------

    def _sent(self, ctx: Context, chat: str, body: Mapping[str, Any]) -> str:
        try:
            found = table(self._call(ctx, "POST", "sendMessage", body={"chat_id": chat, **body}))
        except Misconfigured as error:  # certainly not sent: a group that became a supergroup has another number
            moved = words(table(_said_by(error).get("parameters")).get("migrate_to_chat_id"))
            if not moved or moved == chat:
                raise Refused("Telegram does not take the message.", code="not_reachable") from None
            found = table(self._call(ctx, "POST", "sendMessage", body={"chat_id": moved, **body}))
        if not (number := words(found.get("message_id"))):
            raise Unavailable("Telegram did not say that it took the message.", code="no_id")
        return f"{words(table(found.get('chat')).get('id')) or chat}/{number}"

    def _call(self, ctx: Context, method: str, name: str, *, params: Any = None, body: Any = None) -> Any:
        try:
            answer = ctx.http.send(method, f"{self._base()}/bot{self.token}/{name}", params=params, json=body).json()
        except ChannelError as error:
            raise _judged(error) from None
        if not isinstance(answer, dict) or answer.get("ok") is not True:
            raise Unavailable("Telegram's answer is in no known shape.", code="not_ok")
        return answer.get("result")

    def _base(self) -> str:
        return self.url.rstrip("/")


def _said_by(error: ChannelError) -> Mapping[str, Any]:
    try:
        return table(strictjson.parse(error.said)) if error.said else {}
    except strictjson.BadJson:
        return {}


def _judged(error: ChannelError) -> ChannelError:
    """The same error, named by who must act; what Telegram says stays in it for `_said_by`."""
    made = error
    if error.code == "http_409":
        hint = "Stop the other program, or take the webhook away (deleteWebhook)."
        made = Refused("Another program reads this bot, or it has a webhook.", hint=hint, code="second_reader")
    elif error.code in ("http_401", "http_404"):
        made = Refused("Telegram does not know the token.", hint="Its owner asks @BotFather.", code="bad_token")
    elif error.code == "http_403":
        made = Refused("This person has blocked the bot, or left.", code="blocked")
    elif error.code == "http_429":
        pause = table(_said_by(error).get("parameters")).get("retry_after")
        made.retry_after = float(pause) if isinstance(pause, int) else error.retry_after
    made.said = error.said
    return made


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _text(message: Mapping[str, Any]) -> str:
    """Text or caption without the command before it; a card as a line."""
    said = words(message.get("text")) or words(message.get("caption"))
    card = table(message.get("contact"))
    named = f"Kontak: {_name(card)} {words(card.get('phone_number'))}" if card else ""
    return "\n".join(one for one in (_COMMAND.sub("", said).strip(), named) if one)


def _name(who: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (words(who.get("first_name")), words(who.get("last_name"))))) or words(
        who.get("title")
    )


def _sender(message: Mapping[str, Any]) -> Mapping[str, str]:
    who = table(message.get("from")) or table(message.get("sender_chat"))
    card = table(message.get("contact"))
    phone = talks.phone(card.get("phone_number")) if card and card.get("user_id") == who.get("id") else ""
    return {"id": words(who.get("id")), "name": _name(who), "handle": words(who.get("username")), "phone": phone}
