"""What people type into reasons is masked before an entry holds it, for an entry can never be taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from hub.audit.entry import Entry
from hub.commands import deciding
from hub.commands.verbs import app
from hub.identity import looks_personal

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TYPED = "NIK 3573014101900001, hp 0812-3456-7890, budi@contoh.id"


def test_no_entry_holds_a_number_that_somebody_typed_into_a_reason() -> None:
    """Reasons and owners lose numbers and addresses; who acted keeps the address of his office, and no number."""
    entry = Entry(
        act="hold_added",
        at=NOW,
        actor="dewi@kominfo.contoh.id 081234567890",
        detail={"because": TYPED, "owner": "Dewi 081234567890", "manifest": "3573014101900001"},
    )
    body = entry.encode()
    assert b"[NIK], hp [telepon], [email]" in body
    assert b"dewi@kominfo.contoh.id [telepon]" in body
    assert b'"owner":"Dewi [telepon]"' in body
    assert b'"manifest":"3573014101900001"' in body  # what the hub itself writes stays as it is


def test_commands_mask_a_reason_before_anything_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--by` and `--because` reach no step and no table with a number in them, and the person is told so."""
    seen: list[tuple[str, str]] = []
    monkeypatch.setattr("hub.commands.deciding.opened", _NoHub)
    monkeypatch.setattr("hub.closing.close", lambda hub, name, interval, *, who, because: seen.append((who, because)))
    monkeypatch.setattr(deciding, "end", lambda tally: None)
    result = CliRunner().invoke(app, ["close", "kanal", "3", "--by", "Dewi 081234567890", "--because", TYPED])
    assert result.exit_code == 0, result.output
    assert seen == [("Dewi [telepon]", "NIK [NIK], hp [telepon], [email]")]
    assert "masked" in result.output


def test_a_reason_that_is_refused_is_refused_for_names_too() -> None:
    """`erase` and `cases` take no reason that names somebody."""
    assert looks_personal("diminta oleh Bapak Budi Santoso")
    assert not looks_personal("atas permintaan pemilik data")


class _NoHub:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
