"""Meta: comments, mentions and private messages of a Facebook page or an Instagram account, pushed or by Graph paging."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar, Final

from connectors import dates, graph, graph_pages, sessions, talks
from connectors.base import Attachment, Context, Item, Page, Position, Push, Recall, Reply, Window, kind
from connectors.errors import Misconfigured, Refused, Unavailable
from connectors.graph_pages import Nested
from connectors.strictjson import BadJson
from connectors.talks import rows, table, words

_WORDS: Final = "urn:satupintu:schema:manifest:1#/$defs/"
_TAKE: Final = ("comments", "mentions", "messages")
_WRITTEN: Final = ("add", "edited", "edit", "")
"""Verbs of the feed that say something new; Instagram gives none."""
_POSTS: Final = ("post", "status", "photo", "video")
_FORMS: Final = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mpeg"}
_COMMENT: Final = "id,message,text,from,username,created_time,timestamp,parent,parent_id,permalink_url"
_MESSAGE: Final = "id,message,from,created_time,attachments"
WINDOW: Final = timedelta(hours=24)
"""How long after somebody's last message he may be written to in private."""
LONGEST: Final = 1000
"""Characters of a private message (Instagram's limit; Messenger takes 2000)."""
_LONGEST_COMMENT, _ANY = 2000, "*"


