"""A make-believe X: the mentions of one account in the shape of API v2, newest first, and a place for replies."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.faults import Cut, Switches, wanted
from sandbox.story import X_USER, story

TOKEN = "sandbox-x-bearer-not-a-real-secret"
FAULTS: Mapping[str, Iterable[str]] = {
    "down": ("*",),
    "html_200": ("*",),
    "slow": ("*",),
    "429_with_retry_after": ("*",),
}
_ALWAYS = ("id", "text")
_PROBLEM = "https://api.twitter.com/2/problems/"


@dataclass(slots=True)
class XState:
    """Posts that mention the account, their authors, and the replies that were sent."""

    posts: list[dict[str, Any]] = field(default_factory=lambda: copy.deepcopy(story().posts))
    users: dict[str, dict[str, str]] = field(default_factory=lambda: copy.deepcopy(story().users))
    user_id: str = X_USER
    token: str = TOKEN
    switches: Switches = field(
        default_factory=lambda: Switches(usual=FAULTS, valued=frozenset({"slow", "429_with_retry_after"}))
    )
    replies: list[dict[str, Any]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def mentions(self, since: int, start: int, size: int) -> tuple[list[dict[str, Any]], bool]:
        """A part of the posts with a greater id, newest first, and whether more follow."""
        with self.lock:
            newer = sorted((post for post in self.posts if int(post["id"]) > since), key=_number, reverse=True)
            return newer[start : start + size], start + size < len(newer)

    def reply(self, text: str, to: str | None) -> str:
        """Keep a reply; its id."""
        with self.lock:
            new = str(1_990_000_000_000_000_000 + len(self.replies))
            self.replies.append({"id": new, "text": text, "in_reply_to": to})
            return new

    def has_said(self, text: str, to: str | None) -> bool:
        """The account has answered this post in these words already, which X does not take twice."""
        with self.lock:
            return any((one["text"], one["in_reply_to"]) == (text, to) for one in self.replies)


def _number(post: dict[str, Any]) -> int:
    return int(post["id"])


def app(state: XState | None = None) -> FastAPI:
    """X as an ASGI app: `/2/users/{id}/mentions`, `/2/tweets`, and `/_sandbox`."""
    state = state or XState()
    api = FastAPI(openapi_url=None)
    api.include_router(_v2(state))
    api.include_router(_sandbox(state))
    return api


def _v2(state: XState) -> APIRouter:
    routes = APIRouter(prefix="/2")

    @routes.get("/users/{user}/mentions")
    async def mentions(request: Request, user: str) -> Response:
        early = await _spoilt(state, request, "mentions")
        return early if early is not None else _mentions(state, request, user)

    @routes.post("/tweets")
    async def tweets(request: Request) -> Response:
        early = await _spoilt(state, request, "tweets")
        return early if early is not None else _reply(state, await request.json())

    return routes


async def _spoilt(state: XState, request: Request, endpoint: str) -> Response | None:
    with state.lock:
        state.calls[endpoint] += 1
    if request.headers.get("authorization") != f"Bearer {state.token}":
        return JSONResponse({"title": "Unauthorized", "type": "about:blank", "status": 401}, 401)
    if state.switches.hit("down", endpoint):
        return Cut()
    wait = state.switches.value("429_with_retry_after", 2)
    if state.switches.hit("429_with_retry_after", endpoint):
        return JSONResponse({"title": "Too Many Requests", "status": 429}, 429, headers={"Retry-After": str(wait)})
    if state.switches.hit("html_200", endpoint):
        return HTMLResponse("<!doctype html><title>X</title>")
    seconds = state.switches.value("slow", 5)
    if state.switches.hit("slow", endpoint):
        await asyncio.sleep(seconds)
    return None


def _wrong(parameter: str, value: str) -> Response:
    error = {"parameters": {parameter: [value]}, "message": f"The `{parameter}` query parameter value is not valid"}
    return JSONResponse(
        {"errors": [error], "title": "Invalid Request", "type": _PROBLEM + "invalid-request", "status": 400}, 400
    )


def _mentions(state: XState, request: Request, user: str) -> Response:
    query = request.query_params
    given = {"since_id": "0", "max_results": "10", "pagination_token": "p0", **query}
    if user != state.user_id:
        return JSONResponse({"title": "Not Found Error", "type": _PROBLEM + "resource-not-found", "status": 404}, 404)
    for name in ("since_id", "max_results"):
        if not given[name].isdecimal():
            return _wrong(name, given[name])
    size, token = int(given["max_results"]), given["pagination_token"]
    if not 5 <= size <= 100:
        return _wrong("max_results", given["max_results"])
    if not (token[:1] == "p" and token[1:].isdecimal()):
        return _wrong("pagination_token", token)
    start = int(token[1:])
    posts, more = state.mentions(int(given["since_id"]), start, size)
    return JSONResponse(_shaped(state, posts, query, f"p{start + size}" if more else None))


def _shaped(
    state: XState, posts: list[dict[str, Any]], query: Mapping[str, str], following: str | None
) -> dict[str, Any]:
    """The answer's three parts; an empty page has no `data`, as at the real API."""
    meta: dict[str, Any] = {"result_count": len(posts)}
    if following is not None:
        meta["next_token"] = following
    if not posts:
        return {"meta": meta}
    meta.update(newest_id=posts[0]["id"], oldest_id=posts[-1]["id"])
    fields = {*_ALWAYS, *filter(None, query.get("tweet.fields", "").split(","))}
    expanded = "author_id" in query.get("expansions", "").split(",")
    fields |= {"author_id"} if expanded else set()
    answer: dict[str, Any] = {"data": [{key: post[key] for key in post if key in fields} for post in posts]}
    answer["meta"] = meta
    if expanded:
        authors = dict.fromkeys(post["author_id"] for post in posts)
        answer["includes"] = {"users": [state.users[author] for author in authors]}
    return answer


def _reply(state: XState, sent: Any) -> Response:
    if not isinstance(sent, dict) or not isinstance(text := sent.get("text"), str) or not 1 <= len(text) <= 280:
        return _wrong("text", "")
    to = (sent.get("reply") or {}).get("in_reply_to_tweet_id")
    if state.has_said(text, to):
        detail = "You are not allowed to create a Tweet with duplicate content."
        return JSONResponse({"detail": detail, "title": "Forbidden", "type": "about:blank", "status": 403}, 403)
    return JSONResponse({"data": {"id": state.reply(text, to), "text": text}}, 201)


def _sandbox(state: XState) -> APIRouter:
    routes = APIRouter(prefix="/_sandbox")

    @routes.post("/switch")
    async def switch(request: Request) -> Response:
        try:
            for name, value in wanted(await request.json()).items():
                state.switches.set(name, value)
        except (KeyError, ValueError) as unknown:
            return JSONResponse({"message": f"no switch named {unknown}"}, 422)
        return JSONResponse(state.switches.showing())

    @routes.get("/answers")
    async def answers() -> Response:
        with state.lock:
            return JSONResponse({"count": len(state.replies), "answers": state.replies})

    @routes.get("/calls")
    async def calls() -> Response:
        with state.lock:
            return JSONResponse(dict(state.calls))

    return routes
