"""airbyte-cdk: a declarative manifest that reads page numbers, and a tight loader made by hand, in one process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice
from typing import Any

import by_hand
import psycopg

BATCH = 500
NAMES = ", ".join(by_hand.COLUMNS)
ARRAYS = ", ".join(["%b::text[]"] * len(by_hand.COLUMNS))
CHANGES = ", ".join(f"{name} = excluded.{name}" for name in by_hand.COLUMNS[1:])
CREATE = f"CREATE TABLE IF NOT EXISTS complaints ({NAMES.replace(',', ' text,')} text, PRIMARY KEY (ref))"
UPSERT = (
    f"INSERT INTO complaints ({NAMES}) SELECT * FROM unnest({ARRAYS}) "
    f"ON CONFLICT (ref) DO UPDATE SET {CHANGES} WHERE complaints.content_hash <> excluded.content_hash"
)


def records() -> Iterator[dict[str, Any]]:
    """What the connector emits, as a destination would get it in the same process."""
    from airbyte_cdk.models import Type
    from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

    catalog, log = _catalog(), logging.getLogger("airbyte")
    source = ConcurrentDeclarativeSource(catalog=catalog, config={}, state=[], source_config=_manifest())
    for message in source.read(log, {}, catalog, []):
        if message.type == Type.RECORD:
            yield message.record.data


def _catalog() -> Any:
    from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer

    stream = {"name": "complaints", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    one = {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append_dedup"}
    return ConfiguredAirbyteCatalogSerializer.load({"streams": [one]})


def _manifest() -> dict[str, Any]:
    address, _, last = by_hand.url().rpartition("/")
    requester = {"type": "HttpRequester", "url_base": address, "path": f"/{last}", "http_method": "GET"}
    paginator = {
        "type": "DefaultPaginator",
        "pagination_strategy": {
            "type": "PageIncrement",
            "page_size": by_hand.page(),
            "start_from_page": 1,
            "inject_on_first_request": True,
        },
        "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"},
        "page_size_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "limit"},
    }
    retriever = {
        "type": "SimpleRetriever",
        "requester": requester,
        "paginator": paginator,
        "record_selector": {"type": "RecordSelector", "extractor": {"type": "DpathExtractor", "field_path": ["data"]}},
    }
    stream = {
        "type": "DeclarativeStream",
        "name": "complaints",
        "primary_key": "id",
        "retriever": retriever,
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object", "properties": {}}},
    }
    return {
        "version": "7.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["complaints"]},
        "streams": [stream],
    }


def main() -> None:
    """Read everything, one statement and one transaction for 500 rows."""
    rows = by_hand.Rows()
    made = rows.of(records())
    with psycopg.connect(host=by_hand.socket_folder(), dbname=by_hand.database(), user="postgres") as connection:
        connection.execute(CREATE)
        while batch := list(islice(made, BATCH)):
            connection.execute(UPSERT, [[one[name] for one in batch] for name in by_hand.COLUMNS])
            connection.commit()
    rows.tell()


if __name__ == "__main__":
    main()
