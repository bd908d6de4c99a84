"""Commands about the people who may use the hub: users, their roles and passwords, and their tokens."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from hub.commands.shared import Because, By, end, opened, wrong_use

app = typer.Typer()
users = typer.Typer(help="Who may use the hub, in which role and for which region.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens by which a user runs commands (SATUPINTU_TOKEN).", no_args_is_help=True)
app.add_typer(users, name="users")
app.add_typer(tokens, name="tokens")

Role = Annotated[str, typer.Option(help="engineer | it | coordinator | auditor | administrator")]
Region = Annotated[str, typer.Option(help="A Kemendagri code such as 63 or 63.04, or '*' for the nation.")]
Institution = Annotated[
    str | None, typer.Option(help="Code of the institution that he works for; he sees no complaint about it.")
]


@users.command("add")
def users_add(name: str, role: Role, region: Region, by: By, institution: Institution = None) -> None:
    """A new user; he can do nothing before he has a token or a password."""
    from hub.users import add

    with opened() as hub:
        end(add(hub, name, role=role, region=region, institution=institution, by=by))


@users.command("list")
def users_list() -> None:
    """Name, role, region, institution, and whether he has a password or is disabled."""
    from hub.users import listed

    with opened() as hub:
        for one in listed(hub):
            state = f"nonaktif / disabled {one.disabled_at:%Y-%m-%d}" if one.disabled_at else "aktif / active"
            secret = "sandi / password" if one.has_password else "-"
            print(f"{one.name}  {one.role}  {one.region}  {one.institution or '-'}  {secret}  {state}")


@users.command("role")
def users_role(
    name: str,
    by: By,
    because: Because,
    role: Annotated[str | None, typer.Option(help="His new role.")] = None,
    region: Annotated[str | None, typer.Option(help="His new region, or '*'.")] = None,
    institution: Annotated[str | None, typer.Option(help="His new institution; '' for none.")] = None,
) -> None:
    """Another role, region or institution; the entry says what was and what is."""
    from hub.users import change

    if role is None and region is None and institution is None:
        wrong_use("users role: say the new --role, --region or --institution.")
    with opened() as hub:
        end(change(hub, name, role=role, region=region, institution=institution, by=by, because=because))


@users.command("disable")
def users_disable(name: str, by: By, because: Because) -> None:
    """He may do nothing any more, and his tokens end."""
    from hub.users import disable

    with opened() as hub:
        end(disable(hub, name, by=by, because=because))


@users.command("password")
def users_password(name: str, by: By) -> None:
    """Set a password; it is asked for, or read from standard input, and stored as an argon2id hash."""
    from hub.users import set_password

    secret: str = typer.prompt("Sandi / password", hide_input=True, confirmation_prompt=True)
    with opened() as hub:
        end(set_password(hub, name, secret, by=by))


@tokens.command("issue")
def tokens_issue(
    name: str, by: By, days: Annotated[int, typer.Option(help="How long it holds, at most 366 days.")] = 90
) -> None:
    """A new token of a user: written once to standard output, and to nobody again."""
    from hub.telling import complain
    from hub.users import issue

    with opened() as hub:
        token, tally = issue(hub, name, days=days, by=by, random=os.urandom)
        print(token)
        for note in tally.notes:
            complain(note)


@tokens.command("list")
def tokens_list() -> None:
    """Number, user, until when, and who issued it; the token itself is not kept."""
    from hub.users import tokens as found

    with opened() as hub:
        for one in found(hub):
            state = "dicabut / revoked" if one.revoked_at else f"{one.expires_at:%Y-%m-%d}"
            print(f"{one.id}  {one.owner}  {state}  {one.issued_by}")


@tokens.command("revoke")
def tokens_revoke(number: int, by: By, because: Because) -> None:
    """End a token before its day."""
    from hub.users import revoke

    with opened() as hub:
        end(revoke(hub, number, by=by, because=because))
