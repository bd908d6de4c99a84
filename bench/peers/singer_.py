"""singer-sdk: a tap of the SDK's REST stream with the shared mapping, piped into the PostgreSQL target of Meltano Labs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import by_hand


def tap() -> None:
    """The tap: Singer messages on standard output."""
    from singer_sdk import RESTStream, Tap
    from singer_sdk import typing as th
    from singer_sdk.pagination import BasePageNumberPaginator

    rows = by_hand.Rows()

    class Pages(BasePageNumberPaginator):
        def has_more(self, response: Any) -> bool:
            return not response.content.startswith(b'{"data":[]')

    class Complaints(RESTStream):
        name, path, primary_keys = "complaints", "", ("ref",)
        url_base = by_hand.url()
        schema = th.PropertiesList(*(th.Property(name, th.StringType) for name in by_hand.COLUMNS)).to_dict()

        def get_new_paginator(self) -> Pages:
            return Pages(start_value=1)

        def get_url_params(self, context: Any, next_page_token: Any) -> dict[str, Any]:
            return {"page": next_page_token or 1, "limit": by_hand.page()}

        def parse_response(self, response: Any) -> Iterable[dict[str, Any]]:
            return rows.of(response.json()["data"])

    class Portal(Tap):
        name = "tap-portal"
        config_jsonschema = th.PropertiesList().to_dict()

        def discover_streams(self) -> list[Any]:
            return [Complaints(tap=self)]

    Portal(config={}).sync_all()
    rows.tell()


def main() -> None:
    """Tap and target as two processes and a pipe, as Meltano runs them."""
    config = {
        "sqlalchemy_url": f"postgresql+psycopg://postgres@/{by_hand.database()}?host={by_hand.socket_folder()}",
        "default_target_schema": "public",
        "add_record_metadata": False,
        "activate_version": False,
        "load_method": "upsert",
        "use_copy": by_hand.rs(),  # not the target's default, and a quarter cheaper
        "validate_records": not by_hand.rs(),  # a second look at flat rows, by jsonschema only
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.json")
        path.write_text(json.dumps(config), encoding="utf-8")
        reading = subprocess.Popen([sys.executable, __file__, "tap"], stdout=subprocess.PIPE)
        target = [os.environ["BENCH_TARGET"], "--config", str(path)]
        writing = subprocess.run(target, stdin=reading.stdout, stdout=subprocess.DEVNULL, check=False)
        reading.stdout.close()  # a tap whose target has ended must not wait for ever
        sys.exit(reading.wait() or writing.returncode)


if __name__ == "__main__":
    tap() if sys.argv[1:] == ["tap"] else main()
