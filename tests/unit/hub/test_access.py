"""Who may do what, as a table; every command of the hub stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from hub.access import (
    NATION,
    OPERATORS_OWN,
    ROLES,
    TABLE,
    TOUCHES_NOTHING,
    Allowed,
    Refused,
    Sight,
    Who,
    covers,
    may,
    needs_reason,
    operator,
    verb_of,
)
from hub.commands.verbs import app
from hub.entering import in_his_own_name


def commands(group: typer.Typer = app, before: str = "") -> Iterator[str]:
    """The words of every command that `satupintu --help` knows."""
    for one in group.registered_commands:
        assert one.callback
        yield before + (one.name or one.callback.__name__.replace("_", "-"))
    for inner in group.registered_groups:
        assert inner.typer_instance
        if inner.name and inner.typer_instance.registered_callback:  # the group is a command itself
            yield inner.name
        yield from commands(inner.typer_instance, f"{before}{inner.name} " if inner.name else before)


def test_every_command_says_who_may_run_it() -> None:
    """A new command is refused to everybody with a token until the table names it, and the table names no other."""
    found = {*commands(), "export answers"}
    assert found == set(TABLE) | set(TOUCHES_NOTHING) | (set(OPERATORS_OWN) & found)
    assert {role for row in TABLE.values() for role in row} == set(ROLES)


@pytest.mark.parametrize("verb", sorted(TABLE))
def test_the_operator_may_everything_and_a_stranger_nothing(verb: str) -> None:
    """Without a token the account on the machine decides; a role that nobody has may nothing."""
    assert may(operator("root@host"), verb) == Allowed(sight=Sight(scope=NATION, inspects=True))
    assert isinstance(may(Who(name="x", role="guest"), verb), Refused)
    assert isinstance(may(Who(name="x", role="engineer"), "a verb of tomorrow"), Refused)


DECISIONS = [
    # role, region, verb, what he sees meanwhile (None: refused)
    ("engineer", "*", "forward", "*"),
    ("engineer", "63", "forward", None),
    ("engineer", "63", "status", "63"),
    ("it", "63.04", "status", "63.04"),
    ("it", "63.04", "pull", "*"),
    ("it", "63.04", "accept", "*"),
    ("it", "63.04", "close", "63.04"),
    ("it", "63.04", "erase", None),
    ("it", "63.04", "users add", None),
    ("it", "*", "secret allow", None),
    ("coordinator", "63", "cases", "63"),
    ("coordinator", "63", "cases link", "*"),
    ("coordinator", "63", "redrive", "63"),
    ("coordinator", "63", "erase", None),
    ("engineer", "63", "cases link", None),
    ("it", "63", "release", None),
    ("coordinator", "*", "cases link", "*"),
    ("coordinator", "63", "pull", None),
    ("auditor", "63.04", "export", "63.04"),
    ("auditor", "63.04", "export answers", None),
    ("auditor", "63.04", "audit log", "63.04"),
    ("auditor", "63.04", "audit export", None),
    ("auditor", "*", "audit export", "*"),
    ("auditor", "*", "release", None),
    ("auditor", "*", "retention set", None),
    ("administrator", "63", "users add", "63"),
    ("administrator", "*", "tokens revoke", "*"),
    ("administrator", "*", "export", None),
    ("administrator", "*", "status", None),
]


@pytest.mark.parametrize(("role", "region", "verb", "scope"), DECISIONS)
def test_roles_and_regions_decide(role: str, region: str, verb: str, scope: str | None) -> None:
    """Regional IT works on its own channels, a coordinator on matters, an auditor looks, an administrator keeps users."""
    answer = may(Who(name="x", role=role, region=region), verb)
    assert (answer.sight.scope if isinstance(answer, Allowed) else None) == scope
    if isinstance(answer, Refused):
        assert answer.indonesian and answer.english and f"'{verb}'" in str(answer)


def test_only_auditors_see_what_accuses_those_who_run_the_hub() -> None:
    """The Inspektorat is a region's auditor; nobody else of that region looks past the accused institution."""
    sights = {role: Who(name="x", role=role, region="63.04", institution="dinas-pu").sight for role in ROLES}
    assert {role for role, sight in sights.items() if sight.inspects} == {"auditor"}
    assert all(sight.institution == "dinas-pu" for sight in sights.values())


@pytest.mark.parametrize(
    ("scope", "region", "seen"),
    [
        ("*", "63.04", True), ("63", "63.04", True), ("63", "63", True), ("63.04", "63", False), ("63", "64.04", False),
        ("6", "63", False), ("63.0", "63.04", False), ("", "63", False), ("", "", False), ("63.04", "63.04.01", True),
    ],
)  # fmt: skip
def test_a_province_covers_its_regencies(scope: str, region: str, seen: bool) -> None:
    """Codes are compared part by part: 6 is no province of 63, and nothing covers nothing."""
    assert covers(scope, region) is seen
    assert Sight(scope=scope).within(region).scope == (region if seen else scope)


def test_a_smaller_sight_is_never_a_larger_one() -> None:
    """Whoever asks for another region's rows keeps what he has."""
    own = Sight(scope="63.04", institution="a")
    assert own.within("64") == own and own.within("*") == own and own.within("") == own
    assert own.within("63.04.01") == Sight(scope="63.04.01", institution="a")


def test_personal_data_need_a_reason_from_everybody_with_a_token() -> None:
    """Only the operator of the machine, who has the keys anyway, gives none."""
    assert not needs_reason(operator("x")) and all(needs_reason(Who(name="x", role=role)) for role in ROLES)


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("pull jatim-portal", "pull"), ("cases link 1 2", "cases link"), ("cases 1", "cases"), ("status", "status"), ("", ""),
        ("users add siti", "users add"), ("--help", ""), ("audit verify x", "audit verify"), ("status users", "status"),
        ("cases --limit 5 link 1 2", "cases link"), ("cases --needs-review", "cases"), ("users", "users"),
        ("export answers jatim --csv x.csv", "export answers"), ("export --masked answers jatim", "export answers"),
    ],
)  # fmt: skip
def test_the_words_of_a_command_are_found(line: str, verb: str) -> None:
    """What follows the command's own words is never taken for one."""
    assert verb_of(line.split()) == verb


def test_with_a_token_nobody_decides_in_anothers_name() -> None:
    """--by is the name of the user, written in either form."""
    who: Any = Who(name="siti", role="it", region="63.04")
    in_his_own_name(who, ["close", "--by", "siti"])
    in_his_own_name(who, ["close", "--by=siti", "--because", "--by-the-way"])
    for line in (
        ["close", "--by", "budi"],
        ["close", "--by=budi"],
        ["close", "--by", "siti", "--by", "budi"],
        ["x", "--by"],
    ):
        with pytest.raises(Exception, match="tulis --by siti"):
            in_his_own_name(who, line)
