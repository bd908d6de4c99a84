"""Changes of settings, with before and after, in the log."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hub import steps
from hub.configured import see
from hub.spine import Hub
from tests.scenario.conftest import Site, empty_site, home  # noqa: F401  # fixtures


def told(hub: Hub) -> list[dict[str, Any]]:
    """What the entries of this act say, in their order."""
    with hub.store.begin() as work:
        rows = work.rows("SELECT body FROM entries WHERE act = 'configured' ORDER BY id")
    return [json.loads(bytes(row.body))["detail"] for row in rows]


def test_a_changed_setting_is_on_record_with_before_and_after(empty_site: Site) -> None:  # noqa: F811
    """An auditor reads since when the hub sends to which address; a secret shows that it changed, and no more."""
    with empty_site.hub() as hub:
        assert steps.forward(hub).failed == 0
        assert not see(hub)
        first = told(hub)
        other = replace(
            hub, settings=replace(hub.settings, registry_url="https://lapor.example", registry_auth="rahasia")
        )
        assert see(other) and not see(other)
        steps.seal(hub)  # the newest entry is looked for among the sealed ones as well
        assert not see(other) and see(hub)
        _, second, third = told(hub)
    assert len(first) == 1 and not [name for name in first[0] if name.startswith("was_")]
    assert second["registry_url"] == "https://lapor.example" and "was_registry_url" not in second
    assert second["secrets"] != second["was_secrets"] == first[0]["secrets"]
    assert third["was_registry_url"] == "https://lapor.example" and "registry_url" not in third
    assert "rahasia" not in json.dumps([second, third])
    assert set(first[0]) >= {"home", "manifests", "registries", "database", "dedup", "version"}
    assert "satupintu_hub" not in first[0]["database"]
