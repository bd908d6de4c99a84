"""How an error ends a command: a sentence for people and an exit code, by who must act."""

from __future__ import annotations

import errno
from typing import Any

import typer

from connectors.errors import ChannelError, Misconfigured
from hub.access import NotAllowed
from hub.cases import NoSuchCase
from hub.closing import NotOwed
from hub.erasing import Busy, Held
from hub.evidence.asking import WrongQuestion
from hub.holding import NoSuchHold
from hub.identity import NobodyNamed
from hub.inspecting import NoSuchAccusation
from hub.privacy import KeyProblem
from hub.ranges import WrongRange
from hub.register_words import NotRegistered
from hub.releasing import NotHeld
from hub.retention import NoSuchClass
from hub.settings import WrongSetting
from hub.store.leases import LostLease
from hub.store.server import StoreProblem, StoreUnavailable
from hub.store.work import StoreBusy
from hub.telling import FAILED, INCOMPLETE, WRONG_USE, complain, place
from hub.users import WrongUser


def explained(error: Exception) -> int:
    """Say what happened and who can act; the exit code that goes with it. Of one that nobody foresaw only class and place."""
    usage: type[Any] = typer.BadParameter.__mro__[1]  # typer gives the class of all wrong uses no public name
    if isinstance(error, usage):
        error.show()
        return WRONG_USE
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        complain("The disk is full. Free some space and run the command again; nothing that was stored is lost.")
        return WRONG_USE
    codes: list[tuple[type[Exception], int]] = [
        (WrongSetting, WRONG_USE),
        (WrongRange, WRONG_USE),
        (WrongQuestion, WRONG_USE),
        (KeyProblem, WRONG_USE),
        (StoreBusy, INCOMPLETE),
        (StoreUnavailable, FAILED),
        (StoreProblem, WRONG_USE),
        (NotOwed, FAILED),
        (NotHeld, FAILED),
        (Held, FAILED),
        (NoSuchHold, FAILED),
        (NoSuchCase, FAILED),
        (NoSuchAccusation, FAILED),
        (NoSuchClass, WRONG_USE),
        (NobodyNamed, WRONG_USE),
        (NotAllowed, WRONG_USE),
        (WrongUser, WRONG_USE),
        (NotRegistered, FAILED),
        (Busy, INCOMPLETE),
        (Misconfigured, FAILED),
        (ChannelError, INCOMPLETE),
        (LostLease, INCOMPLETE),
    ]
    for kind, code in codes:
        if isinstance(error, kind):
            if indonesian := getattr(error, "indonesian", ""):
                complain(indonesian)
            complain(error)
            return WRONG_USE if getattr(error, "code", "") == "unknown_connector" else code
    complain(place(error))
    return FAILED
