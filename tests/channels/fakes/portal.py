"""A regional portal with numbered pages whose faults a test chooses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.channels.fakes.web import Answer, Asked, json_page


@dataclass
class Portal:
    """Rows by id, newest last; `faults` maps a page number to what is answered instead, `before` runs before a page."""

    rows: dict[Any, dict[str, Any]] = field(default_factory=dict)
    size: int = 10
    descending: bool = False
    faults: Mapping[int, Answer] = field(default_factory=dict)
    before: dict[int, Callable[[], None]] = field(default_factory=dict)

    def put(self, ref: Any, stamp: Any, **more: Any) -> None:
        """Add or change a row."""
        self.rows[ref] = {"id": ref, "updated_at": stamp, "isi": "Jalan berlubang", **more}

    def answer(self, asked: Asked) -> Answer:
        """One page of the rows at or after `since`, or the fault of that page."""
        number = int(asked.query.get("page", "1"))
        if hook := self.before.pop(number, None):
            hook()
        if number in self.faults:
            return self.faults[number]
        since = asked.query.get("since", "")
        rows = [row for row in self.rows.values() if str(row["updated_at"]) >= since]
        rows.sort(key=lambda row: str(row["updated_at"]), reverse=self.descending)
        some = rows[(number - 1) * self.size : number * self.size]
        return json_page(json.dumps({"data": some, "total": len(rows)}).encode())
