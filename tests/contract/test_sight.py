"""What a transaction sees of other regions: nothing, in every table, view and query, whatever its WHERE says."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest

import hub.store
from connectors.errors import ChannelError
from hub.access import EVERYTHING, Sight
from hub.privacy import DataKey, Vault
from hub.store.server import Embedded, StoreProblem
from hub.store.work import Store, Work
from tests.conftest import NOW, Database, fresh_database
from tests.regions import ACCUSING, ALL, FAR, GLOBAL, NATION_ONLY, NEIGHBOUR, OURS, UNREAD, Marked, fill, tables

ROLES = ("worker", "sealer", "reader")
SIGHTS: list[tuple[Sight, tuple[Marked, ...]]] = [
    # a sight, and the regions whose rows it may hold
    (Sight(scope=""), ()),
    (Sight(scope="", inspects=True), ()),
    (Sight(scope="94"), ()),
    (Sight(scope="6"), ()),
    (Sight(scope="63.04"), (OURS,)),
    (Sight(scope="63.04", inspects=True), (OURS, ACCUSING)),
    (EVERYTHING.within("63.04"), (OURS, ACCUSING, UNREAD)),
    (Sight(scope="63.04", institution="pekerjaan_umum", inspects=True), (OURS,)),
    (Sight(scope="63.05"), (NEIGHBOUR,)),
    (Sight(scope="63"), (OURS, NEIGHBOUR, ACCUSING)),
    (Sight(scope="63", institution="kominfo,pekerjaan_umum"), (OURS, NEIGHBOUR)),
    (Sight(scope="35", inspects=True), (FAR,)),
    (Sight(scope="*", institution="pekerjaan_umum"), (OURS, NEIGHBOUR, FAR)),
    (Sight(scope="*"), (*ALL, UNREAD)),
    (EVERYTHING, (*ALL, UNREAD)),
]
OF_NO_COMPLAINT = (
    "connectors", "manifests", "intervals", "pages", "officers", "cases", "users", "tokens", "leases",
    "bound_secrets", "log_words", "registrations", "contact_mails", "inboxes",
)  # fmt: skip
"""Tables whose rows name no complaint: of the accusing ones they show a channel, an officer, no complaint."""

WHERE_PULLED = ("items", "refs", "attachments", "data_keys")
"""What a pull leaves of an item: between it and accept, which reads whom it accuses, nobody but the hub sees it."""

OF_THE_HUB = ("pushes",)
"""What came and no pull has read: whoever could be accused in it sees no row, not even of a complaint that accuses others."""


@pytest.fixture(scope="module")
def filled(cluster: Embedded, template: str) -> Iterator[Database]:
    """Every table with rows of every region."""
    with fresh_database(cluster, template) as made:
        with made.connect(superuser=True) as connection:
            fill(connection)
        yield made


@pytest.fixture(scope="module")
def all_of_it(filled: Database) -> Iterator[Store]:
    """The store of the hub over it."""
    with Store(filled.hub_url, clock=lambda: NOW) as made:
        yield made


def relations(database: Database) -> list[str]:
    """Tables and views, as the catalogue has them."""
    with database.connect(superuser=True) as connection:
        rows = connection.execute("SELECT viewname FROM pg_views WHERE schemaname = 'public'").fetchall()
        return [*tables(connection), *(str(row[0]) for row in rows)]


def seen(store: Store, role: str, relation: str) -> list[str] | None:
    """The rows that a forgotten WHERE shows, as text; None where the role may not even ask."""
    try:
        with store.begin(role) as work:
            # bytea as words, so that a mark within is found
            rows = work.rows(f"SELECT r::text, to_jsonb(r)::text FROM {relation} r")
    except StoreProblem as problem:
        if "InsufficientPrivilege" not in str(problem):
            raise
        return None
    return [f"{row[0]} {_bytes_as_words(row[1])}" for row in rows]


def _bytes_as_words(text: str) -> str:
    for one in (*ALL, UNREAD):
        text = text.replace(one.word.encode().hex(), one.word)
    return text


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("sight", "whose"), SIGHTS, ids=lambda value: str(getattr(value, "scope", "")))
def test_a_forgotten_where_shows_no_foreign_row(
    filled: Database, all_of_it: Store, role: str, sight: Sight, whose: tuple[Marked, ...]
) -> None:
    """Raw SQL of each role on every table and view: only rows of what the sight covers, and no sight shows nothing."""
    store, leaks, blind = all_of_it.within(sight), [], []
    for relation in relations(filled):
        rows = seen(store, role, relation)
        if rows is None or relation in GLOBAL:
            continue
        for one in (*ALL, UNREAD):
            found = any(one.found_in(row) for row in rows)
            channel = one in (ACCUSING, UNREAD) and relation in (*OF_NO_COMPLAINT, *NATION_ONLY) and OURS in whose
            if relation in OF_THE_HUB and UNREAD not in whose:
                assert not found, (relation, one.region)
                continue
            if found and one not in whose and not channel:
                leaks.append((relation, one.region))
            if one is UNREAD and relation not in WHERE_PULLED:
                continue
            if one in whose and not found and relation not in (*NATION_ONLY, "said", "standing", "log_words"):
                blind.append((relation, one.region))
        if relation in NATION_ONLY and sight.scope != "*":
            assert rows == [], relation
    assert leaks == [], f"{sight} saw rows of others"
    assert [one for one in blind if one[0] != "conservation"] == [], f"{sight} does not see its own rows"


def test_the_roles_reach_what_they_work_on(filled: Database, all_of_it: Store) -> None:
    """No policy takes from the sealer, the worker or the reader a table that they are granted."""
    granted = "SELECT has_any_column_privilege(%s, %s, 'SELECT') AND has_table_privilege(%s, %s, 'SELECT')"
    with filled.connect(superuser=True) as connection:
        for role in ROLES:
            for relation in relations(filled):
                name = f"satupintu_{role}"
                row = connection.execute(granted, [name, relation, name, relation]).fetchone()
                assert (seen(all_of_it, role, relation) is not None) == (row == (True,)), (role, relation)


def test_a_later_version_is_not_seen_before_it_is_read(filled: Database, all_of_it: Store) -> None:
    """It may accuse whom the first one did not: the region sees the complaint as it was, and nothing of the new version."""
    region, auditor = all_of_it.within(Sight(scope="63.04")), all_of_it.within(Sight(scope="63.04", inspects=True))
    of_ministry = all_of_it.within(Sight(scope="*", institution="pekerjaan_umum"))
    own = [OURS.uuid("complaint")]
    with filled.connect(superuser=True) as connection:
        connection.execute("UPDATE connectors SET accepted_to = %s WHERE region = '63.04'", [OURS.number - 1])
    try:
        for store, expected in ((region, 0), (auditor, 0), (of_ministry, 0), (all_of_it, 1)):
            with store.begin() as work:
                for table in ("items", "attachments"):
                    count = work.value(f"SELECT count(*) FROM {table} WHERE complaint = ANY(:own)", own=own)
                    assert count == expected, (store.sight, table)
                assert work.value("SELECT count(*) FROM complaints WHERE id = ANY(:own)", own=own) == 1
    finally:
        with filled.connect(superuser=True) as connection:
            connection.execute("UPDATE connectors SET accepted_to = %s WHERE region = '63.04'", [OURS.number])


def test_without_any_setting_nothing_is_seen_or_written(filled: Database) -> None:
    """A process that takes a role and forgets to say for whom sees no row, and writes none of a region."""
    with filled.connect() as connection:
        for role in ROLES:
            for table in set(relations(filled)) - GLOBAL.keys():
                with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(f"SET LOCAL ROLE satupintu_{role}".encode())
                    assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), table
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level"), connection.transaction():  # noqa: PT012
            connection.execute("SET LOCAL ROLE satupintu_worker")
            connection.execute("INSERT INTO data_keys VALUES (gen_random_uuid(), '63.04', 'x', 'x')")


def test_every_table_is_of_a_region_or_says_why_not(filled: Database) -> None:
    """Whoever adds a table puts a policy on it, forced for its owner too, or names it in GLOBAL with the reason."""
    with filled.connect(superuser=True) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            "AND relrowsecurity AND relforcerowsecurity"
        ).fetchall()
        views = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm') "
            "AND NOT coalesce('security_invoker=on' = ANY (reloptions), false)"
        ).fetchall()
        every = set(tables(connection))
    assert {row[0] for row in rows} == every - GLOBAL.keys()
    assert views == [], "a view shows what its owner sees, unless it is security_invoker"


def test_the_owner_is_bound_as_well(filled: Database) -> None:
    """What runs with the owner's rights, a function or a migration by hand, sees no more than its sight."""
    with filled.connect(superuser=True) as connection, connection.transaction():
        connection.execute("SET LOCAL ROLE satupintu_owner")
        assert connection.execute("SELECT count(*) FROM complaints").fetchone() == (0,)
        connection.execute("SET LOCAL satupintu.scope = '63.05'")
        assert connection.execute("SELECT DISTINCT region FROM complaints").fetchall() == [("63.05",)]


