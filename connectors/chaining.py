"""The way through a listing along tokens or links, one page asked ahead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urljoin

from requests.utils import parse_header_links

from connectors.base import Answer, Http, Page
from connectors.errors import ChannelError, Refused, Unavailable
from connectors.http import same_place
from connectors.lines import Coming
from connectors.walks import Walk

_EXPIRED = frozenset({"http_400", "http_404", "http_410", "http_422"})
_LONGEST_TOKEN = 8192


@dataclass(slots=True, kw_only=True)
class Chained(Walk):
    """Each page says where the next one is."""

    def _walked(self) -> Iterator[Page]:
        cursor = self.page["style"] == "cursor"
        onward = self.start.get("onward")
        seen = {onward}
        coming = self.lines.ask(partial(self._linked, onward))
        while True:
            answer = self._fresh(coming, onward)
            page = self._taken(answer)
            following = self._token(page) if cursor else self._link(page, answer)
            if following is None or (self.total is not None and self.count >= self.total and not self._length(page)):
                self._doubt_shrinking()
                yield self._placed(replace(page, end=True, uncounted=self._uncounted()), {})
                return
            if following in seen:
                raise Unavailable("The listing leads back to a page that was read.", code="loop")
            seen.add(following)
            onward, coming = following, self.lines.ask(partial(self._linked, following))
            yield self._placed(replace(page, more=True), {"onward": onward})

    def _linked(self, onward: str | None, http: Http) -> Answer:
        if onward is None:
            return self._send(http, self.url, self._sized())
        if self.page["style"] == "link":
            return self._send(http, onward, None, verbatim=True)
        return self._send(http, self.url, {**self._sized(), str(self.page.get("param", "cursor")): onward})

    def _fresh(self, coming: Coming[Answer], onward: str | None) -> Answer:
        try:
            return coming.wait()
        except ChannelError as error:
            if onward is not None and error.code in _EXPIRED:
                raise Unavailable("The portal has forgotten where we were.", code="cursor_expired") from None
            raise

    def _token(self, page: Page) -> str | None:
        token = (page.next or {}).get("next")
        if token is None or token is False or token == "":
            return None
        if not isinstance(token, str | int) or isinstance(token, bool) or len(str(token)) > _LONGEST_TOKEN:
            raise Unavailable("The next token is no text.", code="bad_next")
        return str(token)

    def _link(self, page: Page, answer: Answer) -> str | None:
        """Where the listing goes on: RFC 8288 rel=next, or the address that the page holds; never to another host."""
        link = (page.next or {}).get("next") if self.page.get("next") else _header_link(answer)
        if link is None or link == "":
            return None
        if not isinstance(link, str) or len(link) > _LONGEST_TOKEN:
            raise Unavailable("The next link is no address.", code="bad_next")
        found = _joined(answer.url, link)
        if found is None:
            hint = "The listing may only go on at the address of the manifest."
            raise Refused("The next link leads to another place.", hint=hint, code="other_host")
        return found


def _header_link(answer: Answer) -> str | None:
    for one in parse_header_links(answer.headers.get("Link", "")):
        if "next" in str(one.get("rel", "")).lower().split():
            return str(one["url"])
    return None


def _joined(base: str, link: str) -> str | None:
    """The absolute address, if it stays within scheme, host and port of the one that gave it."""
    try:
        found = urljoin(base, link)
    except ValueError:
        return None
    return found if same_place(found, base) else None
