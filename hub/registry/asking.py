"""The line to one registry: reads are tried again for a moment, a call that writes is made once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_chain, wait_fixed

from connectors.errors import ChannelError, Refused, Unavailable
from connectors.http import Cut, HttpAnswer, HttpClient
from connectors.net import NotReached
from hub.model import Receipt
from hub.registry.receipts import Read, answered, broken, retry_after
from hub.routing import RegistryConfig

READ_SECONDS: Final = 30.0
PAUSES: Final = (0.2, 0.6)
"""Seconds before the second and the third try of a GET; what lasts longer is the caller's next run."""
MOST_PAGES: Final = 200
_SLOW: Final = ("timeout", "connect_timeout", "too_large")
"""A try that ended so has cost half a minute or 25 MiB: two more at once would hold up everybody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Calls to one registry with its headers, whose ${secret:NAME} references `http` resolves for its host."""

    config: RegistryConfig
    http: HttpClient
    sleep: Callable[[float], None] = time.sleep

    @property
    def base(self) -> str:
        """The registry's address without a slash at its end."""
        return self.config.url.rstrip("/")

    def told(self, path: str, read: Read, **body: Any) -> Receipt:
        """One POST, one try, and what its answer means; `body` is json= or files= as requests has them."""
        try:
            answer = self._call("POST", path, timeout=self._write_seconds(), **body)
        except ChannelError as error:
            return broken(error)
        return answered(answer.status, answer.headers, answer.body, read)

    def read(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a GET; a connection or a gateway that failed for a moment is tried twice more."""
        tries = Retrying(
            sleep=self.sleep,
            stop=stop_after_attempt(1 + len(PAUSES)),
            wait=wait_chain(*map(wait_fixed, PAUSES)),
            retry=retry_if_exception(_passes_soon),
            reraise=True,
        )
        return tries(self._read_once, path, params)

    def rows(self, path: str, key: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """
        The rows under `key` of a listing and of all the pages that its `next` names, whole or ChannelError.

        Raises Unavailable: no_list, foreign_page, page_loop (also where a page leads back to one already read).
        """
        url: str | None = path
        seen: set[str] = set()
        while url is not None:
            if url in seen or len(seen) == MOST_PAGES:
                raise endless()
            seen.add(url)
            document = self.read(url, params if url == path else None)
            found = document.get(key) if isinstance(document, dict) else None
            if not isinstance(found, list):
                raise not_a_list()
            yield from (row for row in found if isinstance(row, dict))
            url = next_page(f"{self.base}{url}" if url == path else url, document.get("next"))

    def _read_once(self, path: str, params: Mapping[str, Any] | None) -> Any:
        answer = self._call("GET", path, params=params, timeout=min(READ_SECONDS, self._write_seconds()))
        if answer.status != 200:
            raise not_read(answer.status, retry_after(answer.headers))
        return answer.json()

    def _write_seconds(self) -> float:
        return (self.config.connect_timeout + self.config.read_timeout).total_seconds()

    def _call(self, method: str, path: str, **rest: Any) -> HttpAnswer:
        url = path if path.startswith(("http://", "https://")) else self.base + path
        # A kept connection that the other side closes while a create is under way makes it unknown. The client trusts one
        # for a second after its last use, which servers keep for five or more; what it finds closed it opens anew.
        return self.http.raw(method, url, headers=self.config.headers, **rest)


def next_page(here: str, given: Any) -> str | None:
    """The address of the page behind `here`; Unavailable (foreign_page) where our secrets would go to another host."""
    if not isinstance(given, str) or not given:
        return None
    new = urljoin(here, given)
    if urlsplit(new)[:2] != urlsplit(here)[:2]:
        raise Unavailable("The registry's list leads to another host.", code="foreign_page")
    return new


def endless() -> Unavailable:
    """A list that leads back to itself, or goes on for ever."""
    return Unavailable("The registry's list does not end.", code="page_loop")


def short_list() -> Unavailable:
    """A list that ends before all of what it counts was shown."""
    return Unavailable("The registry's list shows fewer rows than it counts.", code="short_list")


def not_a_list() -> Unavailable:
    """An answer without the rows that were asked for."""
    return Unavailable("The registry's answer is not the list that was asked for.", code="no_list")


def not_read(status: int, wait: float | None) -> ChannelError:
    """The error for a GET that was not answered with 200."""
    code = f"http_{status}"
    if status in (401, 403):
        return Refused(f"The registry answered HTTP {status}.", hint="Look at its headers and secrets.", code=code)
    return Unavailable(f"The registry answered HTTP {status}.", code=code, retry_after=wait)


def _passes_soon(error: BaseException) -> bool:
    """Whether a GET may succeed in a moment; a registry that says how long it wants to rest is left alone."""
    if isinstance(error, NotReached | Cut):
        return error.code not in _SLOW
    brief = isinstance(error, Unavailable) and error.code in ("http_502", "http_503")
    return brief and getattr(error, "retry_after", None) is None
