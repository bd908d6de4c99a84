"""HTTP for every channel and registry: over the checked dialler, with limits on size and time, and mute about secrets."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from connectors import strictjson
from connectors.adapter import Adapter, Wire
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.net import Dial, NotReached
from connectors.trust import Tls

if TYPE_CHECKING:
    from tenacity import RetryCallState

logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # its debug lines quote paths and queries

MIB = 1024 * 1024
TRIES = 3
LONGEST_WAIT = 4.0
REDIRECTS = 3
FRESH = 1.0
"""Seconds for which an idle connection is trusted with a request that must not be sent twice."""
_MOVED = (301, 302, 303, 307, 308)
_REST = (408, 425, 429)
_CHUNK = 256 * 1024
_PIECES = 200_000
"""Chunks of one answer; each costs processor time however short it is (whoever sends each byte by itself ends here)."""
_SAID = 64 * 1024
"""Bytes of an answer that an error keeps for the kind that asked."""


class Cut(Unavailable):
    """The connection ended after bytes had been sent; what the other side did with them is not known."""

    code = "cut"
    sent = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """One answer with any status; address, headers and body do not show in its repr."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)

    def json(self) -> Any:
        """The body as strict JSON; raises Unavailable (code not_json, doubled_key, too_deep …)."""
        try:
            return strictjson.parse(self.body)
        except strictjson.BadJson as error:
            raise Unavailable(f"{_place(self.url)} answered no usable JSON ({error}).", code=str(error)) from None


_looks = threading.local()


@contextmanager
def last_look(may_leave: Callable[[], bool]) -> Iterator[None]:
    """Inside the block each request of this thread asks just before it leaves; refused, it is NotReached (late)."""
    _looks.may_leave = may_leave
    try:
        yield
    finally:
        del _looks.may_leave


