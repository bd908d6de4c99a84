"""What an officer writes in a portal's editor reaches others as words, and what only looks like HTML stays as it is."""

from __future__ import annotations

import pytest

from hub.registry.plaintext import plain

TEXTS = [
    ("<p>Sudah&nbsp;<b>selesai</b></p>", "Sudah selesai"),
    ("Baris satu<br/>Baris  dua", "Baris satu\nBaris dua"),
    ("<ul><li>Jalan</li><li>Lampu</li></ul>", "Jalan\nLampu"),
    ("<script>alert(1)</script><p>Aman</p>", "Aman"),
    ("Dinas A &amp; B", "Dinas A & B"),
    ("Lebar < 2 m, panjang > 3 m", "Lebar < 2 m, panjang > 3 m"),
    ("Tulis ke <dinas@contoh.example>\n\n\n  ya", "Tulis ke <dinas@contoh.example>\n\n\n  ya"),
    ("R&D dan AT&T; selesai", "R&D dan AT&T; selesai"),
    ("<p></p>", ""),
]


@pytest.mark.parametrize(("written", "read"), TEXTS)
def test_an_editors_text_becomes_plain(written: str, read: str) -> None:
    """Tags and escapes go, lines stay; brackets that are no tags are words."""
    assert plain(written) == read
