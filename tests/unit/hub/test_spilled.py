"""Secrets that somebody wrote into a manifest, now or once: the doctor names where, of what kind, and what to do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hub.machine.doctor import doctor
from hub.machine.spilt import RETIRED, Unseen, in_git
from hub.settings import Settings
from hub.spilled import in_settings
from tests.conftest import NOW, Database
from tests.regions import OURS, fill

LOT = "q7Zp1Xv9" + "Lr3Tn8Kd5Wm2"
BOT = "1234567890" + ":AA" + "Hq3-" * 8 + "x"
WRITTEN = [
    ("password: rahasia", "password", "rahasia"),
    ("with: {host: surel.contoh.go.id, user: adu, password: 'adu 2026'}", "password", "adu 2026"),
    ("kata_sandi: adu2026   # sementara", "password", "adu2026"),
    (f"token: {LOT}", "key", LOT),
    (f"  headers: {{Authorization: 'Bearer {LOT}'}}", "credentials of a header", LOT),
    (f"url: https://portal.contoh.go.id/api?token={LOT}&page=1", "key in an address", LOT),
    ("url: postgresql://adu:pagi2026@10.0.0.1/aduan", "login in an address", "pagi2026"),
    (f"params: {{api_key: {LOT}, page: 1}}", "key", LOT),
    (f"url: https://api.telegram.org/bot{BOT}/getUpdates", "bot token", BOT),
    (f"hint: https://cdn.contoh.id/a.csv?X-Goog-Signature={LOT}&x=1", "signature in an address", LOT),
    (f"url: https://gateway.contoh.id/send?auth_key={LOT}", "signature in an address", LOT),
    (f"note: whsec_{LOT}{LOT}", "signing secret", f"whsec_{LOT}{LOT}"),
    (f"note: IGAA{LOT * 4}", "page token", f"IGAA{LOT * 4}"),
    ("token: 1234567890" + ":AA" + "Hq3-" * 8 + "x", "bot token", "1234567890" + ":AA" + "Hq3-" * 8 + "x"),
]
INNOCENT = [
    'password: "${secret:JATIM_SUREL}"',
    "with: {user: adu, password: ${secret:JATIM_SUREL}, tls: implicit}",
    'headers: {Authorization: "Bearer ${secret:JATIM_TOKEN}", X-Api-Key: "${secret:JATIM_KUNCI}"}',
    "page: {style: cursor, param: token, next: meta.berikutnya}",
    "url: https://portal.contoh.go.id/api/aduan?token=${secret:JATIM_TOKEN}",
    "# kata sandi disimpan operator, token tidak ditulis di sini",
    "password:",
    "token: null",
    "owner: Dinas Komunikasi dan Informatika Kabupaten Kunci",
    "fields: {body: isi, reference: kunci, title: judul}",
    "url: https://portal.contoh.go.id/api?sig=kecamatan&auth=publik&sortkey=dibuat_pada",
    "contact: {email: pengaduan@contoh.go.id}",
]


@pytest.mark.parametrize(("text", "kind", "value"), WRITTEN)
def test_a_written_secret_is_found_with_its_line_and_kind(text: str, kind: str, value: str) -> None:
    """Short passwords too, quoted or not, in a flow, a header or an address; what is told of it is of no use."""
    found = in_settings(f"version: 1\n{text}\n")
    assert [(one.line, one.kind, one.value) for one in found] == [(2, kind, value)]
    assert value not in found[0].masked


@pytest.mark.parametrize("text", INNOCENT)
def test_references_and_words_are_no_secrets(text: str) -> None:
    """A manifest as it should be is left in peace."""
    assert in_settings(text) == []


def test_our_own_files_are_left_in_peace() -> None:
    """The registry's file and every manifest of the tree pass."""
    root = Path(__file__).parents[3]
    for path in [*(root / "registries").glob("*.yaml"), *root.glob("**/*manifest*/**/*.yaml")]:
        assert in_settings(path.read_text(encoding="utf-8")) == [], path


@pytest.fixture
def site(tmp_path: Path, database: Database) -> Settings:
    """Settings over a database of the test's own and a folder that is a checkout."""
    for name in ("manifests", "registries", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "home").chmod(0o700)
    git(tmp_path / "manifests", "init", "-q")
    return Settings.read(
        {
            "SATUPINTU_HOME": str(tmp_path / "home"),
            "SATUPINTU_DATABASE_URL": database.hub_url,
            "SATUPINTU_MIGRATION_URL": database.superuser_url,
            "SATUPINTU_MANIFESTS": str(tmp_path / "manifests"),
            "SATUPINTU_REGISTRIES": str(tmp_path / "registries"),
        }
    )


