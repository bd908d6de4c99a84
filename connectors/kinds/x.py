"""X: posts that mention an account, by API v2; answers are public and only point to a link."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

from connectors import dates, strictjson, talks
from connectors.base import Context, Item, Page, Position, Recall, Reply, Window, kind
from connectors.errors import Misconfigured, Refused, Unavailable

_FIELDS = {
    "tweet.fields": "created_at,author_id,conversation_id,entities,note_tweet,referenced_tweets",
    "expansions": "author_id",
    "user.fields": "username,name",
}
_EXPIRED = frozenset({"http_400", "http_404", "http_410"})
_LONGEST = 280


@kind("x")
@dataclass(frozen=True, slots=True, kw_only=True)
class X:
    """The mentions of one account; the fields are the keys of `with`."""

    once: ClassVar[bool] = True  # every thing has a number that the server gave it
    moving: ClassVar[bool] = False  # pages follow a token and a since-id, so rows do not move between them
    repeatable: ClassVar[bool] = False  # a post that is sent twice shows twice
    gathers: ClassVar[bool] = True  # one pointer serves for all that is new
    public: ClassVar[bool] = True  # everybody reads what is posted
    loose: ClassVar[bool] = True  # mentions and hashtags stand in every text

    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": ["token API X dengan hak baca", "nomor (bukan nama) akun yang disebut warga"],
        "en": ["a token of the X API that may read", "the number (not the name) of the account that citizens mention"],
    }

    url: str
    """https://api.x.com, with or without the /2 of the version."""
    token: str
    user_id: str
    size: int = 100
    reply_by: Mapping[str, Any] = field(default_factory=dict)
    """The manifest's `reply`: {text, news, incomplete, link, url, token}; {link} and {date} in text and news, {ref} in link."""

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """Mentions behind the mark, newest first; the end is an answer without next_token."""
        here = {"since_id": str(window.after.get("since_id") or ""), **(start or {})}
        newest = str(here.get("newest") or here["since_id"])
        token = str(here.get("token") or "")
        seen: set[str] = set()
        while True:
            items, following = self._page(ctx, here["since_id"], token)
            newest = _greater([newest, *(str(item.payload["id"]) for item in items if item.ref)])
            seen.add(token)
            if following and following in seen:
                raise Unavailable("The pages of the listing turn in a circle.", code="loop")
            token = following
            position = {"since_id": here["since_id"], "newest": newest, **({"token": token} if token else {})}
            yield Page(items=items, end=not token, next=position)
            if not token:
                return

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """The newest id of a complete pass."""
        newest = str(pages[-1].next.get("newest") or "") if pages and pages[-1].next else ""
        return {"since_id": newest} if newest else dict(before)

    def sample(self, ctx: Context, body: bytes) -> Sequence[Item]:
        """The posts of an answer that somebody has in a file."""
        try:
            answer = strictjson.parse(body)
        except strictjson.BadJson as error:
            raise Unavailable("The file is no JSON.", code=str(error)) from None
        data = answer.get("data") if isinstance(answer, dict) and "meta" not in answer else None
        posts = [data] if isinstance(data, dict) else data if isinstance(data, list) else _checked(answer)[0]
        users = _users(answer)
        return [_item(post, users) for post in posts]

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        """Post an answer under the mention: the manifest's text with its link, never the answer's own words; the post's id."""
        url = str(self.reply_by.get("url") or f"{self._base()}/tweets")
        token = str(self.reply_by.get("token") or self.token)
        body = {
            "text": talks.pointer(reply, self.reply_by, _LONGEST),
            "reply": {"in_reply_to_tweet_id": str(reply.ref)},
        }
        answer = ctx.http.send("POST", url, json=body, headers={"Authorization": f"Bearer {token}"}).json()
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), dict) or not answer["data"].get("id"):
            raise Unavailable("X did not say that it took the post.", code="no_id")
        return str(answer["data"]["id"])

    def _page(self, ctx: Context, since: str, token: str) -> tuple[list[Item], str]:
        params = {**_FIELDS, "max_results": self.size}
        params |= {name: value for name, value in (("since_id", since), ("pagination_token", token)) if value}
        url = f"{self._base()}/users/{quote(str(self.user_id), safe='')}/mentions"
        try:
            answer = ctx.http.send("GET", url, params=params, headers={"Authorization": f"Bearer {self.token}"}).json()
        except (Unavailable, Misconfigured) as error:
            if token and error.code in _EXPIRED:
                raise Unavailable("X has forgotten where we were.", code="cursor_expired") from None
            raise
        data, meta = _checked(answer)
        users = _users(answer)
        return [_item(post, users) for post in data], str(meta.get("next_token") or "")

    def _base(self) -> str:
        plain = self.url.rstrip("/")
        return plain if plain.endswith("/2") else f"{plain}/2"


def _checked(answer: Any) -> tuple[list[Any], Mapping[str, Any]]:
    """The posts of a page, if it is whole: its own count agrees, and no error beside hides a post."""
    if not isinstance(answer, dict) or not isinstance(meta := answer.get("meta"), dict):
        errors = answer.get("errors") if isinstance(answer, dict) else None
        if errors:
            raise Refused(
                "X answers with errors instead of posts.", hint="Look at the token's rights.", code="x_errors"
            )
        raise Unavailable("The page is not in the shape of API v2.", code="not_a_list")
    data, count = answer.get("data", []), meta.get("result_count")
    # A page of no posts leaves `data` out; errors beside data are about expansions (a suspended author) and hide no post.
    if not isinstance(data, list) or not isinstance(count, int) or count != len(data):
        raise Unavailable("The page holds another number of posts than it says.", code="short_page")
    return data, meta


def _users(answer: Mapping[str, Any]) -> dict[str, Any]:
    includes = answer.get("includes")
    users = includes.get("users") if isinstance(includes, dict) else None
    return (
        {str(user.get("id")): user for user in users or () if isinstance(user, dict)} if isinstance(users, list) else {}
    )


def _item(post: Any, users: Mapping[str, Any]) -> Item:
    if not isinstance(post, dict):
        return Item(ref=None, raw=_written(post), payload=None, trouble="not_an_object")
    payload = {**post, "author": users.get(str(post.get("author_id")))}
    if long := talks.words(talks.table(post.get("note_tweet")).get("text")):
        payload["text"] = long  # `text` is cut off after 280 characters
    usable = isinstance(post.get("id"), str) and post["id"].isascii() and post["id"].isdigit()
    stamp = post.get("created_at")
    return Item(
        ref=strictjson.ref_text(post["id"]) if usable else None,
        raw=_written(payload),
        payload=payload,
        stamp=_stamp(stamp),
        created=None if stamp is None else _written(stamp).decode(),
        trouble=None if usable else "bad_ref",
    )


def _written(value: Any) -> bytes:
    # Post and author come apart, so the item's bytes are made here: sorted, ASCII, nothing lost.
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str).encode()


def _stamp(text: Any) -> datetime | None:
    try:
        return dates.read(text, "iso", "UTC")[0].astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _greater(ids: Sequence[str]) -> str:
    """The greatest of decimal ids of any length; "" where there is none."""
    return max((one for one in ids if one), key=lambda one: (len(one), one), default="")