@kind("meta")
@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """One page or account; the fields are the keys of `with`."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {
        "type": "object", "additionalProperties": False, "required": ["url", "object", "account_id", "token"],
        "properties": {
            "url": {"$ref": f"{_WORDS}url", "description": "Graph with its version: https://graph.facebook.com/v23.0"},
            "account_id": {
                "type": "string", "pattern": "^[0-9]{5,25}$",
                "x-id": "account_id adalah angka dalam tanda kutip: nomor halaman Facebook atau akun bisnis Instagram",
                "x-en": "account_id is digits in quotes: the number of the page or of the Instagram business account",
            },
            "object": {"enum": ["page", "instagram"]}, "mode": {"enum": ["webhook", "poll"]}, "session": sessions.SESSION,
            **{key: {"$ref": f"{_WORDS}secret"} for key in ("token", "app_secret", "verify_token")},
            "take": {"type": "array", "minItems": 1, "items": {"enum": [*_TAKE, "posts"]}},
            "posts_of": {"$ref": f"{_WORDS}duration", "description": "Mode poll: comments under posts so old are read (30d)."},
        },
        "if": {"not": {"properties": {"mode": {"const": "poll"}}, "required": ["mode"]}},
        "then": {"required": ["app_secret", "verify_token"]},
    }  # fmt: skip
    REPLY: ClassVar[Mapping[str, Any] | None] = {
        "type": "object", "additionalProperties": False, "required": ["text"],
        "properties": {
            **{key: {"type": "string", "minLength": 1, "maxLength": 500} for key in ("text", "news", "incomplete")},
            "link": {"$ref": f"{_WORDS}url", "description": "For {link} in the texts, with {ref}."},
        },
    }  # fmt: skip
    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": ["nomor halaman Facebook atau akun bisnis Instagram", "token halaman yang tidak berakhir (pengguna sistem)",
               "App Secret aplikasi Meta dan verify token karangan sendiri (mode webhook)"],
        "en": ["the number of the Facebook page or Instagram business account", "a page token without an end (system user)",
               "the Meta app's App Secret and a verify token of your own making (mode webhook)"],
    }  # fmt: skip
    SAME: ClassVar[Sequence[str]] = ("url", "account_id")
    overlaps: ClassVar[bool] = True  # a comment may be edited, or come once more
    once: ClassVar[bool] = True  # each has a number of Meta's own
    moving: ClassVar[bool] = False  # pushes stay, and cursors hold their place
    repeatable: ClassVar[bool] = False  # what is sent twice shows twice
    gathers: ClassVar[bool] = True  # one message or pointer serves for all that is new
    closes: ClassVar[bool] = True  # private messages are taken for 24 hours only
    public: ClassVar[bool] = True  # comments; who is hidden gets nothing there
    chats: ClassVar[bool] = True  # a message may be a greeting only

    url: str
    object: str
    account_id: str
    token: str
    mode: str = "webhook"
    app_secret: str = ""
    verify_token: str = ""
    take: Sequence[str] = _TAKE
    posts_of: str = "30d"
    session: Mapping[str, Any] = field(default_factory=dict)
    reply_by: Mapping[str, Any] = field(default_factory=dict)

    def judge(self, ctx: Context, push: Push) -> None:
        """Signed by the app's secret, or Refused."""
        if self.mode != "webhook":
            raise Refused("This account is read by paging; nobody pushes for it.", code="not_expected")
        graph.judge(ctx, self.app_secret, push)

    def greet(self, ctx: Context, query: Mapping[str, str]) -> str | None:
        """The challenge, for whoever knows the verify token."""
        return graph.greet(ctx, self.verify_token, query) if self.mode == "webhook" else None

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """What was pushed; or the comments under recent posts, then the messages of the conversations."""
        if self.mode == "webhook":
            yield from sessions.chats(ctx, window, start, self.session, lambda push: self._taken(ctx, push))
        else:
            yield from self._paged(ctx, window, start or {})

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """How far the inbox has been read; paging goes by time."""
        return sessions.behind(pages, before) if self.mode == "webhook" else {}

    def expires(self, ctx: Context) -> Any:
        """Until when the token holds."""
        return graph.expires(ctx, self._base(), self.token)

    def sample(self, ctx: Context, body: bytes) -> Sequence[Item]:
        """What pushes say that somebody has in a file, whosever account they are for."""
        anybody = replace(self, account_id=_ANY, object=_ANY)
        return talks.sampled(body, ("entry",), lambda one: anybody._read(None, one))

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        """A private message is answered in private within 24 hours; under a comment stands a pointer and no details."""
        if reply.payload.get("what") == "message":
            return self._in_private(ctx, reply)
        text = talks.pointer(reply, self.reply_by, _LONGEST_COMMENT)
        where = f"{self._base()}/{graph.path(reply.ref)}/{'comments' if self.object == 'page' else 'replies'}"
        return _number(graph.call(ctx, "POST", where, self.token, body={"message": text}))

    def _in_private(self, ctx: Context, reply: Reply) -> str | None:
        to = words(table(reply.payload.get("sender")).get("id"))
        if talks.late(ctx.clock(), talks.last_word(reply), WINDOW):
            raise Refused("More than 24 hours have passed since this person wrote.", code="window_closed")

        def send(text: str, first: bool) -> str:
            body = {"recipient": {"id": to}, "messaging_type": "RESPONSE", "message": {"text": text}}
            return _number(graph.call(ctx, "POST", f"{self._base()}/{self.account_id}/messages", self.token, body=body))

        return talks.sent(reply.text, LONGEST, send)

    # what is pushed ----------------------------------------------------------------------------------------------

    def _taken(self, ctx: Context | None, push: Push) -> Sequence[Item]:
        """Every comment, mention and message of a push; likes, reads, echoes and other accounts' are none."""
        try:
            body = talks.parsed(push)
        except BadJson as error:
            return [talks.strange(push.body, str(error))]
        return self._read(ctx, body)

    def _read(self, ctx: Context | None, body: Any) -> Sequence[Item]:
        if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
            return [talks.strange(body)]
        entries = map(table, body["entry"]) if self.object in (_ANY, body.get("object")) else ()
        ours = [one for one in entries if self.account_id in (_ANY, words(one.get("id")))]
        return [
            item
            for entry in ours
            for item in (*self._changed(ctx, entry), *map(self._message, rows(entry.get("messaging"))))
            if item
        ]

    def _changed(self, ctx: Context | None, entry: Mapping[str, Any]) -> Iterator[Item | None]:
        for change in map(table, rows(entry.get("changes"))):
            value, what = table(change.get("value")), words(change.get("field"))
            if what == "messages":  # Instagram with its own login
                yield self._message(value)
            elif what in ("mention", "mentions") and "mentions" in self.take:
                yield self._comment({**value, **self._mentioned(ctx, value)}, "mention", entry.get("time"))
            elif what in ("comments", "live_comments") or (what == "feed" and value.get("item") == "comment"):
                yield self._comment(value, "comment", entry.get("time")) if "comments" in self.take else None
            elif what == "feed" and value.get("item") in _POSTS and "posts" in self.take:
                yield self._comment({**value, "id": value.get("post_id")}, "post", entry.get("time"))

    def _mentioned(self, ctx: Context | None, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Instagram tells of a mention only its number; its words are asked for."""
        number = words(value.get("comment_id"))
        if self.object != "instagram" or ctx is None or not number.isdigit():
            return {}
        asked = {"fields": f"mentioned_comment.comment_id({number}){{id,text,timestamp,username}}"}
        try:
            found = graph.call(ctx, "GET", f"{self._base()}/{self.account_id}", self.token, params=asked)
        except Misconfigured:  # it has been taken back since
            return {}
        return table(found.get("mentioned_comment"))

    def _comment(self, value: Mapping[str, Any], what: str, time: Any = None) -> Item | None:
        """Something that everybody can read; None for our own, and for what was hidden or taken away."""
        who = table(value.get("from"))
        sender = words(who.get("id")) or words(value.get("sender_id"))
        if sender == self.account_id or words(value.get("verb")) not in _WRITTEN:
            return None
        number = next(
            (one for key in ("comment_id", "id", "post_id", "media_id") if (one := words(value.get(key)))), ""
        )
        above = words(value.get("parent_id")) or words(table(value.get("parent")).get("id"))
        under = words(value.get("post_id")) or words(table(value.get("media")).get("id"))
        at = next((value[key] for key in ("created_time", "timestamp") if value.get(key)), time)
        name, handle = who.get("name") or value.get("sender_name"), who.get("username") or value.get("username")
        payload = {
            "what": what,
            "chat": False,
            "said": words(value.get("message")) or words(value.get("text")),
            "sender": {"id": sender, "name": words(name), "handle": words(handle)},
            "at": at,
            "link": words(value.get("permalink_url")) or words(table(value.get("post")).get("permalink_url")),
            "attachments": [],
            "in_reply_to_number": "" if above in (under, number) else above,
            "message": value,
        }
        return talks.item(number, payload, talks.moment(at))

    def _message(self, event: Any) -> Item | None:
        """A private message; None for our own, for reads, reactions and buttons, and for what was taken back."""
        if not isinstance(event, dict):
            return talks.strange(event)
        edit = table(event.get("message_edit"))
        message = table(event.get("message")) or edit
        sender = words(table(event.get("sender")).get("id"))
        silent = any(message.get(key) for key in ("is_echo", "is_deleted", "is_self")) or sender == self.account_id
        if "messages" not in self.take or not message or silent:
            return None
        files = [_file(one) for one in map(table, rows(message.get("attachments"))) if not _sticker(one)]
        if message.get("attachments") and not files and not message.get("text"):
            return None
        answered = "" if edit else words(table(message.get("reply_to")).get("mid"))
        values = {"at": event.get("timestamp"), "in_reply_to_number": answered, "edit": bool(edit)}
        return self._private(words(message.get("mid")), message.get("text"), {"id": sender}, files, event, **values)

    def _private(
        self, number: str, said: Any, who: Mapping[str, Any], files: Sequence[Attachment], event: Any, **values: Any
    ) -> Item:
        payload = {
            **{"what": "message", "chat": True, "place": None, "link": ""},
            "said": words(said),
            "sender": {
                key: words(who.get(name)) for key, name in (("id", "id"), ("name", "name"), ("handle", "username"))
            },
            "attachments": talks.told(files),
            "in_reply_to_number": "",
            "message": event,
            **values,
        }
        return talks.item(number, payload, talks.moment(values.get("at")), files)

    # what is paged -----------------------------------------------------------------------------------------------

    def _paged(self, ctx: Context, window: Window, here: Position) -> Iterator[Page]:
        since = (window.since or window.until) - dates.duration(self.posts_of)
        yield from graph_pages.pages(ctx, self._base(), self.token, self._lists(), since, here)

    def _lists(self) -> Sequence[Nested]:
        posts, talk = f"{self.account_id}/feed", f"{self.account_id}/conversations"
        asked: Mapping[str, Any] = {"fields": _COMMENT, "limit": 100, "filter": "stream"}
        if self.object == "instagram":
            posts, talk = f"{self.account_id}/media", f"{talk}?platform=instagram"
            asked = {"fields": f"{_COMMENT},replies{{{_COMMENT}}}", "limit": 100}
        both = {
            "comments": Nested(outer=posts, inner="comments", params=asked, read=self._read_comment),
            "messages": Nested(outer=talk, inner="messages", params={"fields": _MESSAGE}, read=self._read_message),
        }
        return [one for what, one in both.items() if what in self.take]

    def _read_comment(self, row: Any, parent: str) -> list[Item]:
        replies = [table(one) for one in rows(table(row.get("replies")).get("data"))]
        alone = {key: value for key, value in row.items() if key != "replies"}
        told = [alone, *({"parent_id": row.get("id"), **one} for one in replies)]
        found = (self._comment({"post_id": parent, **one, "comment_id": one.get("id")}, "comment") for one in told)
        return list(filter(None, found))

    def _read_message(self, row: Any, parent: str) -> list[Item]:
        who = table(row.get("from"))
        if words(who.get("id")) == self.account_id:
            return []
        files = [_listed(table(one)) for one in rows(table(row.get("attachments")).get("data"))]
        return [self._private(words(row.get("id")), row.get("message"), who, files, row, at=row.get("created_time"))]

    def _base(self) -> str:
        return self.url.rstrip("/")


def _number(answer: Mapping[str, Any]) -> str:
    number = words(answer.get("id")) or words(answer.get("message_id"))
    if not number:
        raise Unavailable("Meta did not say that it took the answer.", code="no_id")
    return number


def _sticker(one: Mapping[str, Any]) -> bool:
    return bool(table(one.get("payload")).get("sticker_id"))


def _file(one: Mapping[str, Any]) -> Attachment:
    sort, link = words(one.get("type")), words(table(one.get("payload")).get("url"))
    return talks.file(sort, _FORMS.get(sort), link)


def _listed(one: Mapping[str, Any]) -> Attachment:
    link = words(table(one.get("image_data")).get("url")) or words(one.get("file_url"))
    return talks.file(one.get("name"), one.get("mime_type"), link, size=one.get("size"))