@pytest.mark.parametrize("change", ["UPDATE {table} SET region = '63.05'", "DELETE FROM {table}"])
@pytest.mark.parametrize(
    "table", ["connectors", "complaints", "data_keys", "intervals", "reporter_tokens", "users", "pages"]
)
def test_nobody_changes_what_he_does_not_see(filled: Database, table: str, change: str) -> None:
    """A change without a WHERE touches rows of its own region only, and cannot give them to another."""
    with filled.connect(superuser=True) as connection:
        before = _others(connection, table)
    with (
        filled.connect() as connection,
        suppress(psycopg.errors.InsufficientPrivilege),
        connection.transaction() as keep,
    ):
        connection.execute(
            "SELECT set_config('role', 'satupintu_worker', true), set_config('satupintu.scope', '63.04', true)"
        )
        done = connection.execute(change.format(table=table).encode())
        assert done.rowcount <= 4 and change.startswith("DELETE"), "a row was given to another region"
        raise psycopg.Rollback(keep)
    with filled.connect(superuser=True) as connection:
        assert _others(connection, table) == before


def _others(connection: psycopg.Connection[Any], table: str) -> list[Any]:
    statement = f"SELECT t::text FROM {table} t WHERE region NOT LIKE '63.04%' ORDER BY 1"
    return connection.execute(statement.encode()).fetchall()


