"""dlt: its rest_api source with page numbers, the shared mapping as a step, upsert by primary key into PostgreSQL."""

from __future__ import annotations

import os
import tempfile
from typing import Any
from urllib.parse import quote

import by_hand

CONFIG = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "WARNING"}
CHEAPER = {"NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true"}


def main() -> None:
    """One pipeline run."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(CONFIG | (CHEAPER if by_hand.rs() else {}), DLT_DATA_DIR=folder)
        _run(folder)


def _run(folder: str) -> None:
    import dlt
    from dlt.sources.rest_api import rest_api_source

    rows = by_hand.Rows()

    source = rest_api_source(_source(lambda raw: rows.of((raw,))))
    login = f"postgresql://postgres:none@{quote(by_hand.socket_folder(), safe='')}/{by_hand.database()}"
    pipeline = dlt.pipeline(
        "bench", pipelines_dir=folder, destination=dlt.destinations.postgres(login), dataset_name="peer"
    )
    pipeline.run(source)
    rows.tell()


def _source(mapped: Any) -> Any:
    pages = {
        "type": "page_number",
        "base_page": 1,
        "page_param": "page",
        "total_path": None,
        "stop_after_empty_page": True,
    }
    address, _, last = by_hand.url().rpartition("/")
    return {
        "client": {"base_url": address + "/", "paginator": pages},
        "resources": [
            {
                "name": "complaints",
                "primary_key": "ref",
                "write_disposition": {"disposition": "merge", "strategy": "upsert"},
                "columns": {name: {"data_type": "text"} for name in by_hand.COLUMNS},
                "max_table_nesting": 0,
                "endpoint": {"path": last, "params": {"limit": by_hand.page()}, "data_selector": "data"},
                "processing_steps": [{"yield_map": mapped}],
            }
        ],
    }


if __name__ == "__main__":
    main()
