"""The card's packages written well: requests, tenacity, jsonschema (or jsonschema-rs) and a SQLAlchemy Core upsert a page."""

from __future__ import annotations

from typing import Any

import by_hand
import requests
from sqlalchemy import Column, MetaData, Table, Text, create_engine
from sqlalchemy.dialects.postgresql import insert
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

TABLE = Table("complaints", MetaData(), *(Column(name, Text, primary_key=name == "ref") for name in by_hand.COLUMNS))


@retry(
    retry=retry_if_exception_type((requests.ConnectionError, requests.Timeout)),
    stop=stop_after_attempt(5),
    wait=wait_random_exponential(max=10),
)
def page(session: requests.Session, number: int) -> list[dict[str, Any]]:
    """The raw records of one page."""
    answer = session.get(by_hand.url(), params={"page": number, "limit": by_hand.page()}, timeout=30)
    answer.raise_for_status()
    return answer.json()["data"]


def main() -> None:
    """Read every page, one transaction a page."""
    login = f"postgresql+psycopg://postgres@/{by_hand.database()}?host={by_hand.socket_folder()}"
    engine, rows, number = create_engine(login), by_hand.Rows(), 1
    TABLE.metadata.create_all(engine)
    made = insert(TABLE)
    changed = {name: made.excluded[name] for name in by_hand.COLUMNS[1:]}
    differs = TABLE.c.content_hash != made.excluded.content_hash
    upsert = made.on_conflict_do_update(index_elements=["ref"], set_=changed, where=differs)
    with requests.Session() as session:
        while raws := page(session, number):
            batch = list(rows.of(raws))
            with engine.begin() as connection:
                connection.execute(upsert, batch)
            number += 1
    rows.tell()


if __name__ == "__main__":
    main()
