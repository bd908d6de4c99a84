"""The page for developers of kinds is true: its kinds pass the suite of all kinds, from a folder outside of this tree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_kinds_of_the_page_pass_the_suite_of_every_kind(tmp_path: Path) -> None:
    """Whoever copies the page's files has a kind that asks and one that hears, and edits nothing else."""
    page = (ROOT / "docs" / "own-kinds.md").read_text(encoding="utf-8")
    files = re.findall(r"^```python\n# ([\w/]+\.py)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "doors").mkdir()
    for name, text in files:
        (tmp_path / name).write_text(text, encoding="utf-8")
    told = "kentongan or bedug or (in_this_suite and every)"
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/channels/test_every_kind.py", "-k", told],
        cwd=ROOT, env={**os.environ, "SATUPINTU_KINDS": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout[-3000:]
    assert len(files) == 4 and len(re.findall(r"\.", said.stdout.splitlines()[0])) >= 25
