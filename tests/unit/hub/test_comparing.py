"""What counts as a difference between the hub and a registry, as tables."""

from __future__ import annotations

from uuid import UUID

import pytest

from hub.comparing import WHAT, against_list, against_one
from hub.registry.port import Listed, Shown
from hub.registry.wording import marker
from hub.store.differences import Held

ONE, TWO = UUID(int=1, version=5), UUID(int=2, version=5)


def held(complaint: UUID = ONE, state: str = "confirmed", number: str | None = "7", **more: object) -> Held:
    """A delivery as the hub has it."""
    return Held(id=complaint.int % 100, complaint=complaint, state=state, registry_id=number, **more)  # type: ignore[arg-type]


def row(number: str, reference: UUID | str | None) -> Listed:
    """A line of the registry's list."""
    return Listed(registry_id=number, reference=str(reference) if reference else None)


@pytest.mark.parametrize(
    ("listed", "ours", "wrong", "found"),
    [
        ([row("7", ONE)], [held()], [], []),
        ([row("7", str(ONE).upper())], [held()], [], []),
        ([row("7", None)], [held()], [], []),
        ([], [held()], [("missing", "7")], []),
        ([row("7", ONE), row("8", ONE)], [held()], [("doubled", "8")], []),
        (
            [row("8", ONE), row("9", ONE)],
            [held(number=None, state="unknown")],
            [("doubled", "8"), ("doubled", "9")],
            [],
        ),
        ([row("8", ONE)], [held()], [("other_number", "8"), ("missing", "7")], []),
        ([row("8", TWO)], [], [("foreign", "8")], []),
        ([row("8", "SWA-0112026-0000001")], [], [], []),
        ([row("8", ONE)], [held(number=None, state="unknown")], [], ["8"]),
        ([row("8", ONE)], [held(number=None, state="needs_human")], [], ["8"]),
        ([row("8", ONE)], [held(number=None, state="queued")], [], ["8"]),
        ([row("8", ONE)], [held(number=None, state="refused")], [("refused_there", "8")], []),
        ([], [held(number=None, state="unknown")], [], []),
    ],
)
def test_a_list_and_the_hub(
    listed: list[Listed], ours: list[Held], wrong: list[tuple[str, str]], found: list[str]
) -> None:
    """Every difference has a name; an outcome that nobody knew is found in the list."""
    expected = [one for one in ours if one.registry_id]
    said = against_list(listed, expected, {str(one.complaint): one for one in ours})
    assert [(one.what, one.registry_id) for one in said.differences] == wrong
    assert [number for _, number in said.found] == found


@pytest.mark.parametrize(
    ("shown", "ours", "wrong"),
    [
        (Shown(found=True), held(), []),
        (Shown(found=True, institution="3101", text=f"x {marker(str(ONE))}"), held(institution="3101"), []),
        (Shown(found=False), held(), ["missing"]),
        (Shown(found=True, institution="9"), held(institution="3101"), ["elsewhere"]),
        (Shown(found=True, institution="9"), held(institution="3101", moved=["9"]), []),
        (Shown(found=True, institution="9"), held(institution=None), []),
        (Shown(found=True, text=f"x {marker(str(TWO))}"), held(), ["no_marker"]),
        (Shown(found=True, text=f"x {marker(str(ONE)).upper()}"), held(), []),
    ],
)
def test_a_number_and_the_hub(shown: Shown, ours: Held, wrong: list[str]) -> None:
    """A complaint that is gone, stands elsewhere or holds another text is named; what is not shown is not compared."""
    assert [one.what for one in against_one(ours, shown)] == wrong
    assert set(wrong) <= set(WHAT)
