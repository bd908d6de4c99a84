"""`satupintu demo`: invented complaints from three doors, carried by the scheduler to a make-believe registry and back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from hub import oversight, publishing
from hub.audit import verify
from hub.machine.components import Airflow
from hub.machine.processes import Crew, Trouble
from hub.machine.stopping import Stop, Stopped
from hub.machine.up import running, tell
from hub.settings import Settings
from hub.spine import Hub
from hub.store.problems import StoreProblem
from hub.telling import table
from hub.wire import open_hub
from sandbox import manifests
from sandbox.progress import Progress
from sandbox.referee import verdict
from sandbox.traces import traces

TRUTH = Path(__file__).with_name("truth.json")
LIMIT = 300.0
"""Seconds after which the demo gives up."""
STEADY = 70.0
"""Seconds without any change, two runs of every connector, after which a wrong figure is taken for final."""
DAYS = 3
"""Working days that pass at the registry before its answers are fetched."""
ROOM = 700_000_000
"""Bytes that database and logs need."""


def demo(keep: bool) -> int:
    """
    Run it once and compare everything with the known truth.

    Returns 0 where all agrees and the log verifies, 1 where something does not (said in sentences), 2 where it could
    not be started, 130 after Ctrl-C. `keep` leaves it up until Ctrl-C. Nothing is left running in any case.
    """
    folder = Path(tempfile.mkdtemp(prefix="satupintu-demo-"))
    try:
        with Stop() as stop:
            code = _watched(folder, stop, keep)
    except Stopped:
        print("Stopped; everything that was started has been ended.")
        code = 130
    except (Trouble, StoreProblem, OSError) as trouble:
        print(f"satupintu demo: {trouble}\nThe logs are kept in {folder}.", file=sys.stderr)
        return trouble.code if isinstance(trouble, Trouble) else 1
    if code in (0, 130):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"The logs are kept in {folder}.")
    return code


def _watched(folder: Path, stop: Stop, keep: bool) -> int:
    began = time.monotonic()
    if shutil.disk_usage(folder).free < ROOM:
        raise Trouble(f"{folder.parent} has less than {ROOM // 1_000_000} MB free. Make room or set TMPDIR.", code=2)
    settings = _settings(folder)
    print("Starting PostgreSQL, the make-believe counterparts and Airflow …", flush=True)
    with running(settings, stop, look_every=10, beside=lambda crew: _counterparts(crew, folder)) as (airflow, crew):
        print(f"Airflow is up at {airflow.url} after {time.monotonic() - began:.0f} s; the scheduler takes over.")
        with open_hub(settings) as hub:
            show = _Show(folder=folder, hub=hub, airflow=airflow, crew=crew, stop=stop, until=began + LIMIT)
            code = show.run()
        print(f"Done after {time.monotonic() - began:.0f} s.")
        if keep:
            _kept(airflow, settings, show.addresses, crew, stop)
    return code


def _settings(folder: Path) -> Settings:
    return Settings(
        home=folder / "home",
        manifests=folder / "manifests",
        registries=folder / "registries",
        allow_networks=(ip_network("127.0.0.0/8"),),
    )


def _counterparts(crew: Crew, folder: Path) -> None:
    """Start them in a process of their own, then register them as a region would."""
    settings, place = _settings(folder), folder / "sandbox"
    env = {"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}
    crew.start("sandbox", [sys.executable, "-m", "sandbox.serve", "--folder", str(place)], env)
    crew.until((place / "sandbox.json").exists, seconds=60, what="The make-believe counterparts")
    addresses = json.loads((place / "sandbox.json").read_text())
    manifests.write(settings.manifests, addresses, settings.secrets_folder)
    manifests.registry_yaml(settings.registries, addresses)


def _kept(airflow: Airflow, settings: Settings, addresses: Mapping[str, Any], crew: Crew, stop: Stop) -> None:
    for name in ("portal", "x", "registry"):
        print(f"{name + ':':11} {addresses[name]['url']}")
    tell(airflow, settings)
    while not stop.wanted:
        crew.alive()
        time.sleep(0.5)


@dataclass(slots=True, kw_only=True)
class _Show:
    """One demonstration, from the first scheduled run to the verdict."""

    folder: Path
    hub: Hub
    airflow: Airflow
    crew: Crew
    stop: Stop
    until: float
    truth: Mapping[str, Any] = field(default_factory=lambda: json.loads(TRUTH.read_text(encoding="utf-8")))
    wrong: list[str] = field(default_factory=list)

    @property
    def addresses(self) -> Mapping[str, Any]:
        """Where the counterparts are."""
        found: Mapping[str, Any] = json.loads((self.folder / "sandbox" / "sandbox.json").read_text())
        return found

    def run(self) -> int:
        """Wait for the connectors, let days pass at the registry, fetch its answers, seal, and compare."""
        with Progress(self.truth) as progress:
            self._until_settled(progress)
            for _ in range(DAYS):
                self._registry("POST", "/_sandbox/advance")
            for dag, conf in (("follow_status", {"everything": True}), ("watch_daily", {}), ("seal_audit", {})):
                with self._triggered(dag, conf):
                    progress.show(self._figures(), f"{dag} runs")
        return self._judged()

    def _until_settled(self, progress: Progress) -> None:
        before: dict[str, Any] = {}
        since = time.monotonic()
        while True:
            now = self._figures()
            progress.show(now, "the scheduler runs sync__* every minute")
            if now != before:
                before, since = now, time.monotonic()
            if time.monotonic() - since > STEADY or (_at_rest(now) and not self._disagreements(now)):
                return
            self._wait(1.0)

    def _wait(self, seconds: float) -> None:
        self.crew.alive()
        self.stop.wait(seconds)
        if time.monotonic() > self.until:
            raise Trouble(
                f"It is not finished after {LIMIT / 60:.0f} minutes; look into {self.folder / 'home' / 'logs'}."
            )

    @contextmanager
    def _triggered(self, dag: str, conf: Mapping[str, Any]) -> Iterator[None]:
        """A run of a fleet DAG, asked for over Airflow's API; the block is run while it runs."""
        token = self.airflow.token()
        runs = f"/api/v2/dags/{dag}/dagRuns"
        run = self.airflow.ask("POST", runs, {"logical_date": None, "conf": dict(conf)}, token)["dag_run_id"]
        yield
        while (state := self.airflow.ask("GET", f"{runs}/{run}", None, token)["state"]) not in ("success", "failed"):
            self._wait(0.3)
        if state == "failed":
            self.wrong.append(f"the run of {dag} failed; its log is below {self.folder / 'home' / 'airflow' / 'logs'}")

    def _figures(self) -> dict[str, Any]:
        return oversight.figures(self.hub)

    def _registry(self, method: str, path: str) -> Any:
        request = urllib.request.Request(f"{self.addresses['registry']['url']}{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def _complaints(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self._registry("GET", "/_sandbox/complaints")["complaints"]
        return found

    def _disagreements(self, figures: Mapping[str, Any]) -> list[str]:
        return verdict(self.truth, self._complaints(), figures)

    # the end -------------------------------------------------------------------------------------------------------

    def _judged(self) -> int:
        figures, registered = self._figures(), self._complaints()
        table(figures["connectors"], figures["pulled"])
        log = self._verified()
        found = traces(self.folder, self.truth, self.hub)
        print(f"Cases with two or more complaints:  {figures['cases_with_two_or_more']}")
        print(
            f"Complaints the registry reports:    {len(registered)}  (the truth is {self.truth['registry_complaints']})"
        )
        print(f"Statuses brought back:              {figures['statuses_brought_back']}")
        print(f"Answers sent to reporters:          {figures['answers_sent']}")
        print(f"Entries sealed:                     {figures['entries_sealed']}")
        print(f"Offline verification:               {log}")
        print(f"Complaint text in Airflow:          {found.told}")
        self.wrong += verdict(self.truth, registered, figures)
        self.wrong += [f"there are no {what.replace('_', ' ')}" for what in _NEEDED if not figures[what]]
        self.wrong += found.wrong
        for sentence in self.wrong:
            print(f"NOT AS IT SHOULD BE: {sentence}.")
        if not self.wrong:
            print("Everything agrees with the sandbox's truth.")
        return 1 if self.wrong else 0

    def _verified(self) -> str:
        """What the verifier says, as a process that knows nothing of ours, about an exported copy of the log."""
        copy = self.folder / "exported-log"
        publishing.export(self.hub, copy)
        command = [sys.executable, "-I", verify.__file__, str(copy), "--key", str(copy / "log.vkey")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=self.folder)
        said = (done.stdout + done.stderr).strip().replace("\n", "; ")
        if done.returncode:
            self.wrong.append("the audit log does not verify")
        return said


def _at_rest(figures: Mapping[str, Any]) -> bool:
    """Whether every connector was read and nothing is waiting or on its way."""
    rows = figures["connectors"].values()
    return len(rows) == 3 and not any(row["waiting"] or row["on_the_way"] for row in rows)


_NEEDED = ("statuses_brought_back", "answers_sent", "entries_sealed")
