"""Users, tokens and what a command shows to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import users
from hub.access import NotAllowed
from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site
from tests.scenario.test_by_hand import NAME, entries

BY = ("--by", "Rini")
NO_ONE = "00000000-0000-4000-8000-000000000009"


def token(site: Site, name: str, role: str, region: str, *more: str) -> str:
    """A new user with a new token."""
    assert site.command("users", "add", name, "--role", role, "--region", region, *BY, *more).code == 0
    said = site.command("tokens", "issue", name, *BY, "--days", "7")
    assert said.code == 0, said.err
    return said.out.strip()


def test_a_token_opens_what_its_user_may_and_nothing_when_it_ends(empty_site: Site, add_portal: Portals) -> None:
    """Regional IT pulls its own channel and no other's; another role, a revoked token, a disabled user: refused."""
    add_portal(generate(new=3))
    it = token(empty_site, "siti", "it", "35")
    assert empty_site.command("pull", NAME, SATUPINTU_TOKEN=it).code == 0
    assert [one["actor"] for one in entries(empty_site, "connector_seen")] == ["siti"]
    for line in (
        ["forward"],
        ["erase", "--complaint", NO_ONE, "--reason", "x", "--by", "siti"],
        ["users", "list"],
        ["doctor"],
        ["up"],
    ):
        said = empty_site.command(*line, SATUPINTU_TOKEN=it)
        assert said.code == 2 and " / " in said.err, line
    other = token(empty_site, "budi", "it", "63.04")
    assert empty_site.command("pull", NAME, SATUPINTU_TOKEN=other).code == 2, "it is not his channel"
    said = empty_site.command("close", NAME, "1", "--because", "x", "--by", "Rini", SATUPINTU_TOKEN=it)
    assert said.code == 2 and "--by siti" in said.err

    assert empty_site.command("tokens", "revoke", "1", *BY, "--because", "hilang").code == 0
    said = empty_site.command("status", SATUPINTU_TOKEN=it)
    assert said.code == 2 and "dicabut" in said.err and it not in said.err
    assert empty_site.command("tokens", "revoke", "1", *BY, "--because", "hilang").code == 2
    assert empty_site.command("users", "disable", "budi", *BY, "--because", "pindah").code == 0
    assert empty_site.command("status", SATUPINTU_TOKEN=other).code == 2
    assert empty_site.command("tokens", "issue", "budi", *BY).code == 2
    listed = empty_site.command("users", "list").out.splitlines()
    assert "nonaktif / disabled" in listed[0] and "aktif / active" in listed[1]


def test_a_change_of_role_says_what_was_and_what_is(empty_site: Site) -> None:
    """Auditors see who gave whom which right; no entry holds a token or a password."""
    secret = token(empty_site, "siti", "it", "63.04")
    line = ("users", "role", "siti", "--role", "coordinator", "--region", "63", *BY, "--because", "naik jabatan")
    assert empty_site.command(*line).code == 0
    (changed,) = entries(empty_site, "user_changed")
    assert changed["actor"] == "Rini" and changed["detail"] == {
        "user": "siti", "was_role": "it", "was_scope": "63.04", "role": "coordinator", "scope": "63",
        "because": "naik jabatan",
    }  # fmt: skip
    assert "stays as he was" in empty_site.command(*line).out and len(entries(empty_site, "user_changed")) == 1
    with empty_site.database.connect(superuser=True) as connection:
        rows = connection.execute("SELECT convert_from(body, 'UTF8') FROM entries").fetchall()
        kept = connection.execute("SELECT sha256 FROM tokens").fetchone()
    assert secret not in str(rows) and secret.removeprefix("spt_") not in str(rows) and kept
    assert kept[0] == users.digest(secret)


WRONG = [
    ("Siti", "it", "63.04"), ("s", "it", "63.04"), ("siti", "boss", "63"), ("siti", "it", "6304"), ("siti", "it", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "role", "region"), WRONG)
def test_a_user_that_cannot_be_is_refused(empty_site: Site, name: str, role: str, region: str) -> None:
    """A wrong name, role or region is said in a sentence, and nothing is stored."""
    said = empty_site.command("users", "add", name, "--role", role, "--region", region, *BY)
    assert said.code == 2 and said.err.startswith("satupintu: ") and empty_site.command("users", "list").out == ""


def test_passwords_are_argon2_and_tell_nobody_who_exists(empty_site: Site) -> None:
    """The right password is known, a wrong one, a disabled user and a stranger are answered alike."""
    with empty_site.hub() as hub:
        users.add(hub, "siti", role="auditor", region="63", by="Rini")
        users.set_password(hub, "siti", "kuda besi tua 7", by="Rini")
        with pytest.raises(users.WrongUser):
            users.set_password(hub, "siti", "pendek", by="Rini")
        who = users.known_by(hub, "siti", "kuda besi tua 7")
        assert who and (who.name, who.role, who.region) == ("siti", "auditor", "63")
        assert users.known_by(hub, "siti", "kuda besi tua 8") is None
        assert users.known_by(hub, "nobody", "kuda besi tua 7") is None
        users.disable(hub, "siti", by="Rini", because="pindah")
        assert users.known_by(hub, "siti", "kuda besi tua 7") is None
    with empty_site.database.connect(superuser=True) as connection:
        row = connection.execute("SELECT password FROM users").fetchone()
    assert row and str(row[0]).startswith("$argon2id$")


def test_a_token_ends_with_its_last_day(empty_site: Site) -> None:
    """What nobody revokes ends by itself."""
    with empty_site.hub() as hub:
        users.add(hub, "siti", role="auditor", region="63", by="Rini")
        with pytest.raises(users.WrongUser):
            users.issue(hub, "siti", days=367, by="Rini", random=bytes)
        token, _ = users.issue(hub, "siti", days=1, by="Rini", random=lambda size: b"\7" * size)
        assert users.bearer(hub, token).name == "siti"
        empty_site.clock.now += timedelta(days=1, minutes=1)
        with pytest.raises(NotAllowed):
            users.bearer(hub, token)
