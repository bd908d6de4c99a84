"""A text without the personal data in it: each place is named by its kind, and nothing of the value stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Final

from hub.personal.finding import Span, find

SAID: Final = {
    "nik": "[NIK]",
    "kk": "[KK]",
    "phone": "[telepon]",
    "email": "[email]",
    "npwp": "[NPWP]",
    "bpjs": "[BPJS]",
    "account": "[rekening]",
    "passport": "[paspor]",
    "plate": "[pelat]",
    "name": "[nama]",
}
"""What stands in place of each kind."""


def mask(text: str, *, keep: Collection[str] = ()) -> str:
    """`text` with `[NIK]`, `[telepon]` and so on in place of what `find` finds, but for the kinds to `keep`.

    A text without any comes back as it is.
    """
    found = tuple(one for one in find(text) if one.kind not in keep)
    return _without(text, found) if found else text


def mask_person(text: str) -> str:
    """For who decides (`--by`, the actor of an entry): a colleague may be named with an office's address, and no more."""
    return mask(text, keep=("name", "email"))


def counts(text: str) -> dict[str, int]:
    """How often each kind occurs, sorted by kind; never a value."""
    return dict(sorted(Counter(one.kind for one in find(text)).items()))


def _without(text: str, found: tuple[Span, ...]) -> str:
    parts, at = [], 0
    for one in found:
        parts += [text[at : one.begin], SAID[one.kind]]
        at = one.end
    return "".join([*parts, text[at:]])