# every query of the store ----------------------------------------------------------------------------------------------

UNASKED = {
    "search.keep": "only the sealer calls it, with entries that have just got these places",
    "users.bearer": "asked by the hub before it knows who asks",
}
"""Public functions of hub.store that take a transaction and are not called here."""


def queries() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function of the store that works in a transaction."""
    for module in pkgutil.iter_modules(hub.store.__path__, "hub.store."):
        if module.name.endswith(("migrations", "server", "migrate", "postmaster")):
            continue
        for name, one in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            takes = inspect.signature(one).parameters.values()
            if (
                one.__module__ == module.name
                and not name.startswith("_")
                and any(p.annotation == "Work" for p in takes)
            ):
                yield f"{module.name.rpartition('.')[2]}.{name}", one


def filled_in(one: Callable[..., Any], work: Work, vault: Vault, whose: Marked) -> tuple[list[Any], dict[str, Any]]:
    """Arguments that name rows of that region, by the types and names of the parameters. Raises TypeError."""
    hints = typing.get_type_hints(one, localns={"AESGCM": object})
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for name, parameter in inspect.signature(one).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is not parameter.empty and "region" not in name:
            continue
        value = argument(hints[name], name, work, vault, whose)
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[name] = value
        else:
            positional.append(value)
    return positional, named


_AS_ANYTHING: Mapping[str, Callable[[Marked], Any]] = {
    # parameters whose type says too little
    "row": lambda whose: SimpleNamespace(
        id=whose.number, complaint=whose.uuid("complaint"), delivery=whose.number, door=whose.uuid("complaint"),
        registry=whose.word, region=whose.region, state="unknown", step="create", token=whose.number, attempt=whose.number,
        try_id=whose.number, follow_up=whose.uuid("complaint"), connector=whose.uuid("connector"),
    ),
    "act": lambda whose: "pulled",
    "words": lambda whose: [str(whose.uuid("complaint")), str(whose.number)],
    "pairs": lambda whose: [(whose.uuid("complaint"), whose.uuid("second"))],
    "doors": lambda whose: {whose.uuid("complaint"): whose.number},
    "left": lambda whose: lambda _: [],
    "lives": lambda whose: lambda *_: False,
    "gathers": lambda whose: lambda _: True,
    "message_id": lambda whose: str,
    "error": lambda whose: ChannelError("it did not work", code="http_500"),
    "last_error": lambda whose: None,
}  # fmt: skip


def argument(kind: Any, name: str, work: Work, vault: Vault, whose: Marked) -> Any:
    """One value of a type that names the region."""
    if kind in (Collection[bytes], Sequence[bytes]) and name == "complaints":
        return [whose.uuid("complaint").bytes]
    plain: Mapping[Any, Any] = {
        Path: Path(f"{whose.word}.yaml"),
        Work: work, Vault: vault, bool: False, float: 0.5, timedelta: timedelta(days=3650), date: NOW.date(),
        bytes: whose.word.encode(), type(NOW): NOW,
    }  # fmt: skip
    roles = {
        "connector": "connector",
        "case": "case",
        "complaint": "complaint",
        "other": "second",
        "found": "complaint",
    }
    if name in _AS_ANYTHING:
        return _AS_ANYTHING[name](whose)
    if kind is DataKey:
        return vault.new_key(whose.region)
    if kind is UUID:
        return whose.uuid(roles.get(name, "complaint"))
    if kind is int:
        return 1000 if name in ("limit", "most", "size") else whose.number
    if kind is str:
        return {"region": whose.region, "verb": "pull"}.get(name, whose.word)
    if kind in plain:
        return plain[kind]
    if kind in (Any, object) or typing.get_origin(kind) in (Mapping, dict):
        return {}
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is Callable:
        return lambda *_: None
    if origin is typing.Union or type(None) in inner:
        return argument(next(one for one in inner if one is not type(None)), name, work, vault, whose)
    if origin in (Sequence, Collection, list, set, frozenset) or str(origin).endswith(("Iterable'>", "Set'>")):
        if inner[0] is UUID:
            return [whose.uuid(role) for role in ("complaint", "second", "connector", "case", "key")]
        return [argument(inner[0], name, work, vault, whose)]
    if origin is tuple:
        return tuple(argument(part, name, work, vault, whose) for part in inner if part is not Ellipsis)
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
        hints = typing.get_type_hints(kind, localns={"AESGCM": object})
        return kind(**{part: argument(hints[part], part, work, vault, whose) for part in kind.__dataclass_fields__})
    raise TypeError(f"{name}: {kind}")


def answered(store: Store, one: Callable[..., Any], vault: Vault, whose: Marked) -> str | None:
    """What a query says about rows of that region; None where it cannot be called so, or refuses. Nothing is kept."""

    class Undo(Exception):
        pass

    said: str | None = None
    with suppress(Undo, StoreProblem), store.begin() as work:
        try:
            positional, named = filled_in(one, work, vault, whose)
            found = one(*positional, **named)
            said = _bytes_as_words(repr(list(found) if isinstance(found, Iterator) else found))
        except Exception:  # noqa: BLE001 -- rows that no key opens, an answer that is not there: nothing was said
            raise Undo from None
        raise Undo
    return said


def told(
    store: Store, sight: Sight, vault: Vault, whose: Marked, echoes: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """What each query gives away of that region, apart from what it only repeats of its arguments."""
    found = {}
    for name, one in queries():
        if name not in UNASKED:
            said = answered(store.within(sight), one, vault, whose)
            if said is not None:
                found[name] = [trace for trace in whose.found_in(said) if trace not in echoes.get(name, ())]
    return found


@pytest.mark.parametrize(
    ("sight", "whose", "seeing"),
    [
        (Sight(scope="63.05"), OURS, Sight(scope="63")),
        (Sight(scope="63.04", institution="kominfo"), ACCUSING, Sight(scope="63.04", inspects=True)),
        (Sight(scope="63.04", inspects=True), UNREAD, EVERYTHING),
    ],
)
def test_no_query_of_the_store_answers_about_what_is_foreign_accusing_or_unread(
    all_of_it: Store, vault: Vault, sight: Sight, whose: Marked, seeing: Sight
) -> None:
    """Every public function of hub.store, asked by name: nothing is told to others, much to those who may see it."""
    echoes = told(all_of_it, Sight(scope=""), vault, whose, {})
    blind = told(all_of_it, sight, vault, whose, echoes)
    channel = {str(whose.uuid("connector")), str(whose.uuid("case")), whose.word}
    spared = (
        channel if whose in (ACCUSING, UNREAD) else set()
    )  # its channel, case number, names of its region: no secret
    assert {name: found for name, found in blind.items() if set(found) - spared} == {}
    assert len(blind) >= 260
    least = 3 if whose is UNREAD else 15
    assert sum(bool(set(found) - spared) for found in told(all_of_it, seeing, vault, whose, echoes).values()) >= least
