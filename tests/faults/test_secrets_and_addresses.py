"""A manifest may send only its own secrets, only to its own hosts, and reach only networks that the operator allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from connectors.errors import Misconfigured
from hub import steps
from hub.store import connectors
from sandbox import running
from sandbox.portal import PortalState, generate
from tests.scenario.conftest import Portals, Site

OTHERS = "kediri-portal"


def test_another_connector_may_not_use_a_secret_until_somebody_allows_it(empty_site: Site, add_portal: Portals) -> None:
    """A second manifest names the first one's secret: refused with the command that would allow it, nothing is sent."""
    add_portal(generate(new=5))
    assert empty_site.command("pull", "jatim-portal").code == 0
    second = add_portal(generate(new=5, start=100, seed=2), OTHERS)
    refused = empty_site.command("pull", OTHERS)
    assert refused.code == 1 and not second.state.calls
    assert f"satupintu secret allow JATIM_TOKEN --connector {OTHERS} --host 127.0.0.1" in refused.err
    assert second.state.token not in refused.out + refused.err

    allow = ("secret", "allow", "JATIM_TOKEN", "--connector", OTHERS, "--host", "127.0.0.1", "--by", "Rini")
    assert empty_site.command(*allow).code == 0
    assert empty_site.command("pull", OTHERS).code == 0
    assert empty_site.command("pull", "jatim-portal").code == 0


def test_a_changed_address_does_not_carry_the_secret_along(empty_site: Site, add_portal: Portals) -> None:
    """Somebody points a known manifest at another host: its secret does not go there before a person allows it."""
    add_portal(generate(new=5))
    assert empty_site.command("pull", "jatim-portal").code == 0
    path = empty_site.home / "manifests" / "jatim-portal.yaml"
    with running.portal(PortalState(generate(new=5))) as thief:
        elsewhere = thief.url.replace("127.0.0.1", "127.0.0.2")
        _points_to(path, elsewhere)
        refused = empty_site.command("pull", "jatim-portal")
        assert refused.code == 1 and "--host 127.0.0.2" in refused.err and not thief.state.calls


def test_the_registrys_secrets_are_no_connectors(empty_site: Site, add_portal: Portals) -> None:
    """A manifest that names the registry's own key is refused, and no command can allow it by accident of a name."""
    portal = add_portal(generate(new=5), secret="SP4N_TOKEN")
    refused = empty_site.command("pull", "jatim-portal")
    assert refused.code == 1 and "SP4N_TOKEN belongs to a registry" in refused.err and not portal.state.calls


def test_a_setting_of_the_hub_is_no_secret(empty_site: Site, add_portal: Portals) -> None:
    """A manifest cannot read SATUPINTU_DATABASE_URL out of the environment."""
    portal = add_portal(generate(new=5))
    path = empty_site.home / "manifests" / "jatim-portal.yaml"
    path.write_text(path.read_text().replace("secret:JATIM_TOKEN", "secret:SATUPINTU_DATABASE_URL"))
    refused = empty_site.command("pull", "jatim-portal")
    assert refused.code == 1 and "jatim-portal.yaml" in refused.err and not portal.state.calls
    assert "postgresql" not in refused.out + refused.err


def test_a_private_address_needs_the_operators_word(empty_site: Site, add_portal: Portals) -> None:
    """Without SATUPINTU_ALLOW_NETWORKS no manifest reaches the hub's own network; the sentence names the setting."""
    portal = add_portal(generate(new=5))
    refused = empty_site.command("pull", "jatim-portal", SATUPINTU_ALLOW_NETWORKS="")
    assert refused.code == 1 and "SATUPINTU_ALLOW_NETWORKS" in refused.err and not portal.state.calls
    elsewhere = empty_site.command("pull", "jatim-portal", SATUPINTU_ALLOW_NETWORKS="10.0.0.0/8")
    assert elsewhere.code == 1 and not portal.state.calls
    assert empty_site.command("pull", "jatim-portal").code == 0


def _points_to(path: Path, url: str) -> None:
    manifest = yaml.safe_load(path.read_text())
    manifest["with"]["url"] = f"{url}/api/aduan"
    path.write_text(yaml.safe_dump(manifest))


def test_a_secret_that_the_manifest_does_not_name_is_never_given(empty_site: Site, add_portal: Portals) -> None:
    """Text that a portal wrote cannot fetch a secret, even at the manifest's own host: only what the manifest names."""
    portal = add_portal(generate(new=5))
    with empty_site.hub() as hub:
        steps.pull(hub, "jatim-portal")
        manifest = hub.manifests.good["jatim-portal"]
        with hub.store.begin() as work:
            connector = connectors.find(work, "jatim-portal")
        assert connector is not None
        secret = hub.context(manifest, connector.id).secret
        assert secret("${secret:JATIM_TOKEN}", "127.0.0.1") == portal.state.token
        with pytest.raises(Misconfigured, match="does not refer to the secret"):
            secret("${secret:SOMETHING_ELSE}", "127.0.0.1")
