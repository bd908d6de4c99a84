"""Status words that we put into a region's own app come back with the next pull: they are echoes, and nobody's news."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from hub.store.written import There, Written


def own_status(
    status: str | None,
    word: str,
    before: str,
    there: There,
    *,
    words: Mapping[str, str],
    means: Callable[[str], str | None],
) -> bool:
    """
    Whether `word`, which now stands at the door and means `status`, is one that we have put there.

    Only what we wrote since the door came to stand at `before`, its word in the version before, can stand there now: an
    officer who goes back to a word of ours has set it himself. `words`: the manifest's reply.statuses; `means`: what a
    word of the door's is to the hub, or None.
    """
    since = _stood_since(before, there, words)
    lately = [one for one in there.written if since is None or one.at >= since]
    texts = {text for one in lately if (text := _text(one, words))}
    meant = {one.status for one in lately} | {means(text) for text in texts}
    meant |= {code for code, text in words.items() if text in texts}
    return status in meant or _plain(word) in {_plain(text) for text in texts}


def _stood_since(before: str, there: There, words: Mapping[str, str]) -> datetime | None:
    """When the door came to stand at this word: when we put it there, or at the latest when it was seen there."""
    ours = [one.at for one in there.written if _plain(_text(one, words) or "") == _plain(before)]
    seen = there.before_at
    return max((at for at in ours if seen is None or at <= seen), default=seen)


def _text(one: Written, words: Mapping[str, str]) -> str | None:
    """The word as it was sent; of an earlier version's, the one that the manifest has for its status now."""
    if one.word is not None or one.status is None:
        return one.word
    return words.get(one.status) if words else one.status


def _plain(word: str) -> str:
    return " ".join(word.split()).casefold()