def git(folder: Path, *words: str) -> str:
    """What git says."""
    who = ["-c", "user.name=Sari", "-c", "user.email=sari@contoh.go.id", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    ).stdout


def commit(folder: Path, text: str) -> str:
    """Write the manifest so and commit it; its commit."""
    (folder / "jatim.yaml").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "perubahan")
    return git(folder, "rev-parse", "HEAD").strip()[:12]


def told(settings: Settings, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """How the doctor ends, and what it says about secrets."""
    capsys.readouterr()
    code = doctor(settings)
    return code, [one for one in capsys.readouterr().out.splitlines() if "secret" in one.split(":")[0]]


def test_the_doctor_finds_what_stands_in_a_file(site: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """File, line, kind, who does what in both languages; exit 1, and the secret itself is not repeated."""
    (site.registries / "sp4n.yaml").write_text(f"version: 1\nname: sp4n\nheaders:\n  token: {LOT}\n")
    code, said = told(site, capsys)
    assert code == 1 and len(said) == 1
    assert f"{site.registries / 'sp4n.yaml'}:4: key" in said[0] and LOT not in said[0]
    assert "mengganti rahasianya di portal" in said[0] and "${secret:NAME}" in said[0]


def test_the_doctor_finds_what_was_taken_out_again(site: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The commit that brought it is named, until the operator says that this secret is worth nothing any more."""
    before = commit(site.manifests, "version: 1\n")
    guilty = commit(site.manifests, f"version: 1\nname: jatim\ntoken: {LOT}\n")
    commit(site.manifests, f"version: 1\nowner: x\nname: jatim\ntoken: {LOT}\nregion: '35'\n")
    commit(site.manifests, "version: 1\nname: jatim\ntoken: ${secret:JATIM}\n")
    (site.manifests / "jatim.yaml").unlink()
    code, said = told(site, capsys)
    assert code == 1 and len(said) == 1 and before not in said[0]
    place = f"git:{guilty}:jatim.yaml:3"
    assert place in said[0] and RETIRED in said[0] and LOT not in said[0]
    (site.home / RETIRED).write_text(f"{place}\n")
    code, said = told(site, capsys)
    assert code == 0 and "(1 retired)" in said[0]


def test_a_folder_inside_a_checkout_and_other_branches_are_looked_at(site: Settings) -> None:
    """Also where the checkout begins above, and where the secret was only ever on a branch that was not taken."""
    folder = site.manifests / "35-jawa-timur"
    folder.mkdir()
    commit(folder, "version: 1\n")
    git(folder, "checkout", "-q", "-b", "lain")
    commit(folder, "version: 1\npassword: pagi\n")
    git(folder, "checkout", "-q", "-")
    assert [found.spill.value for found in in_git(folder)] == ["pagi"]


def test_a_longer_history_than_is_looked_at_is_said(site: Settings) -> None:
    """What was not looked at is not said to be clean."""
    commit(site.manifests, "# " + "panjang " * 200)
    with pytest.raises(Unseen, match="riwayat git"):
        list(in_git(site.manifests, most=500))


def test_a_checkout_that_git_does_not_read_is_said(site: Settings, tmp_path: Path) -> None:
    """A broken history is a finding, not silence."""
    folder = tmp_path / "rusak"
    (folder / ".git").mkdir(parents=True)
    with pytest.raises(Unseen, match="rusak"):
        list(in_git(folder))


def test_the_doctor_finds_what_a_kept_version_holds(
    site: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """Manifests that the hub has read are kept with their secrets: the version is named by name and SHA-256."""
    with database.connect(superuser=True) as connection:
        fill(connection)
        connection.execute(
            "INSERT INTO manifests (connector, sha256, body, region, seen_at) VALUES (%s, %s, %s, %s, %s)",
            [OURS.uuid("connector"), "ab" * 32, "version: 1\nwith:\n  password: pagi\n", OURS.region, NOW],
        )
    code, said = told(site, capsys)
    assert code == 1 and len(said) == 1
    assert f"version:{OURS.word}@abababababab:3: password" in said[0]
