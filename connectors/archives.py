"""Archives, sheets and XML of strangers, counted while they are opened; runs only inside a child of `connectors.limited`.

Workbooks are taken apart by connectors.tables, in a child of the same limits.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from connectors.limited import Answer, GaveUp

MEMBERS = 1_000
BYTES = 100 * 1024 * 1024
RATIO = 100
"""A member, or the whole, may be so many times longer than what was sent."""
SMALL = 1024 * 1024
"""Bytes up to which a ratio says nothing: a page of blanks is no bomb."""
DEPTH = 64
TAGS = 250_000
_PIECE = 256 * 1024


def unzipped(raw: bytes) -> Answer:
    """Names and contents of a ZIP's files; raises GaveUp: not_zip, encrypted, too_many_members, too_large, ratio, bad_name."""
    found = list(members(raw))
    return [name for name, _ in found], [content for _, content in found]


def members(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Each file of a ZIP with its bytes, refused by what is declared and again by what is counted."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            files = [one for one in archive.infolist() if not one.is_dir()]
            _refuse_declared(files, len(raw))
            left = BYTES
            for one in files:
                content = _content(archive, one, left)
                left -= len(content)
                yield _name(one.filename), content
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, UnicodeError):
        raise GaveUp("not_zip") from None


def _refuse_declared(files: list[zipfile.ZipInfo], sent: int) -> None:
    whole = sum(one.file_size for one in files)
    if len(files) > MEMBERS:
        raise GaveUp("too_many_members")
    if any(one.flag_bits & 1 for one in files):
        raise GaveUp("encrypted")
    if whole > BYTES:
        raise GaveUp("too_large")
    # the packed bytes of several members may be the same ones of the file, so the whole is held against the file
    if whole > max(SMALL, RATIO * sent) or any(one.file_size > max(SMALL, RATIO * one.compress_size) for one in files):
        raise GaveUp("ratio")


def _content(archive: zipfile.ZipFile, one: zipfile.ZipInfo, left: int) -> bytes:
    content = bytearray()
    most = min(left, max(SMALL, RATIO * one.compress_size), one.file_size)
    with archive.open(one) as file:
        while piece := file.read(_PIECE):
            content += piece
            if len(content) > most:
                raise GaveUp("too_large")
    return bytes(content)


def _name(name: str) -> str:
    """A name without folders of its own choosing: `..`, drives and absolute paths are refused (ZIP slip)."""
    plain = name.replace("\\", "/")
    if plain.startswith("/") or ":" in plain or ".." in plain.split("/") or not plain.isprintable():
        raise GaveUp("bad_name")
    return plain


def gunzipped(raw: bytes) -> Answer:
    """The bytes of a gzip or zlib stream; raises GaveUp: not_gzip, too_large, ratio."""
    most, content = min(BYTES, max(SMALL, RATIO * len(raw))), bytearray()
    stream, rest = zlib.decompressobj(zlib.MAX_WBITS | 32), raw
    try:
        while rest and not stream.eof:
            content += stream.decompress(rest, _PIECE)
            rest = stream.unconsumed_tail
            if len(content) > most:
                raise GaveUp("too_large" if most == BYTES else "ratio")
    except zlib.error:
        raise GaveUp("not_gzip") from None
    if not stream.eof or stream.unused_data:
        raise GaveUp("not_gzip")
    return None, [bytes(content)]


def xml(raw: bytes) -> Answer:
    """XML as [tag, {attributes}, text, [children …]]; raises GaveUp: not_xml, entities, too_deep, too_many_tags."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    reader = DefusedXMLParser(target=_Tree(), forbid_dtd=True)
    try:
        for start in range(0, len(raw), _PIECE):
            reader.feed(raw[start : start + _PIECE])
        root = reader.close()
    except DefusedXmlException:
        raise GaveUp("entities") from None
    except GaveUp:
        raise
    except (ParseError, ValueError, LookupError):
        raise GaveUp("not_xml") from None
    return None, [json.dumps(root, ensure_ascii=False).encode("utf-8", "replace")]


class _Tree:
    """Builds plain lists while it counts, so that what is too deep or too much is left before it is there."""

    def __init__(self) -> None:
        self._root: list[Any] = ["", {}, "", []]
        self._open = [self._root]
        self._tags = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._tags += 1
        if len(self._open) > DEPTH:
            raise GaveUp("too_deep")
        if self._tags > TAGS:
            raise GaveUp("too_many_tags")
        one: list[Any] = [tag, dict(attributes), [], []]
        self._open[-1][3].append(one)
        self._open.append(one)

    def data(self, text: str) -> None:
        if len(self._open) > 1:
            self._open[-1][2].append(text)

    def end(self, _: str) -> None:
        one = self._open.pop()
        one[2] = "".join(one[2])

    def close(self) -> Any:
        return self._root[3][0] if self._root[3] else None
