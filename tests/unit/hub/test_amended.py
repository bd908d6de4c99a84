"""What activation writes into a manifest: the author's own text stays, whichever way he writes YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from connectors import yaml_file
from hub.amended import amended

TEXT = """# kanal desa
version: 1
region: "35.10"   # dalam tanda kutip
shadow: true
forward:
  from: "2026-01-01"   # awal

  skip:
  - closed
# jadwal
schedule: "*/15 * * * *"
"""


def value(text: str) -> object:
    """What it says."""
    return yaml_file.parsed(Path("a.yaml"), text.encode()).value


def test_the_rest_stays_letter_by_letter() -> None:
    """Comments, quotes and order of an author's file are kept; only the keys that were asked for change."""
    made = amended(TEXT, {"shadow": None, "disabled": None, "forward": {"from": "2026-12-01", "skip": ["closed"]}})
    assert made == (
        '# kanal desa\nversion: 1\nregion: "35.10"   # dalam tanda kutip\n# jadwal\nschedule: "*/15 * * * *"\n'
        'forward: {"from": "2026-12-01", "skip": ["closed"]}\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.rstrip("\n"),
        TEXT.replace("\n", "\r\n"),
        '{version: 1, region: "35.10", shadow: false}',
        '"shadow": false\nregion: "35.10"',
        "shadow:\n  true\nregion: '35.10'\n",
        'region: "35.10"\nowner: >\n  Dinas\n\n  shadow: no\n',
        'region: "35.10"\nowner: |\n  Dinas\nshadow : false\n',
        "---\nregion: '35.10'\n",
        'region: "35.10"\nowner: "dua\n  shadow: baris"\n',
    ],
)
def test_every_way_of_writing_yaml_says_the_same_and_the_change(text: str) -> None:
    """Whatever form a file has, what is read afterwards is what was written, with the change and nothing else."""
    before = value(text)
    assert isinstance(before, dict)
    made = amended(text, {"shadow": True, "name": "kanal-é"})
    assert value(made) == {**before, "shadow": True, "name": "kanal-é"}
    assert value(amended(made, {"shadow": None, "name": None})) == {
        key: one for key, one in before.items() if key != "shadow"
    }
    assert yaml.safe_load(made)["region"] == "35.10"
