"""One complaint as the judge knows it, and the same as few bytes, so that no text is normalised twice."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dedup.text import normalise

_FORMAT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """What the judge needs of one complaint.

    Texts are normalised, ``day`` counts from 1970-01-01, ``region`` is a Kemendagri code ("" = unknown), ``lat`` and
    ``lon`` are degrees, and ``reporter`` holds opaque keyed tokens of phone, e-mail, NIK or handle (empty = nobody).
    """

    id: str
    text: str
    day: int
    region: str = ""
    place: str = ""
    reporter: frozenset[str] = frozenset()
    kelurahan: str = ""
    kecamatan: str = ""
    lat: float | None = None
    lon: float | None = None


def document(
    *,
    id: str,
    text: str,
    day: int,
    region: str = "",
    place: str = "",
    reporter: Iterable[str] = (),
    kelurahan: str = "",
    kecamatan: str = "",
    lat: float | None = None,
    lon: float | None = None,
) -> Doc:
    """A Doc from texts as received: the only place where they are normalised."""
    return Doc(
        id=id,
        text=normalise(text),
        day=day,
        region=region,
        place=normalise(place),
        reporter=frozenset(reporter),
        kelurahan=_area(kelurahan),
        kecamatan=_area(kecamatan),
        lat=lat if lon is not None else None,
        lon=lon if lat is not None else None,
    )


@lru_cache(maxsize=4096)
def _area(name: str) -> str:
    """Villages and districts are few and come again with every complaint."""
    return normalise(name)


def pack(doc: Doc) -> bytes:
    """A Doc as bytes for storage, about 200 of them. They hold the text: encrypt them."""
    said = [doc.id, doc.text, doc.day, doc.region, doc.place, sorted(doc.reporter)]
    where = [doc.kelurahan, doc.kecamatan, doc.lat, doc.lon]
    plain = json.dumps([*said, *where], ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return bytes([_FORMAT]) + zlib.compress(plain, 9)


def unpack(blob: bytes) -> Doc:
    """The Doc of ``pack``. ValueError if the bytes are of another format or damaged."""
    if blob[:1] != bytes([_FORMAT]):
        raise ValueError(f"dedup features of format {blob[:1].hex() or 'nothing'}, this code reads {_FORMAT}")
    try:
        plain = zlib.decompress(blob[1:])
    except zlib.error:
        raise ValueError("dedup features are damaged") from None
    of, text, day, region, place, reporter, *where = json.loads(plain.decode("utf-8", "surrogatepass"))
    return Doc(
        id=of,
        text=text,
        day=day,
        region=region,
        place=place,
        reporter=frozenset(reporter),
        kelurahan=where[0],
        kecamatan=where[1],
        lat=where[2],
        lon=where[3],
    )