class HttpClient:
    """HTTP for one thread: `send` judges the status and retries reads shortly, `raw` gives every answer as it is."""

    def __init__(
        self,
        dial: Dial,
        secret: Callable[[str, str], str],
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        *,
        jitter: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
        timeout: float = 60.0,
        biggest: int = 25 * MIB,
        tls: Tls | None = None,
    ) -> None:
        """`timeout` is the whole time of one try in seconds, `biggest` the bytes of a decoded body.

        `tls`: whose certificates are believed, beside the public authorities.
        """
        self._secret, self._clock, self._sleep, self._jitter = secret, clock, sleep, jitter
        self._timeout, self._biggest = timeout, biggest
        self._wire = Wire(dial, monotonic)
        self._session = _session(self._wire, tls)
        self._left = False

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        verbatim: bool = False,
        beyond: Collection[str] = (),
        form: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """A 2xx answer, or 304 to a conditional request; raises Unavailable, Refused or Misconfigured.

        GET only: up to 3 tries within about 10 s. `verbatim`: references to secrets in `url` are left as they stand.
        `beyond`: hosts, with their sub-domains, to which a redirect may lead over the same scheme, without our headers.
        """

        def once() -> HttpAnswer:
            return self._judged(method, url, headers, verbatim, beyond, params=params, json=json, data=form)

        try:
            return once()
        except ChannelError as error:
            if method.upper() != "GET" or not self._again(error):
                raise
            return self._retried(error, once)

    def _retried(self, error: ChannelError, once: Callable[[], HttpAnswer]) -> HttpAnswer:
        """The tries behind a first one that ended with this error; imported here, because most runs need none."""
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        failed = [error]

        def tried() -> HttpAnswer:
            if failed:
                raise failed.pop()
            return once()

        again, stop = retry_if_exception(self._again), stop_after_attempt(TRIES)
        return Retrying(sleep=self._sleep, stop=stop, wait=self._wait, retry=again, reraise=True)(tried)

    def _again(self, error: BaseException) -> bool:
        return not self._left and _passes_soon(error)

    def abandon(self) -> None:
        """From another thread: end what is under way, and try nothing again."""
        self._left = True
        self._wire.cut()

    def raw(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> HttpAnswer:
        """One answer of any status, one try, no redirect; raises NotReached (nothing sent), Cut (sent) or Misconfigured.

        References to secrets are resolved in `url` and `headers` only; `files` as requests has it. The limits of time
        and size end in Cut with code timeout or too_large.
        """
        address, heads = self._resolved(url, headers or {})
        body = {"params": params, "json": json, "data": data, "files": files}
        return self._once(method, address, heads, timeout or self._timeout, **body)

    def _once(self, method: str, address: str, headers: Mapping[str, str], timeout: float, **rest: Any) -> HttpAnswer:
        place, rest = _place(address), rest | {"headers": headers, "timeout": timeout}
        if method.upper() != "GET" and self._wire.idle() > FRESH:
            self._session.close()  # a connection that the other side closed meanwhile would leave the outcome unknown
        self._wire.begin(timeout)
        if (may_leave := getattr(_looks, "may_leave", None)) is not None and not may_leave():
            raise NotReached(f"The request to {place} was held up for too long and was not sent.", code="late")
        try:
            with self._session.request(method, address, allow_redirects=False, stream=True, **rest) as got:
                body = self._body(got, place)
                return HttpAnswer(status=got.status_code, headers=got.headers, body=body, url=got.url)
        except ChannelError:
            raise
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.InvalidHeader):
            raise Misconfigured(f"The request to {place} has a malformed address or header.", code="bad_url") from None
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            raise self._failure(place, error) from None
        except ValueError:
            raise Misconfigured(f"The request to {place} cannot be written.", code="bad_request") from None

    def _resolved(self, url: str, headers: Mapping[str, str], verbatim: bool = False) -> tuple[str, dict[str, str]]:
        parts = _parts(url)
        host = parts.host or ""
        address = url if verbatim else self._secret(url, host)
        if _parts(address).netloc != parts.netloc:
            raise Misconfigured("A secret may not stand in the host of an address.", code="bad_url")
        return address, {name: self._secret(value, host) for name, value in headers.items()}

    def _body(self, response: requests.Response, place: str) -> bytes:
        length = response.raw.length_remaining
        if length is not None and length <= self._biggest and "Content-Encoding" not in response.headers:
            return bytes(response.raw.read(decode_content=True))  # of known length: read into its place, copied nowhere
        parts, size = [], 0
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            parts.append(chunk)
            size += len(chunk)
            if size > self._biggest:
                raise Cut(f"{place} answered more than {self._biggest // MIB} MiB.", code="too_large")
            if len(parts) > _PIECES:
                raise Cut(f"{place} answered in more than {_PIECES} pieces.", code="too_large")
        return b"".join(parts)

    def _failure(self, place: str, error: BaseException) -> ChannelError:
        late = self._wire.left() <= 0 or isinstance(error, (requests.Timeout, TimeoutError))
        if self._wire.sent:
            what = "did not answer in time" if late else "cut the connection"
            return Cut(f"{place} {what}.", code="timeout" if late else "cut")
        if isinstance(error, requests.exceptions.SSLError):
            return NotReached(f"{place} has no certificate that can be trusted.", code="tls")
        return NotReached(f"{place} could not be reached.", code="connect_timeout" if late else "connect")

    def _judged(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        verbatim: bool,
        beyond: Collection[str],
        **rest: Any,
    ) -> HttpAnswer:
        address, heads = self._resolved(url, headers or {}, verbatim)
        answer = self._once(method, address, heads, self._timeout, **rest)
        for _ in range(REDIRECTS):
            if answer.status not in _MOVED:
                break
            # What the portal wrote into Location is never searched for references to secrets.
            where = _moved(method, answer, beyond)
            heads = heads if same_place(where, answer.url) else {}
            answer = self._once(method, where, heads, self._timeout)
        if 200 <= answer.status < 300 or (answer.status == 304 and _conditional(heads)):
            return answer
        error = self._error(method, answer)
        error.said = answer.body[:_SAID]
        raise error

    def _error(self, method: str, answer: HttpAnswer) -> ChannelError:
        status, code, place = answer.status, f"http_{answer.status}", _place(answer.url)
        what = f"{place} answered HTTP {status}."
        if status in (401, 403):
            return Refused(what, hint="The channel's owner has to look at key and rights.", code=code)
        if status in _MOVED:
            return Refused(f"{place} redirects without end.", code="redirect")
        if status in (404, 410) and method.upper() == "GET":
            return Unavailable(what, code=code)
        if 400 <= status < 500 and status not in _REST:
            return Misconfigured(what, hint="Compare address, method and parameters with the manifest.", code=code)
        return Unavailable(what, code=code, retry_after=self._retry_after(answer.headers.get("Retry-After", "")))

    def _retry_after(self, text: str) -> float | None:
        """Seconds of a Retry-After header, given as such or as an HTTP date (RFC 9110 10.2.3)."""
        if text.strip().isascii() and text.strip().isdigit():
            return float(text.strip()[:9])
        try:
            when = parsedate_to_datetime(text)
            return max(((when if when.tzinfo else when.replace(tzinfo=UTC)) - self._clock()).total_seconds(), 0.0)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after", None)
        return float(asked) if asked is not None else self._jitter() * min(float(2**state.attempt_number), LONGEST_WAIT)


