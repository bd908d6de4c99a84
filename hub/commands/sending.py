"""Commands about what is on its way to a registry: list it, send it again, compare it, see what the registry calls things."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hub.commands.deciding import registry
from hub.commands.shared import Because, By, end, opened, wrong_use
from hub.screen import console, line
from hub.telling import age

if TYPE_CHECKING:
    from hub.spine import Hub
    from hub.store.worklist import Listed

app = typer.Typer()
STATES: Final = {
    "queued": "antre / queued",
    "files_uploaded": "lampiran terunggah / files uploaded",
    "created": "tercatat, belum diteruskan / created, not routed",
    "routed": "diteruskan / routed",
    "confirmed": "terkonfirmasi / confirmed",
    "unknown": "hasil tidak diketahui / unknown",
    "refused": "ditolak / refused",
    "needs_human": "perlu orang / needs a person",
}
CAUSES: Final = {
    "": "",
    "timeout": "tidak dijawab tepat waktu / no answer in time",
    "cut": "sambungan terputus / connection cut",
    "connect": "tidak dapat dicapai / not reached",
    "connect_timeout": "tidak dapat dicapai / not reached",
    "dns": "alamat tidak ditemukan / address not found",
    "tls": "sertifikat tidak dipercaya / certificate not trusted",
    "html": "jawaban berupa halaman web / a web page came",
    "empty": "jawaban kosong / an empty answer",
    "not_json": "jawaban tidak terbaca / an unreadable answer",
    "no_id": "jawaban tanpa nomor / an answer without a number",
    "number_taken": "nomor milik aduan lain / another complaint's number",
    "redirect": "dialihkan / redirected",
    "declined": "ditolak dengan alasan / declined with reasons",
    "interrupted": "proses terhenti saat mengirim / stopped while sending",
    "erased": "data warga telah dihapus / the data were erased",
    "doubled": "ada dua kali di sana / it is there twice",
    "files_pending": "menunggu lampiran / waits for files",
    "unmapped_category": "kategori belum dipetakan / category without a number",
    "unmapped_location": "lokasi belum dipetakan / location without a number",
}
States = Annotated[list[str] | None, typer.Option("--state", help="A state; may be repeated.")]
OneRegistry = Annotated[str | None, typer.Option("--registry", help="One registry.")]
Connectors = Annotated[list[str] | None, typer.Option("--connector", help="A connector; may be repeated.")]


@app.command()
def deliveries(
    state: States = None,
    registry_name: OneRegistry = None,
    connector: Connectors = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many, the oldest first.")] = 1000,
) -> None:
    """What is on its way to a registry: state, cause, age, tries, next try, and the marker to look for there.

    Without --state: what waits for a person (unknown, needs_human) or was refused.
    """
    from hub.store import relays, worklist

    _check_states(state)
    with opened() as hub:
        with hub.store.begin() as work:
            said = relays.listed(work, state or ("unknown", "needs_human", "refused"), limit=limit)
            said = [one for one in said if registry_name in (None, one.registry) and not connector]
            found = worklist.listed(
                work,
                now=hub.clock(),
                states=state or ("unknown", "needs_human", "refused"),
                registry=registry_name,
                names=connector or (),
                limit=limit,
            )
        if jsonl:
            rows = [*map(document, found), *map(follow_up, said)]
            sys.stdout.writelines(json.dumps(row) + "\n" for row in rows)
        else:
            _table(found, hub.clock())
            _said(said, hub.clock())


def document(one: Listed) -> dict[str, Any]:
    """A delivery as JSON values, moments in RFC 3339."""
    from hub.registry.wording import marker

    return {
        "kind": "delivery",
        "id": one.id,
        "complaint_id": str(one.complaint),
        "connector": one.connector,
        "registry": one.registry,
        "region": one.region,
        "state": one.state,
        "cause": one.code,
        "http": one.http,
        "registry_id": one.registry_id,
        "attempts": one.attempts,
        "tries": one.tries,
        "queued_at": one.queued_at.isoformat(),
        "next_try_at": one.due_at.isoformat() if one.due_at else None,
        "since": one.since.isoformat() if one.since else None,
        "held": one.held,
        "marker": marker(str(one.complaint)),
    }


def follow_up(one: Any) -> dict[str, Any]:
    """What was said after the complaint was sent, as JSON values; `what` is answer, status, update, reply or file."""
    from hub.registry.wording import marker

    return {
        "kind": "follow_up",
        "id": str(one.id),
        "complaint_id": str(one.complaint),
        "registry": one.registry,
        "what": one.what,
        "state": one.state,
        "cause": one.code,
        "tries": one.tries,
        "queued_at": one.queued_at.isoformat(),
        "next_try_at": one.due_at.isoformat() if one.state == "queued" else None,
        "marker": marker(str(one.id)),
    }


def cause(code: str | None) -> str:
    """A code in Indonesian and English; one that has no words stays a code."""
    code = code or ""
    if code.startswith("http_"):
        return f"HTTP {code.removeprefix('http_')}"
    if code.startswith("route_"):
        return f"penerusan / routing: {cause(code.removeprefix('route_'))}"
    return CAUSES.get(code, code)


def _table(found: Sequence[Listed], now: datetime) -> None:
    from rich.table import Table

    from hub.registry.wording import marker

    shown = Table(title=f"Kiriman / deliveries: {len(found)}", title_justify="left")
    for head in (
        "no",
        "kanal",
        "sistem",
        "keadaan / state",
        "sebab / cause",
        "umur / age",
        "kali",
        "berikutnya / next",
    ):
        shown.add_column(head)
    shown.add_column("penanda / marker", no_wrap=True)
    for one in found:
        following = (
            "sedang / now" if one.held else f"{one.due_at:%Y-%m-%d %H:%M} UTC" if one.due_at else "orang / a person"
        )
        shown.add_row(
            *(str(one.id), one.connector, f"{one.registry} {one.registry_id or ''}".strip(), STATES[one.state]),
            *(cause(one.code), age(now - one.queued_at), str(one.attempts), following, marker(str(one.complaint))),
        )
    console(240).print(shown)


def _said(found: Sequence[Any], now: datetime) -> None:
    if not found:
        return
    from rich.table import Table

    shown = Table(title=f"Susulan / follow-ups: {len(found)}", title_justify="left")
    for head in ("id", "sistem", "jenis / what", "keadaan / state", "sebab / cause", "umur / age"):
        shown.add_column(head, no_wrap=head == "id")
    for one in found:
        state = STATES.get(one.state, one.state)
        shown.add_row(str(one.id), one.registry, one.what, state, cause(one.code), age(now - one.queued_at))
    console(240).print(shown)


def _check_states(given: Sequence[str] | None) -> None:
    for one in given or ():
        if one not in STATES:
            wrong_use(f"'{one}' is none of {', '.join(STATES)}.")


@app.command()
def redrive(
    by: By,
    because: Because,
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Deliveries, follow-ups or complaints.")
    ] = None,
    state: States = None,
    code: Annotated[str | None, typer.Option("--code", help="A cause, such as http_422.")] = None,
    registry_name: OneRegistry = None,
    connector: Connectors = None,
) -> None:
    """Send again what was refused or waits for a person; one whose outcome is unknown needs `resolve` first."""
    from hub.redriving import redrive as again

    if not (numbers or state or code or registry_name or connector):
        wrong_use("redrive: name deliveries, or choose them by --state, --code, --registry or --connector.")
    if unfit := [one for one in state or () if one not in ("needs_human", "refused")]:
        wrong_use(f"redrive: --state is needs_human or refused, not {', '.join(unfit)}.")
    if not by.strip() or not because.strip():
        wrong_use("redrive: say who decides (--by) and why (--because).")
    with opened() as hub:
        end(
            again(
                hub,
                numbers or (),
                states=state or ("needs_human", "refused"),
                code=code,
                registry=registry_name,
                names=connector or (),
                by=by,
                because=because,
            )
        )


@app.command()
def reconcile(
    names: Annotated[list[str] | None, typer.Argument(metavar="REGISTRY", help="Registries; none = all.")] = None,
) -> None:
    """Compare the hub with what registries report, and name every difference; ends with 1 where one is open."""
    from hub.reconciling import reconcile as compared

    with opened() as hub:
        end(compared(hub, names or ()))


@registry.command("show")
def show_registry(name: str) -> None:
    """Its tables, its own lists and their age, what deliveries met that has no number, and what differs."""
    with opened() as hub:
        print("\n".join(map(line, page(hub, name))))


def page(hub: Hub, name: str) -> Iterator[str]:
    """What `registry show` says, line by line. Raises Misconfigured where there is no such registry."""
    from hub.store import differences, gates, masters

    config = hub.registries.chosen(name)
    with hub.store.begin() as work:
        lists, unmapped = masters.shown(work, name), masters.unmapped(work, name)
        names = masters.names(work, name, "institution")
        compared, wrong = differences.reconciled_at(work, name), differences.open_counts(work, name)
        gate = gates.gate(work, name)
    now = hub.clock()
    yield f"{name} ({config.kind}), {config.path.name if config.path else '-'} sha256 {config.sha256[:12]}"
    if gate.paused_by:
        since = age(now - gate.paused_at) if gate.paused_at else "-"
        yield f"dijeda / paused: {gate.paused_by}, {since} ({gate.because or '-'})"
    elif gate.opened_at:
        yield f"tidak menjawab / does not answer: {age(now - gate.opened_at)}"
    for what, table in config.tables.items():
        yield f"{what}: {len(table)}"
        for code, own in sorted(table.items()):
            called = names.get(str(own), "") if what == "institutions" else ""
            yield f"  {code}: {own} {called}".rstrip()
    yield "daftar rujukan / its own lists:" if lists else "daftar rujukan / its own lists: -"
    for row in lists:
        yield f"  {row.what}: {row.rows}, {row.gone} hilang / gone, {age(now - row.seen_at)}"
    yield f"tanpa nomor / without a number: {len(unmapped)}"
    yield from (f"  {row.word}: {row.deliveries} ({age(now - row.last_at)})" for row in unmapped)
    yield f"dicocokkan / compared: {age(now - compared) if compared else '-'}"
    yield from (f"  {what}: {count}" for what, count in wrong.items())
