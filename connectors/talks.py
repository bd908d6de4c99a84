"""What kinds of messaging have in common: an item's bytes, moments, handshakes, and texts too long for one message."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from connectors import dates, strictjson
from connectors.base import Attachment, Item, Push, Reply
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable

_BREAKS: Final = ("\n\n", "\n", ". ", " ")
"""Where a long text may be cut, the best place first."""
_PHONE: Final = re.compile(r"[1-9][0-9]{6,14}")
_INCOMPLETE: Final = (
    "Laporan Anda belum dapat kami teruskan karena belum lengkap. "
    "Mohon balas kiriman ini dalam 10 hari: apa yang terjadi, dan di mana."
)
"""What a region says in public to somebody whose complaint lacks something, where its manifest has no sentence for it."""
_NEWS: Final = "Ada kabar baru tentang laporan Anda"
"""What it says where nobody has answered yet and only the status has changed."""
_FORM: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")
_LONGEST_NAME: Final = 200
_LARGEST: Final = 2**62
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def item(ref: str, payload: Mapping[str, Any], at: datetime | None, files: Sequence[Attachment] = ()) -> Item:
    """One message under its number; `raw` are its bytes in one order of keys, so that the same message is the same."""
    text = strictjson.string_ref(ref) if ref else None
    return Item(
        ref=text,
        raw=written(payload),
        payload=payload,
        stamp=at,
        attachments=files,
        trouble=None if text else "bad_ref",
    )


def strange(raw: Any, trouble: str = "not_an_object") -> Item:
    """What stands where a message should and is none: kept, with its trouble."""
    return Item(ref=None, raw=raw if isinstance(raw, bytes) else written(raw), payload=None, trouble=trouble)


def written(value: Any) -> bytes:
    """JSON in one form: sorted, ASCII, nothing lost."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str).encode()


def parsed(push: Push) -> Any:
    """The body of a push as strict JSON; raises strictjson.BadJson."""
    return strictjson.parse(push.body)


def sampled(body: bytes, keys: Collection[str], read: Callable[[Any], Sequence[Item]]) -> list[Item]:
    """The items of what a file of somebody's holds: one thing that has one of these keys, or a list or a table of them."""
    try:
        found = strictjson.parse(body)
    except strictjson.BadJson as error:
        return [strange(body, str(error))]
    one = isinstance(found, dict) and (bool(found.keys() & set(keys)) or not all(map(table, found.values())))
    things = [found] if one or not found else found.values() if isinstance(found, dict) else rows(found) or [found]
    return [item for thing in things for item in read(thing)]


def table(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> Sequence[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else ()


def words(value: Any) -> str:
    """The value where it is text or a whole number, else nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def moment(value: Any) -> datetime | None:
    """UNIX seconds or milliseconds, as number or text, or ISO 8601; None for anything else."""
    try:
        form = "unix" if words(value).isdigit() else "iso"
        found = dates.read(int(words(value)) if form == "unix" else value, form, "UTC")[0].astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return found if found < _LATEST else None


def phone(digits: Any) -> str:
    """A number as messengers write it (country code, no sign) in E.164; "" where it is none."""
    plain = words(digits).removeprefix("+")
    return f"+{plain}" if _PHONE.fullmatch(plain) else ""


def hexadecimal(digest: Any) -> str | None:
    """A SHA-256 in base64, as Meta gives it, in hexadecimal digits; None for anything else."""
    try:
        found = base64.b64decode(words(digest), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found.hex() if len(found) == 32 else None


def file(name: Any, form: Any, link: str | None, *, size: Any = None, sha256: str | None = None) -> Attachment:
    """A file by its address, with nothing in it that no table can hold: names, types and sizes are written by strangers."""
    plain = words(form).partition(";")[0].strip().lower()
    sane = isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= _LARGEST
    return Attachment(
        name=(words(name).replace("\0", "").strip() or "file")[-_LONGEST_NAME:],
        media_type=plain if _FORM.fullmatch(plain) else "application/octet-stream",
        size=size if sane else None,
        sha256=sha256,
        url=link if link and link.isascii() and link.isprintable() else None,
    )


def told(files: Sequence[Attachment]) -> list[dict[str, Any]]:
    """Files as a manifest's `attachments` reads them; the bytes are fetched by what the item itself names."""
    return [
        {
            key: value
            for key, value in (
                ("name", one.name),
                ("media_type", one.media_type),
                ("size", one.size),
                ("sha256", one.sha256),
            )
            if value is not None
        }
        for one in files
    ]


def same(given: str, own: str) -> bool:
    """Compare what somebody sent with a secret, in a time that tells nothing; an empty secret equals nothing."""
    return bool(own) and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), own.encode())


