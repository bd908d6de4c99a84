"""What can be wrong with the store, each as a sentence for whoever has to act."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StoreProblem(Exception):
    """The store cannot be used as it stands; the sentence says what somebody has to do. It quotes no values."""


class StoreUnavailable(StoreProblem):
    """PostgreSQL does not answer at this moment; the same call may work later."""


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """An error of the operating system inside the block becomes a StoreProblem that says what to do."""
    try:
        yield
    except OSError as error:
        raise StoreProblem(
            _SENTENCES.get(error.errno or 0, "{folder}: {why}.").format(
                folder=folder, why=error.strerror or type(error).__name__
            )
        ) from None


_SENTENCES = {
    errno.ENOSPC: "The disk of {folder} is full. Make room (PostgreSQL wants 1 GB) and start again.",
    errno.EDQUOT: "The quota of {folder} is used up. Make room (PostgreSQL wants 1 GB) and start again.",
    errno.EACCES: "{folder} may not be written by this user. Correct its owner or set SATUPINTU_HOME.",
    errno.EPERM: "{folder} may not be changed by this user. Correct its owner or set SATUPINTU_HOME.",
    errno.EROFS: "{folder} is on a read-only disk. Set SATUPINTU_HOME to a folder that can be written.",
    errno.ENOTDIR: "{folder}: a part of this path is a file. Set SATUPINTU_HOME to a folder.",
    errno.EEXIST: "{folder}: a part of this path is a file. Set SATUPINTU_HOME to a folder.",
    errno.ENAMETOOLONG: "{folder} is too long a path. Set SATUPINTU_HOME to a shorter one.",
}
