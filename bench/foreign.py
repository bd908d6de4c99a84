"""Foreign eyes on a log: Go's tlog and note, pymerkle's tree, sigstore's parser; nothing of ours but the files."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import envs
from hub.audit import checkpoint

GO_PATH = Path("/usr/share/gocode")
"""Where Debian keeps the sources of golang-golang-x-mod-dev."""
PROGRAM = Path(__file__).resolve().parents[1] / "tests/unit/audit/tlog.go"


def look(folder: Path, size: int, vkey: str, where: Path) -> None:
    """Print whether the others accept the log; where they do not the run ends."""
    _go(folder, size, vkey)
    _python(folder, size, vkey, where)


def _go(folder: Path, size: int, vkey: str) -> None:
    go = shutil.which("go")
    if not go or not (GO_PATH / "src/golang.org/x/mod").is_dir():
        print("\nGo's tlog: NOT looked; apt-get install golang-go golang-golang-x-mod-dev")
        return
    env = os.environ | {"GO111MODULE": "off", "GOPATH": str(GO_PATH), "GOFLAGS": "", "GOPROXY": "off"}
    with tempfile.TemporaryDirectory(prefix="sp-") as made:
        build = [go, "build", "-o", f"{made}/tlog", str(PROGRAM)]
        subprocess.run(build, env=env | {"GOCACHE": f"{made}/cache"}, check=True)
        done = subprocess.run([f"{made}/tlog", "log", folder, vkey], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"Go's tlog does not accept the log: {done.stderr[-600:]}")
    print(f"\nGo's tlog over {size} entries: accepted ({done.stdout.strip()})")


_FOREIGN = """
import json, sys
from pathlib import Path
from pymerkle import InmemoryTree
from sigstore._internal.rekor.checkpoint import LogCheckpoint, SignedNote
folder, size = Path(sys.argv[1]), int(sys.argv[2])
note = (folder / "checkpoint").read_text()
tree, at = InmemoryTree(algorithm="sha256"), 0
for index in range(-(-size // 256)):
    name = "/".join([f"x{index // 1000:03}"] * (index >= 1000) + [f"{index % 1000:03}"])
    place = folder / "tile/entries" / (name if size - 256 * index >= 256 else f"{name}.p/{size - 256 * index}")
    data, at = place.read_bytes(), 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at:at + 2], "big")
        tree.append_entry(data[at + 2:end])
        at = end
head = LogCheckpoint.from_text(SignedNote.from_text(note).note)
print(json.dumps({"root": tree.get_state().hex(), "size": head.log_size, "signed": head.log_hash}))
"""


def _python(folder: Path, size: int, vkey: str, where: Path) -> None:
    """Print whether pymerkle's tree over the entries has the signed root, and sigstore's parser reads the checkpoint."""
    env = envs.environment(where, "foreign")
    if env.trouble:
        print(f"foreign eyes: NOT looked, {env.trouble}")
        return
    command = [str(env.bin / "python"), "-c", _FOREIGN, str(folder), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"foreign eyes: {done.stderr[-600:]}")
    told = json.loads(done.stdout)
    head = checkpoint.opened((folder / "checkpoint").read_text(), vkey)
    signed = told["signed"] if len(told["signed"]) == 64 else base64.b64decode(told["signed"]).hex()
    same = told["root"] == signed == head.root.hex() and told["size"] == size
    print(f"foreign eyes over {size} entries: pymerkle and sigstore {'agree' if same else 'DISAGREE'}")
