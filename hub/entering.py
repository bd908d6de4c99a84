"""Somebody comes in with a token: from here on the hub shows him what his role and region allow, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from connectors.manifest import Catalogue
from hub.access import NATION, NotAllowed, Refused, Who, covers, may, verb_of
from hub.spine import Hub
from hub.users import bearer


def entered(hub: Hub, arguments: Sequence[str], token: str) -> Hub:
    """The hub for the bearer of this token and this one command line. Raises NotAllowed, in both languages."""
    who = bearer(hub, token)
    in_his_own_name(who, arguments)
    return seen_by(hub, who, verb_of(arguments))


def seen_by(hub: Hub, who: Who, verb: str) -> Hub:
    """
    The hub for one person and one command: its store shows what he may see, its connectors are those of his region.

    Raises NotAllowed.
    """
    answer = may(who, verb)
    if isinstance(answer, Refused):
        raise NotAllowed(str(answer))
    return replace(
        hub,
        who=who,
        actor=who.name,
        store=hub.store.within(answer.sight),
        manifests=hub.manifests if who.region == NATION else _of(hub.manifests, who.region),
    )


def in_his_own_name(who: Who, arguments: Sequence[str]) -> None:
    """Somebody with a token decides as himself: no command line of his names another. Raises NotAllowed."""
    for at, word in enumerate(arguments):
        option, _, value = word.partition("=")
        if option == "--by" and (value or "".join(arguments[at + 1 : at + 2])) != who.name:
            raise NotAllowed(
                f"Dengan token Anda bertindak sebagai {who.name}; tulis --by {who.name}. / With a token you act as "
                f"{who.name}: write --by {who.name}."
            )


def _of(manifests: Catalogue, region: str) -> Catalogue:
    """The connectors of one region; files that cannot be read belong to nobody who could be told."""
    good = {name: one for name, one in manifests.good.items() if covers(region, one.region)}
    return replace(manifests, good=MappingProxyType(good), bad=MappingProxyType({}))
