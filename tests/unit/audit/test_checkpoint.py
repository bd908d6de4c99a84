"""The signed tree head: its exact text, and what is refused."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub.audit.checkpoint import (
    BadSignature,
    Checkpoint,
    Unreadable,
    WrongKey,
    WrongOrigin,
    dump,
    load,
    new_key,
    opened,
    parse_vkey,
    public,
    sign,
    vkey,
)

NAME = "satupintu/00000000-0000-4000-8000-000000000001"
# The first key pair of RFC 8032 section 7.1.
KEY = load(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
LINE = f"{NAME}+da70be26+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
ROOT = bytes(range(32))
NOTE = sign(NAME, 70_000, ROOT, KEY)


def test_the_text_of_a_checkpoint() -> None:
    """The file is byte for byte what C2SP tlog-checkpoint and signed-note describe."""
    text = f"{NAME}\n70000\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    raw = public(KEY)
    key_id = hashlib.sha256(NAME.encode() + b"\n\x01" + raw).digest()[:4]
    signature = base64.b64encode(key_id + KEY.sign(text.encode())).decode()
    assert f"{text}\n\u2014 {NAME} {signature}\n" == NOTE
    assert sign(NAME, 70_000, ROOT, KEY) == NOTE


def test_the_key_line_an_auditor_gets() -> None:
    """One line names the log and its key; it is read back as it was written."""
    assert vkey(NAME, public(KEY)) == LINE
    assert parse_vkey(LINE + "\n") == (NAME, public(KEY))


def test_a_checkpoint_opens_with_its_key() -> None:
    """Whoever has the key line reads log, size and root."""
    assert opened(NOTE, LINE) == Checkpoint(origin=NAME, size=70_000, root=ROOT)
    empty = sign(NAME, 0, hashlib.sha256().digest(), KEY)
    assert opened(empty, LINE).size == 0


def test_a_witness_may_sign_too() -> None:
    """The signature of somebody we do not know is passed over, before or after ours."""
    text, ours = NOTE.split("\n\n")
    theirs = "\u2014 saksi.example " + base64.b64encode(bytes(76)).decode() + "\n"
    assert opened(f"{text}\n\n{theirs}{ours}", LINE).size == 70_000
    assert opened(f"{text}\n\n{ours}{theirs}", LINE).size == 70_000


def test_another_key_opens_nothing() -> None:
    """A checkpoint signed by another key is refused, also under our name."""
    other = new_key()
    with pytest.raises(WrongKey, match="no signature of the key"):
        opened(sign(NAME, 1, ROOT, other), LINE)
    with pytest.raises(WrongOrigin, match="speaks of the log"):
        opened(_resigned("satupintu/other", NAME), LINE)


def test_every_changed_character_is_found() -> None:
    """No character of a checkpoint can be changed: not even the spare bits of the signature's base64."""
    for at, old in enumerate(NOTE):
        new = chr(ord(old) ^ 1)
        with pytest.raises(ValueError, match="checkpoint"):
            opened(NOTE[:at] + new + NOTE[at + 1 :], LINE)
    with pytest.raises(BadSignature, match="was changed"):
        opened(NOTE.replace("\n70000\n", "\n70001\n"), LINE)


@pytest.mark.parametrize(
    "note",
    [
        "",
        NOTE[:-1],
        NOTE.split("\n\n")[0] + "\n",
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("\n", "\r\n"),
        NOTE + "\n",
        NOTE + "nobody\n",
        NOTE.replace("\u2014", "-"),
    ],
)
def test_what_is_no_signed_note_is_said_to_be_none(note: str) -> None:
    """A cut or converted file is told apart from a forged one."""
    with pytest.raises(Unreadable):
        opened(note, LINE)


@pytest.mark.parametrize("body", ["07\n", "-1\n", "7\nAAA=\n", "7\n", ""])
def test_a_wrong_head_is_refused_though_signed(body: str) -> None:
    """Even our own signature makes no sense of a size with leading zeros, a short root or a missing line."""
    root = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n" if body in ("07\n", "-1\n") else ""
    with pytest.raises(Unreadable):
        opened(_signed(f"{NAME}\n{body}{root}", NAME), LINE)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "name",
        LINE.replace("da70be26", "da70be27"),
        LINE[:-4],
        LINE.replace("+A", "+B"),
        f"a b{LINE}",
        LINE[:-1] + "b",
    ],
)
def test_a_key_line_copied_wrongly_is_refused(line: str) -> None:
    """A slip of the hand in the key line is found at once, and not taken for a forged log."""
    with pytest.raises(Unreadable):
        parse_vkey(line)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\x7f"])
def test_a_name_that_would_break_the_format_is_refused(name: str) -> None:
    """No checkpoint is signed that nobody could read."""
    with pytest.raises(Unreadable):
        sign(name, 1, ROOT, KEY)


def test_the_signing_key_survives_its_file() -> None:
    """A key written to a file and read again signs the same; a file of something else is refused unquoted."""
    key = new_key()
    assert public(load(dump(key))) == public(key)
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for wrong in (b"", b"not a key, but secret", pem):
        with pytest.raises(Unreadable) as caught:
            load(wrong)
        assert "secret" not in str(caught.value)


def test_a_head_that_is_none_is_not_signed() -> None:
    """A wrong root or size is refused before it gets a signature."""
    for size, root in ((-1, ROOT), (1, b"short")):
        with pytest.raises(ValueError, match="checkpoint"):
            sign(NAME, size, root, KEY)


def _signed(text: str, name: str) -> str:
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + public(KEY)).digest()[:4]
    return f"{text}\n\u2014 {name} {base64.b64encode(key_id + KEY.sign(text.encode())).decode()}\n"


def _resigned(origin: str, name: str) -> str:
    return _signed(f"{origin}\n1\n{base64.b64encode(ROOT).decode()}\n", name)