def _conditional(headers: Mapping[str, str]) -> bool:
    return any(name.lower() in ("if-none-match", "if-modified-since") for name in headers)


def _passes_soon(error: BaseException) -> bool:
    """Whether a short wait may help: connection failures, 5xx and 429, unless the other side asks for a long wait."""
    if not isinstance(error, Unavailable) or (error.retry_after or 0.0) > LONGEST_WAIT:
        return False
    return isinstance(error, NotReached) or error.code in ("cut", "http_429") or error.code.startswith("http_5")


def _leads(new: str, old: str, beyond: Collection[str]) -> bool:
    (scheme, host, _), (before, *_) = _origin(new), _origin(old)
    return scheme == before and any(host == one or str(host).endswith(f".{one}") for one in beyond)


def same_place(one: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port; one that cannot be read is nowhere."""
    try:
        return _origin(one) == _origin(other)
    except (ValueError, Misconfigured):
        return False


def _moved(method: str, answer: HttpAnswer, beyond: Collection[str]) -> str:
    """Where a redirect leads, if it stays within scheme, host and port or leads to `beyond`; a login elsewhere is a refusal."""
    where = answer.headers.get("Location", "")
    try:
        new = urljoin(answer.url, where)
        same = (
            bool(where)
            and method.upper() == "GET"
            and (_origin(new) == _origin(answer.url) or _leads(new, answer.url, beyond))
        )
    except (ValueError, Misconfigured):  # what the portal wrote there is no address, which is not the manifest's fault
        same = False
    if not same:
        what = f"{_place(answer.url)} redirects to another place."
        raise Refused(what, hint="Perhaps a login is asked.", code="redirect")
    return new


def _origin(url: str) -> tuple[str | None, str | None, int | None]:
    parts = _parts(url)
    return parts.scheme, parts.host, parts.port or (443 if parts.scheme == "https" else 80)


def _parts(url: str) -> Url:
    """The address as requests will read it (one parser, so no two opinions about the host)."""
    try:
        parts = parse_url(url)
    except HTTPError:
        parts = Url()
    if parts.scheme not in ("http", "https") or not parts.host or parts.auth or "\\" in url or url != url.strip():
        hint = "Use http:// or https:// with a host; a password belongs into a header, as a secret."
        raise Misconfigured("The address is not usable.", hint=hint, code="bad_url")
    return parts


def _place(url: str) -> str:
    return _parts(url).host or "the host"


class _Session(requests.Session):
    """Reads no Location of its own accord: where a redirect leads is judged here, and nonsense in it is no wrong request."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


def _session(wire: Wire, tls: Tls | None) -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    heads = {"User-Agent": "satupintu", "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
    session.headers.update(heads)
    adapter = Adapter(wire, tls)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
