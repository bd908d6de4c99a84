"""The environments of the peers: made once in a folder outside the project, never in the project's own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path("~/.cache/satupintu-bench")
VALIDATORS = ("jsonschema==4.26.0", "jsonschema-rs==0.60.3")
PINS = {
    "plain": ("requests==2.34.2", "tenacity==9.2.1", "sqlalchemy==2.1.9", "psycopg[binary]==3.3.9", *VALIDATORS),
    "dlt": ("dlt[postgres]==1.31.0", *VALIDATORS),
    "airbyte": ("airbyte-cdk==7.39.1", "psycopg[binary]==3.3.9", *VALIDATORS),
    "singer": ("singer-sdk==0.54.9", *VALIDATORS),
    "httpx": ("httpx==0.28.1",),
    "foreign": ("pymerkle==6.1.0", "sigstore==4.5.1"),
    "dedup-train": ("numpy==2.4.6", "scipy==1.17.1", "rapidfuzz==3.14.6"),
    "dedup-minhash": ("rensa==0.5.0", "datasketch==2.0.0"),
    "dedup-tfidf": ("scikit-learn==1.9.1", "sparse_dot_topn==1.2.0"),
    "dedup-splink": ("splink==5.0.0", "duckdb==2.0.0", "pyarrow==26.0.1"),
    "singer-target": ("meltanolabs-target-postgres==0.8.1",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment, or why there is none."""

    bin: Path
    trouble: str | None = None


@cache
def environment(folder: Path, name: str) -> Environment:
    """The environment of one peer, made where it is missing or its pins have changed; this may download 100 MB."""
    place = folder.expanduser().absolute() / name
    mark, pins = place / "pins", "\n".join(PINS[name])
    if mark.is_file() and mark.read_text() == pins:
        return Environment(bin=place / "bin")
    print(f"making the environment of {name} in {place}", file=sys.stderr)
    make = [sys.executable, "-m", "venv", "--clear", str(place)]
    fill = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q", *PINS[name]]
    for command in (make, fill):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return Environment(bin=place / "bin", trouble=(done.stderr or done.stdout).strip()[-300:])
    mark.write_text(pins)
    return Environment(bin=place / "bin")
