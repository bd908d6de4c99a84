"""A published Google Sheet, read as CSV: whole in one answer, rows known by an id column or by what they say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from connectors.base import Answer, Context, Item, Page, Position, Recall, Window, kind
from connectors.errors import Refused
from connectors.limited import Child
from connectors.rows import TABLE, WORDS, layout, taken

BEYOND: Final = frozenset({"googleusercontent.com"})
"""Where Google hands over what is published."""
_HTML: Final = re.compile(rb"\s*(?:\xef\xbb\xbf\s*)?<(?:!doctype|html|head|\?xml)", re.IGNORECASE)
_EDIT: Final = re.compile(r"(/spreadsheets/d/[^/?#]+)/edit(?:\?[^#]*)?(?:#(?:.*&)?gid=(\d+).*)?$")


@kind("sheet")
@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet; the fields are the keys of `with`."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["url", "columns"],
        "properties": {
            "url": {"$ref": f"{WORDS}url"},
            **{key: TABLE[key] for key in ("columns", "id", "dates", "header", "delimiter")},
        },
    }
    REPLY: ClassVar[Mapping[str, Any] | None] = None
    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": [
            "alamat CSV dari lembar itu: File, Bagikan, Publikasikan ke web, pilih lembarnya dan CSV",
            "judul kolom yang pasti ada, dan bentuk tanggalnya (biasanya %d/%m/%Y %H:%M:%S)",
        ],
        "en": [
            "the sheet's address as CSV: File, Share, Publish to web, choose the sheet and CSV",
            "the headers that are always there, and the form of its dates (mostly %d/%m/%Y %H:%M:%S)",
        ],
    }
    SAME: ClassVar[Sequence[str]] = ("url",)

    once: ClassVar[bool] = False  # two rows may have one id
    moving: ClassVar[bool] = False  # it comes in one answer

    url: str
    columns: Sequence[str] | Mapping[str, Any]
    id: str | Sequence[str] = ()
    dates: Mapping[str, str] = field(default_factory=dict)
    header: int = 1
    delimiter: str = ","
    zone: str | None = None
    """The manifest's zone; a form writes its stamps in the zone of its owner."""

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """The one page; rows that were put in the middle move no id."""
        answer = ctx.http.send("GET", _csv(self.url), beyond=BEYOND)
        _refuse_page(answer)
        digest = hashlib.sha256(answer.body).hexdigest()[:16]
        items = self.sample(ctx, answer.body)
        yield Page(items=items, end=True, whole=True, total=len({one.ref for one in items}), next={"digest": digest})

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """Everything is read each time."""
        return {}

    def sample(self, ctx: Context, body: bytes) -> Sequence[Item]:
        """The items of one answer."""
        how = layout(
            columns=self.columns,
            id=self.id,
            dates=self.dates,
            zone=self.zone,
            header=self.header,
            delimiter=self.delimiter,
        )
        with closing(Child("connectors.tables:answer")) as child:
            return taken(body, "the sheet", how, child).items


def _csv(url: str) -> str:
    """The address of the CSV, also where somebody has copied the one of the editor."""
    found = _EDIT.search(url)
    if found is None:
        return url
    gid = f"&gid={found[2]}" if found[2] else ""
    return f"{url[: found.start()]}{found[1]}/export?format=csv{gid}"


def _refuse_page(answer: Answer) -> None:
    """A page instead of rows is how Google asks for a login."""
    media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media == "text/html" or _HTML.match(answer.body):
        raise Refused(
            "A web page came instead of CSV.",
            hint="The sheet is not published: in Google Sheets use File, Share, Publish to web, as CSV.",
            code="html",
            indonesian="Yang datang halaman web, bukan CSV: lembar itu belum dipublikasikan. Di Google Sheets pakai File, "
            "Bagikan, Publikasikan ke web, sebagai CSV.",
        )
