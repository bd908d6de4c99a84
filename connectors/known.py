"""The table of kinds: found by their files, loaded when one is asked for, and one that is broken takes no other down."""

from __future__ import annotations

import importlib
import pkgutil
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from connectors.errors import Misconfigured

T = TypeVar("T")
_KINDS: dict[str, type[Any]] = {}


_MUST: Final = ("pages", "mark", "once", "moving")
_MUST_TO_ANSWER: Final = ("reply", "repeatable", "gathers")


def kind(name: str) -> Callable[[type[T]], type[T]]:
    """
    Register a class as a kind of channel; the fields of the class are the options of `with`.

    `name` MUST be that of its file. Raises Misconfigured where the class lacks what Lists, or Replies, asks for.
    """

    def register(cls: type[T]) -> type[T]:
        must = (*_MUST, *(_MUST_TO_ANSWER if getattr(cls, "REPLY", None) else ()))
        if missing := [one for one in must if not hasattr(cls, one)]:
            file = cls.__module__.rpartition(".")[2]
            raise broken(file, f"its class has no {', '.join(missing)}", f"kelasnya tidak punya {', '.join(missing)}")
        _KINDS[name] = cls
        return cls

    return register


def look_in(folder: Path) -> None:
    """Kinds of the operator's own, one file each, are found beside ours; a file of ours is never replaced."""
    import connectors.kinds

    if str(folder) not in connectors.kinds.__path__:
        connectors.kinds.__path__.append(str(folder))
        names.cache_clear()


@cache
def names() -> frozenset[str]:
    """The kinds that there are, by their files, without loading one."""
    import connectors.kinds

    found = pkgutil.iter_modules(connectors.kinds.__path__)
    return frozenset(module.name for module in found if not module.name.startswith("_"))


def kinds() -> Mapping[str, type[Any]]:
    """All kinds by name, loaded; raises Misconfigured for a file that cannot be."""
    for name in sorted(names()):
        known(name)
    return _KINDS


def known(name: str) -> type[Any]:
    """The class of a kind; raises Misconfigured where there is none of that name, or its file cannot be used."""
    if name not in _KINDS and name in names():
        _load(name)  # what the other kinds need is not loaded
    found = _KINDS.get(name)
    if found is None:
        there = ", ".join(sorted(names()))
        raise Misconfigured(
            f"There is no kind '{name}'.",
            hint=f"Use one of: {there}.",
            code="unknown_kind",
            indonesian=f"Tidak ada kind '{name}'. Pakai salah satu: {there}.",
        )
    return found


def says(name: str, word: str, *, otherwise: bool = False) -> bool:
    """What a kind says of its own door by a class attribute (connectors.base.Says); `otherwise` where it cannot be loaded."""
    try:
        return bool(getattr(known(name), word, False))
    except Misconfigured:
        return otherwise


def _load(name: str) -> None:
    try:
        importlib.import_module(f"connectors.kinds.{name}")
    except Misconfigured:
        raise
    except Exception as error:  # noqa: BLE001  # an operator's own file takes down no other connector
        what = f"{type(error).__name__}, {_line_of(name, error)}"
        raise broken(name, f"it cannot be loaded ({what})", f"tidak dapat dimuat ({what})") from None
    if name not in _KINDS:
        raise broken(name, f'it has no class with @kind("{name}")', f'tidak ada kelas dengan @kind("{name}")')


def _line_of(name: str, error: Exception) -> str:
    """Where in the kind's file it happened; of the error itself nothing, because it can quote what is written there."""
    numbers = [one.lineno for one in traceback.extract_tb(error.__traceback__) if Path(one.filename).stem == name]
    number = error.lineno if isinstance(error, SyntaxError) else (numbers or [None])[-1]
    return f"{name}.py:{number}" if number else f"{name}.py"


def broken(name: str, what: str, indonesian: str) -> Misconfigured:
    """The error for a kind whose own file is wrong; `what` is the end of a sentence, in both languages."""
    return Misconfigured(
        f"The kind '{name}' cannot be used: {what}.",
        hint=f"Mend {name}.py, or take it out of the folder of kinds.",
        code="kind_broken",
        indonesian=f"Jenis '{name}' tidak dapat dipakai: {indonesian}. Perbaiki {name}.py, atau keluarkan dari foldernya.",
    )
