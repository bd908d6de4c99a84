"""Secrets: only by reference, only for bound hosts, never in what people read."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import Misconfigured
from connectors.secret import Secrets, redact, references, resolve


def _anybody(_: str, __: str) -> None:
    """A binding that allows everything."""


def test_references_are_found_and_replaced_once() -> None:
    """A header may mix text and references; what a secret contains is not searched for further references."""
    text = "Bearer ${secret:A_TOKEN}:${secret:B}"
    assert references(text) == {"A_TOKEN", "B"}
    assert resolve(text, {"A_TOKEN": "${secret:B}", "B": "b"}.__getitem__) == "Bearer ${secret:B}:b"


@pytest.mark.parametrize("text", ["${secret:kecil}", "${secret:A B}", "${secret:}", "${secret:A", "${secret:../A}"])
def test_malformed_references_are_refused(text: str) -> None:
    """A typing mistake in a reference is reported, not sent to the portal as it stands."""
    with pytest.raises(Misconfigured, match="malformed"):
        references(text)


def test_settings_of_the_hub_are_no_secrets() -> None:
    """No manifest can read SATUPINTU_REGISTRY_TOKEN or any other setting."""
    secrets = Secrets(None, {"SATUPINTU_REGISTRY_TOKEN": "canary"}, _anybody)
    with pytest.raises(Misconfigured, match="settings"):
        secrets("${secret:SATUPINTU_REGISTRY_TOKEN}", "portal.example")


def test_environment_comes_before_the_file(tmp_path: Path) -> None:
    """An environment variable wins over a file of the same name; a line end after the secret does not count."""
    path = tmp_path / "TOKEN"
    path.write_text("from file\n")
    path.chmod(0o600)
    assert Secrets(tmp_path, {"TOKEN": "from env"}, _anybody)("${secret:TOKEN}", "h") == "from env"
    assert Secrets(tmp_path, {}, _anybody)("${secret:TOKEN}", "h") == "from file"


def test_missing_secret_says_where_to_put_it(tmp_path: Path) -> None:
    """The message names the secret and both places for it."""
    with pytest.raises(Misconfigured, match="environment variable TOKEN or write it to the file secrets/TOKEN"):
        Secrets(tmp_path, {}, _anybody)("${secret:TOKEN}", "h")


def test_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """A secret that other accounts can read is not used; the message says what to run and does not show it."""
    path = tmp_path / "TOKEN"
    path.write_text("canary")
    path.chmod(0o640)
    with pytest.raises(Misconfigured, match="chmod 600") as caught:
        Secrets(tmp_path, {}, _anybody)("${secret:TOKEN}", "h")
    assert "canary" not in str(caught.value)


def test_binding_is_asked_before_the_secret_is_read() -> None:
    """A connector that points its manifest at another host does not get the secret."""
    asked: list[tuple[str, str]] = []

    def refuse(name: str, host: str) -> None:
        asked.append((name, host))
        raise Misconfigured("not bound")

    with pytest.raises(Misconfigured, match="not bound"):
        Secrets(None, {"TOKEN": "canary"}, refuse)("${secret:TOKEN}", "evil.example")
    assert asked == [("TOKEN", "evil.example")]


def test_redaction_finds_every_common_form() -> None:
    """A secret is taken out of a text also where it was URL-quoted, JSON-escaped or base64-coded."""
    secret = 'p@ss "w0rd"/+'
    forms = 'p%40ss%20%22w0rd%22%2F%2B p%40ss+%22w0rd%22%2F%2B p@ss \\"w0rd\\"/+ cEBzcyAidzByZCIvKw=='
    cleaned = redact(f"{secret} {forms}", [secret, ""])
    assert "w0rd" not in cleaned
    assert "cEBzcy" not in cleaned
