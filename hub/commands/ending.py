"""The hub that a command opens, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NoReturn

from hub.settings import Settings
from hub.telling import DONE, FAILED, WRONG_USE, complain, exit_code, say

if TYPE_CHECKING:
    from hub.model import Tally
    from hub.spine import Hub


class Stop(Exception):
    """End with this exit code; what is to be said has been said."""

    def __init__(self, code: int) -> None:
        self.code = code


@contextmanager
def opened(only: str | None = None) -> Iterator[Hub]:
    """The hub of these settings; `only` reads the manifest of that one connector."""
    from hub.wire import for_batches, open_hub

    for_batches()
    settings = Settings.read()
    for sentence in settings.doubts():
        complain(sentence)
    with open_hub(settings, only=only) as hub:
        yield _for_bearer(hub, settings.token) if settings.token else hub


def _for_bearer(hub: Hub, token: str) -> Hub:
    from hub.entering import entered

    return entered(hub, _ARGUMENTS.get(), token)


_ARGUMENTS: ContextVar[Sequence[str]] = ContextVar("arguments", default=())


def begin(arguments: Sequence[str]) -> None:
    """Remember which command runs: what somebody with a token may depends on it. Raises NotAllowed."""
    from hub.access import OPERATORS_OWN, NotAllowed, verb_of

    verb = verb_of(arguments)
    _ARGUMENTS.set(tuple(arguments))
    if verb in OPERATORS_OWN and Settings.read().token:
        raise NotAllowed(
            f"'{verb}' hanya untuk operator mesin ini, tanpa token. / '{verb}' is for this machine's operator: unset "
            "SATUPINTU_TOKEN."
        )


def decider(hub: Hub) -> str:
    """Who decides where nobody is named: the bearer of the token, else the operator."""
    return "operator" if hub.who.is_operator else hub.who.name


def end(*tallies: Tally) -> NoReturn:
    """Tell the tallies and end with their exit code."""
    for tally in tallies:
        say(tally)
    raise Stop(exit_code(tallies))


def wrong_use(sentence: str) -> NoReturn:
    """Say how the command is meant, and end with 2."""
    complain(sentence)
    raise Stop(WRONG_USE)


def tell_broken(hub: Hub) -> int:
    """Broken manifests and registries, in sentences; the rest has run. The exit code for them."""
    broken = [*hub.manifests.bad.values(), *hub.registries.bad.values()]
    for problem in broken:
        complain(problem)
    return FAILED if broken else DONE
