"""Why a task is red, in words that quote no complaint; the retry policy tells them apart."""

from __future__ import annotations


class Incomplete(Exception):
    """Something is owed and will be fetched or sent by the next run; the task is red and not tried again."""


class Failed(Exception):
    """The step says that something is wrong which no repetition mends; a person has to look."""


class Unexpected(Exception):
    """A fault of the hub, told by its class and place only: its own words might quote a citizen."""
