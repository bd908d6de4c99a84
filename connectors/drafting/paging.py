"""How a listing goes on behind the items of its first page: total, page numbers, offsets, tokens, links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.drafting import leaves, names

_TOTAL: Final = names.these(
    "total totalcount count jumlah totaldata totalitems totalitem totalrecords totalrecord totalresults "
    "totalelements recordstotal recordsfiltered numfound found numbermatched jumlahdata jumlahtotal totalrows "
    "rowcount totaladuan totallaporan jumlahaduan jumlahlaporan grandtotal tot jml totalhits resultcount "
    "totalsize totalentries totaldocs totalcomplaints odatacount matched "
)
_PAGE: Final = names.these(
    "page currentpage pagenumber pageno halaman hal pageindex current halamansaatini nomorhalaman halamanke curpage "
)
_OFFSET: Final = names.these("offset start skip mulai startindex ")
_SIZE: Final = names.these(
    "perpage limit pagesize size itemsperpage perhalaman batas take rowsperpage pagelimit jumlahperhalaman maxresults "
)
_NEXT: Final = names.these(
    "next nextpageurl nextpage nexturl nextlink odatanextlink berikutnya selanjutnya halamanberikutnya href "
)
_TOKEN: Final = names.these(
    "nextcursor nextpagetoken nexttoken cursor continuation continuationtoken nextkey after endcursor scrollid next "
)
_LAST: Final = names.these("lastpage totalpages pagecount pages totalpage totalhalaman jumlahhalaman ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """What was found around the items; every part may be missing."""

    total: str | None = None
    style: str = "none"
    param: str = ""
    size_param: str = ""
    size: int | None = None
    first: int | None = None
    next: str | None = None
    sure: int = 60


def paging(around: Any, items: str, count: int) -> Paging:
    """The signs of paging in an answer whose list lies at `items`."""
    if not isinstance(around, Mapping):
        return Paging()
    plain = {name: (path, value) for name, path, value in _beside(around, (), items)}
    if "count" in plain and _whole(plain["count"][1]) == count:
        del plain["count"]  # of this page, most likely
    total = _first(plain, _TOTAL, lambda value: _whole(value) is not None and (_whole(value) or 0) >= count)
    size = _first(plain, _SIZE, lambda value: 0 < (_whole(value) or 0) <= 10000)
    given = {"total": total[0] if total else None, "size": _whole(size[1]) if size else None}
    size_param = _key(size[0]) if size else ""
    return _style(plain, given, size_param)


def _style(plain: Mapping[str, tuple[str, Any]], given: Mapping[str, Any], size_param: str) -> Paging:
    link = _first(plain, _NEXT, lambda value: isinstance(value, str) and "/" in value)
    page = _first(plain, _PAGE, lambda value: _whole(value) is not None)
    token = _first(
        plain,
        _TOKEN,
        lambda value: isinstance(value, str | int) and not isinstance(value, bool) and "/" not in str(value),
    )
    offset = _first(plain, _OFFSET, lambda value: _whole(value) is not None)
    if page:
        param = "page" if _key(page[0]).lower() in ("currentpage", "current_page", "current") else _key(page[0])
        return Paging(style="number", param=param, first=0 if _whole(page[1]) == 0 else 1, sure=80, **given)
    if link:
        return Paging(style="link", next=link[0], sure=88, **given)
    if token:
        return Paging(style="cursor", param="cursor", next=token[0], sure=60, **given)
    if offset and given["size"]:
        return Paging(style="offset", param=_key(offset[0]), size_param=size_param, sure=80, **given)
    if _first(plain, _LAST, lambda value: (_whole(value) or 0) > 1):
        return Paging(style="number", param="page", first=1, sure=55, **given)
    return Paging(**given)


def _beside(value: Mapping[str, Any], keys: tuple[str, ...], items: str) -> Iterator[tuple[str, str, Any]]:
    """Name without case and signs, path and value of every plain thing beside the list."""
    for key, one in value.items():
        place = (*keys, str(key))
        path = leaves.path(place)
        if path == items or len(place) > 4 or not isinstance(key, str):
            continue
        if isinstance(one, Mapping):
            yield from _beside(one, place, items)
        elif not isinstance(one, list):
            bare = "".join(sign for sign in key.lower() if sign.isalnum())
            if (
                bare == "href"
                and "next" not in names.words(keys[-1] if keys else "")
                and (not keys or keys[-1].lower() != "next")
            ):
                continue
            if bare == "value" and keys:  # {"total": {"value": 1250}}
                bare = "".join(sign for sign in keys[-1].lower() if sign.isalnum())
            yield bare, path, one


def _first(plain: Mapping[str, tuple[str, Any]], known: frozenset[str], fits: Any) -> tuple[str, Any] | None:
    return next((found for name, found in plain.items() if name in known and fits(found[1])), None)


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.strip().isdecimal() and len(value) < 12 else None


def _key(path: str) -> str:
    return path.rpartition(".")[2].strip('"')


def replies(found: Sequence[leaves.Leaf]) -> Mapping[str, str] | None:
    """The key `replies` of a manifest, where items hold a list of answers with a text of their own."""
    for leaf in found:
        if leaf.own == ("tanggapan",) and leaf.keys[-1].endswith("[]"):
            inside = {
                one.keys[len(leaf.keys)]: one
                for one in found
                if one.keys[: len(leaf.keys)] == leaf.keys and len(one.keys) == len(leaf.keys) + 1
            }
            if text := _inner(inside, {"isi", "tanggapan", "uraian", "keterangan", "detail"}):
                wanted = {
                    "text": text,
                    "time": _inner(inside, {"tanggal", "waktu", "dibuat"}),
                    "by": _inner(inside, {"pelapor", "petugas", "instansi", "nama"}),
                    "ref": _inner(inside, {"id"}),
                }
                return {"list": leaf.path.removesuffix("[]"), **{key: path for key, path in wanted.items() if path}}
    return None


def _inner(inside: Mapping[str, leaves.Leaf], words: set[str]) -> str | None:
    return next(
        (
            leaves.path((key,))
            for key, leaf in inside.items()
            if set(leaf.own) & words and (not words & {"id"} or set(leaf.own) <= {"id", "tanggapan"})
        ),
        None,
    )