def unsigned(what: str) -> Refused:
    """The error for a push that is not from whom it should be."""
    return Refused(what, hint="Compare the secret in the channel's settings with the hub's.", code="bad_signature")


def late(now: datetime, last: datetime | None, window: timedelta) -> bool:
    """Whether so long has passed since somebody's last word that his door is closed."""
    return last is None or now - last >= window


def last_word(reply: Reply) -> datetime | None:
    """When the person who is answered last wrote, as far as anybody knows."""
    return max((one for one in (moment(reply.payload.get("at")), reply.heard) if one), default=None)


def pieces(text: str, most: int) -> list[str]:
    """The text in as few messages of at most `most` characters as its paragraphs, lines and words allow."""
    found: list[str] = []
    rest = text.strip()
    while len(rest) > most:
        cut = next((at for sign in _BREAKS if (at := rest.rfind(sign, most // 2, most)) > 0), most - 1)
        found.append(rest[: cut + 1].strip())
        rest = rest[cut + 1 :].strip()
    return [*found, rest] if rest else found


def sent(text: str, most: int, send: Callable[[str, bool], str]) -> str | None:
    """Hand a text over in pieces, `send(piece, is_first)` giving each its number; the number of the first one.

    Once a piece has been taken the outcome of the rest is unknown, so that nothing is sent again from its beginning.
    """
    number = ""
    for one in pieces(text, most):
        try:
            given = send(one, not number)
        except ChannelError:
            if number:
                raise Unavailable("Only the beginning of a long answer was taken.", code="half_sent") from None
            raise
        number = number or given
    return number or None


def place(location: Any, *names: Any) -> Mapping[str, Any] | None:
    """A shared location with what it is called; None where nothing was shared."""
    found = table(location)
    if not found:
        return None
    named = ", ".join(filter(None, map(words, names)))
    return {"latitude": found.get("latitude"), "longitude": found.get("longitude"), "text": named}


def merged(items: Sequence[Item], albums: dict[str, str]) -> list[Item]:
    """Several photos sent at once (`album` in the payload) are their first one with all others beside.

    What comes on a later page answers the first one. `albums` keeps which that was: album -> number.
    """
    found: list[Item] = []
    here: dict[str, int] = {}
    for item in items:
        album, number = words(table(item.payload).get("album")), words(table(item.payload).get("number"))
        if album in here:
            found[here[album]] = _together(found[here[album]], item)
        elif album and number and albums.setdefault(album, number) != number:
            found.append(_changed(item, in_reply_to_number=item.payload["in_chat"] + albums[album]))
        else:
            here |= {album: len(found)} if album else {}
            found.append(item)
    return found


def _together(one: Item, other: Item) -> Item:
    files = [*one.attachments, *other.attachments]
    said = "\n".join(text for text in (one.payload["said"], other.payload["said"]) if text)
    beside = [*one.payload.get("beside", ()), other.payload["message"]]
    return replace(_changed(one, said=said, attachments=told(files), beside=beside), attachments=files)


def _changed(item: Item, **values: Any) -> Item:
    payload = {**item.payload, **values}
    return replace(item, payload=payload, raw=written(payload))


def pointer(reply: Reply, written_by: Mapping[str, Any], longest: int) -> str:
    """What everybody reads: the manifest's `text`, `news` or `incomplete` with {link} and {date}, never an answer's words.

    Social networks take no text twice, so from the second on one has a date, wherever the text has none.
    """
    text, link = words(written_by.get("text")), words(written_by.get("link"))
    if reply.asks:
        text = words(written_by.get("incomplete")) or _INCOMPLETE
    elif not reply.answers:
        text = words(written_by.get("news")) or (f"{_NEWS}, lihat {{link}}" if link else f"{_NEWS}.")
    if reply.number > 1 and reply.date and "{date}" not in text:
        text = f"{text} ({{date}})"
    values = {
        "{link}": link.replace("{ref}", quote(str(reply.ref), safe="", errors="replace")),
        "{date}": reply.date,
    }
    said = re.sub(r"\{(?:link|date)\}", lambda found: values[found[0]], text).strip()
    if not said or len(said) > longest:
        raise Misconfigured("reply.text is missing or longer than a post.", hint="Add reply: {text, link}.")
    return said
