"""The kind `sql` against real servers: portals as regions have them, in MariaDB and in PostgreSQL."""

from __future__ import annotations

import ipaddress
import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg
import pytest

from connectors import build
from connectors.base import Context, Item, Position, Reply, Window
from connectors.errors import ChannelError, Misconfigured, Refused
from connectors.kinds.sql import Sql
from connectors.manifest import load
from connectors.net import NotReached, dialler
from connectors.reading import Outcome, read
from hub.said import reader
from hub.store.migrate import libpq
from hub.store.server import Embedded
from tests.conftest import fresh_database
from tests.real import mariadb

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
CANARY = "sandi-portal-rahasia"
LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
MARIADB = pytest.param("mysql", marks=pytest.mark.mariadb)


@dataclass(kw_only=True)
class Portal:
    """A region's database: how its owner asks it, and how we reach it."""

    system: str
    run: Callable[..., Any]
    dial: Callable[..., Any]
    options: dict[str, Any]
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    server: Any = None
    secrets: dict[str, str] = field(default_factory=lambda: {"${secret:DB}": CANARY})

    def channel(self, **more: Any) -> Sql:
        """A connector of the table `pengaduan`."""
        plain = {"table": "pengaduan", "ref": "id_pengaduan", "columns": ["isi_laporan"], "zone": "Asia/Jakarta"}
        return Sql(**{"system": self.system, **self.options, **plain, **more})

    def context(self, tls: Callable[[], ssl.SSLContext] | None = None) -> Context:
        """What the hub gives a kind."""
        return Context(
            http=None,  # type: ignore[arg-type]  # no kind of database has any use for it
            dial=self.dial, tls=tls or self.tls, clock=lambda: NOW,
            secret=lambda text, _: self.secrets.get(text, text),
        )  # fmt: skip


@pytest.fixture(scope="session")
def maria(tmp_path_factory: pytest.TempPathFactory, short_folder: Path) -> Iterator[mariadb.Server]:
    """One MariaDB for all tests of this run."""
    if not mariadb.SERVER or not mariadb.INSTALL:
        pytest.skip("there is no mariadbd: the kind `sql` is NOT tested against MariaDB here")
    with mariadb.running(short_folder) as server:
        yield server


def in_maria(server: mariadb.Server) -> Iterator[Portal]:
    """A database and a reader in it."""
    name = f"p_{uuid4().hex[:8]}"
    server.run(
        f"CREATE DATABASE {name} CHARACTER SET latin1",
        f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY '{CANARY}'",
        f"GRANT SELECT ON {name}.* TO {name}@'127.0.0.1'",
    )
    yield Portal(
        system="mysql",
        run=lambda *sql, **more: server.run("SET sql_mode = ''", *sql, database=name, **more),
        dial=dialler(LOOPBACK),
        tls=lambda: ssl.create_default_context(cafile=str(server.ca)),
        server=server,
        options={"host": "127.0.0.1", "port": server.port, "database": name, "user": name, "password": "${secret:DB}"},
    )
    server.run(f"DROP DATABASE {name}", f"DROP USER {name}@'127.0.0.1'")


def in_postgres(cluster: Embedded) -> Iterator[Portal]:
    """The same in PostgreSQL; the embedded server listens on a file, to which we dial."""
    with fresh_database(cluster, "template1") as made:
        name, where = made.name, parse_qs(urlsplit(made.superuser_url).query)["host"][0]

        def dial(host: str, port: int, timeout: float = 30.0) -> socket.socket:
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(timeout)
            sock.connect(f"{where}/.s.PGSQL.5432")
            return sock

        def run(*statements: str) -> list[Any]:
            with psycopg.connect(libpq(made.superuser_url), autocommit=True) as owner:
                for one in statements:
                    done = owner.execute(one)
                return done.fetchall() if done.description else []

        run(f"CREATE ROLE {name} LOGIN PASSWORD '{CANARY}'")
        run(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {name}")
        yield Portal(
            system="postgresql", run=run, dial=dial,
            options={"host": "127.0.0.1", "database": name, "user": name, "password": "${secret:DB}", "tls": "none"},
        )  # fmt: skip
        run(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


@pytest.fixture(params=[MARIADB, "postgresql"])
def portal(request: pytest.FixtureRequest) -> Iterator[Portal]:
    """A portal in each system."""
    if request.param == "mysql":
        yield from in_maria(request.getfixturevalue("maria"))
    else:
        yield from in_postgres(request.getfixturevalue("cluster"))


@pytest.fixture
def mysql(maria: mariadb.Server) -> Iterator[Portal]:
    """A portal in MariaDB, for what only it has."""
    yield from in_maria(maria)


def pulled(portal: Portal, channel: Sql, window: Window | None = None) -> tuple[list[Item], Outcome]:
    """One reading to its outcome."""
    items: list[Item] = []
    for step in read(channel, portal.context(), window or Window(since=None, until=NOW)):
        if isinstance(step, Outcome):
            return items, step
        items.extend(step.items)
    raise AssertionError


def later(mark: Position, **more: Any) -> Window:
    """The window of the next reading."""
    return Window(**{"since": NOW - timedelta(days=1), "until": NOW, "after": mark, "past": mark, **more})


def refs(items: list[Item]) -> list[str | None]:
    """Their refs in order."""
    return [item.ref for item in items]


PLAIN = "CREATE TABLE pengaduan (id_pengaduan INT PRIMARY KEY, isi_laporan TEXT, nik CHAR(16), status VARCHAR(20))"
TANGGAPAN = "CREATE TABLE tanggapan (id_tanggapan INT PRIMARY KEY, id_pengaduan INT, tgl DATE, tanggapan TEXT)"
MASYARAKAT = (
    "CREATE TABLE masyarakat (nik CHAR(16) PRIMARY KEY, nama VARCHAR(35), telp VARCHAR(13), password VARCHAR(32))"
)
JOINED = {
    "pelapor": {"table": "masyarakat", "key": "nik", "by": "nik", "columns": ["nama", "telp"]},
    "tanggapan": {
        "table": "tanggapan", "key": "id_pengaduan", "columns": ["id_tanggapan", "tgl", "tanggapan"],
        "ref": "id_tanggapan", "many": True,
    },
}  # fmt: skip


def rows(portal: Portal, first: int, last: int) -> None:
    """Complaints by number."""
    values = ", ".join(f"({n}, 'Jalan rusak nomor {n}', '3578010101010001', '0')" for n in range(first, last + 1))
    portal.run(f"INSERT INTO pengaduan VALUES {values}")


def test_the_common_schema_with_its_people_and_answers(portal: Portal) -> None:
    """Complaints come with name and phone from the table of people and with all answers, which the manifest's replies read."""
    portal.run(PLAIN, TANGGAPAN, MASYARAKAT)
    rows(portal, 1, 3)
    portal.run("INSERT INTO masyarakat VALUES ('3578010101010001', 'Sari Contoh', '081200000001', 'd41d8cd98f')")
    portal.run("INSERT INTO tanggapan VALUES (7, 2, '2026-11-20', 'Sudah kami cek'), (9, 2, '2026-11-22', 'Selesai')")
    items, outcome = pulled(portal, portal.channel(columns=["isi_laporan", "nik", "status"], joined=JOINED, size=2))
    assert (outcome.closed, outcome.total, refs(items)) == (True, 3, ["1", "2", "3"])
    assert items[0].payload["pelapor"] == {"nama": "Sari Contoh", "telp": "081200000001"}
    assert json.loads(items[0].raw) == items[0].payload
    said = reader({"list": "tanggapan", "ref": "id_tanggapan", "text": "tanggapan", "time": "tgl"}, "Asia/Jakarta")
    assert [one.text for one in said(items[1].payload)] == ["Sudah kami cek", "Selesai"]
    assert items[2].payload["tanggapan"] == []
    assert b"d41d8" not in b"".join(item.raw for item in items)


def test_by_key_new_rows_and_new_answers_come_soon(portal: Portal) -> None:
    """Without a stamp of changes the next reading takes what is new, the last ids again, and old complaints newly answered."""
    portal.run(PLAIN, TANGGAPAN, MASYARAKAT)
    rows(portal, 1, 20)
    channel = portal.channel(joined=JOINED, columns=["isi_laporan", "nik"], reread=2)
    mark = pulled(portal, channel)[1].mark
    rows(portal, 21, 22)
    portal.run("INSERT INTO tanggapan VALUES (5, 3, '2026-11-20', 'Sudah')")
    items, outcome = pulled(portal, channel, later(mark))
    assert (refs(items), outcome.closed) == (["3", "19", "20", "21", "22"], True)
    assert pulled(portal, channel, later(mark, since=None, after={}))[1].items == 22
    again = pulled(portal, channel, later({**outcome.mark}))
    assert refs(again[0]) == ["3", "21", "22"], "the answers in the window of re-reading come again, and nothing else"


def test_by_stamp_what_changed_comes_and_what_has_no_stamp_too(portal: Portal) -> None:
    """A change since the last reading is read; rows without a stamp are never left out."""
    kind = "DATETIME" if portal.system == "mysql" else "TIMESTAMP"
    portal.run(f"CREATE TABLE pengaduan (id_pengaduan INT PRIMARY KEY, isi_laporan TEXT, updated_at {kind})")
    stamps = ["'2026-10-01 08:00:00'", "NULL", "'2026-11-30 20:00:00'", "'2099-01-01 00:00:00'"]
    portal.run(*(f"INSERT INTO pengaduan VALUES ({n}, 'Air', {stamp})" for n, stamp in enumerate(stamps, start=1)))
    channel = portal.channel(changed={"column": "updated_at", "zone": "Asia/Jakarta"})
    items, outcome = pulled(portal, channel)
    assert [item.stamp and item.stamp.isoformat() for item in items] == [
        "2026-10-01T01:00:00+00:00", None, "2026-11-30T13:00:00+00:00", "2098-12-31T17:00:00+00:00",
    ]  # fmt: skip
    assert outcome.mark["newest"] == "2026-11-30T13:00:00+00:00"
    assert refs(pulled(portal, channel, later(outcome.mark))[0]) == ["2", "3", "4"]
    portal.run("UPDATE pengaduan SET updated_at = '2026-12-01 09:00:00' WHERE id_pengaduan = 1")
    assert refs(pulled(portal, channel, later(outcome.mark))[0]) == ["1", "2", "3", "4"]


def test_a_stamp_of_text_has_no_order(portal: Portal) -> None:
    """tgl_pengaduan as VARCHAR(40) is no mark: the manifest is told so and what to do instead."""
    portal.run("CREATE TABLE pengaduan (id_pengaduan INT PRIMARY KEY, isi_laporan TEXT, tgl VARCHAR(40))")
    channel = portal.channel(changed={"column": "tgl"})
    outcome = pulled(portal, channel, later({"newest": NOW.isoformat()}))[1]
    assert (type(outcome.error), outcome.code) == (Misconfigured, "changed_not_ordered")
    assert refs(pulled(portal, portal.channel(columns=["tgl"], created="tgl"))[0]) == []


def test_village_system_with_answers_in_the_same_table(portal: Portal) -> None:
    """OpenSID: what has no id_pengaduan is a complaint, the rest are answers to it."""
    portal.run(
        "CREATE TABLE pengaduan (id INT PRIMARY KEY, config_id INT, id_pengaduan INT, judul VARCHAR(100), isi TEXT)",
        "INSERT INTO pengaduan VALUES (1, 1, NULL, 'Jalan', 'Rusak'), (2, 1, 1, NULL, 'Akan dicek'), (3, 2, NULL, 'x', 'y')",
    )
    channel = portal.channel(
        ref="id", columns=["judul", "isi"], where={"id_pengaduan": None, "config_id": 1},
        joined={"balasan": {"table": "pengaduan", "key": "id_pengaduan", "columns": ["id", "isi"], "ref": "id", "many": True}},
    )  # fmt: skip
    items, outcome = pulled(portal, channel)
    assert (refs(items), outcome.total) == (["1"], 1)
    assert items[0].payload["balasan"] == [{"id": 2, "isi": "Akan dicek"}]


def test_pages_are_of_one_moment(portal: Portal) -> None:
    """Rows that come, go and change while we read are not seen half: every page is of the snapshot, and it is proved."""
    portal.run(PLAIN)
    rows(portal, 1, 50)
    items, pages = (
        list[Item](),
        portal.channel(size=7, columns=["isi_laporan"]).pages(portal.context(), Window(since=None, until=NOW)),
    )
    for number, page in enumerate(pages):
        items += page.items
        if number == 2:
            rows(portal, 51, 55)
            portal.run("DELETE FROM pengaduan WHERE id_pengaduan IN (1, 40)")
            portal.run("UPDATE pengaduan SET isi_laporan = 'lain' WHERE id_pengaduan = 45")
    assert (len(items), page.total, page.end) == (50, 50, True)
    assert items[44].payload["isi_laporan"] == "Jalan rusak nomor 45"


def test_a_cut_reading_goes_on_behind_its_last_key(portal: Portal) -> None:
    """The connection is killed between two pages, again and again: what comes later joins what came before."""
    portal.run(PLAIN)
    rows(portal, 1, 60)
    start: Position | None = None
    found: list[str | None] = []
    for _ in range(6):
        pages = portal.channel(size=10).pages(portal.context(), Window(since=None, until=NOW), start)
        page = next(pages)
        found += refs(list(page.items))
        start = page.next
        killed(portal)
        if not page.end:
            with pytest.raises(ChannelError) as told:
                next(pages)
            assert told.value.code in ("cut", "busy")
            assert CANARY not in str(told.value)
        pages.close()
    assert found == [str(n) for n in range(1, 61)]
    assert (page.end, page.total) == (True, 60)


def killed(portal: Portal) -> None:
    """The owner ends all connections of our reader."""
    user = portal.options["user"]
    if portal.system == "mysql":
        for (number,) in portal.run(f"SELECT id FROM information_schema.processlist WHERE user = '{user}'"):
            portal.run(f"KILL {number}")
    else:
        portal.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}'")


@pytest.mark.parametrize(
    ("more", "error", "code"),
    [
        ({"table": "aduan"}, (Misconfigured, Refused), ("no_table", "right")),
        ({"columns": ["isi"]}, (Misconfigured,), ("no_column",)),
        ({"where": {"belum": 1}}, (Misconfigured,), ("no_column",)),
        ({"database": "tidak_ada"}, (Misconfigured, Refused), ("no_database", "right")),
        ({"ref": "nik"}, (Misconfigured,), ("not_a_key",)),
    ],
)
def test_what_the_manifest_asks_wrongly_is_named(portal: Portal, more: Any, error: Any, code: Any) -> None:
    """A table, column or key that is none is told in both languages; no password and no value shows."""
    portal.run(PLAIN)
    rows(portal, 1, 3)
    outcome = pulled(portal, portal.channel(**more))[1]
    assert isinstance(outcome.error, error)
    assert outcome.code in code
    assert outcome.error
    assert outcome.error.indonesian
    assert CANARY not in str(outcome.error)


def test_a_column_that_is_not_granted_is_the_owners_affair(portal: Portal) -> None:
    """An account with too few rights is refused, by name of who has to act."""
    portal.run(PLAIN)
    user = portal.options["user"]
    if portal.system == "mysql":
        portal.run(
            f"REVOKE SELECT ON {user}.* FROM {user}@'127.0.0.1'",
            f"GRANT SELECT (id_pengaduan) ON {user}.pengaduan TO {user}@'127.0.0.1'",
        )
    else:
        portal.run(f"REVOKE ALL ON pengaduan FROM {user}", f"GRANT SELECT (id_pengaduan) ON pengaduan TO {user}")
    outcome = pulled(portal, portal.channel())[1]
    assert (type(outcome.error), outcome.code) == (Refused, "right")


def test_reading_can_change_nothing(portal: Portal) -> None:
    """Even with an account that may write, what we read with refuses to."""
    portal.run(PLAIN)
    user = portal.options["user"]
    grant = f"{user}.*" if portal.system == "mysql" else "pengaduan"
    portal.run(f"GRANT SELECT, DELETE ON {grant} TO {user}" + ("@'127.0.0.1'" if portal.system == "mysql" else ""))
    rows(portal, 1, 2)
    channel = portal.channel()
    line = channel._line(portal.context(), channel.user, channel.password)
    line.begin(write=False)
    with pytest.raises(Refused, match="may not"):
        line.ask("DELETE FROM pengaduan")
    line.close()
    assert portal.run("SELECT COUNT(*) FROM pengaduan")[0][0] == 2


def test_an_answer_is_a_row_and_a_status_once(portal: Portal) -> None:
    """The answer stands in the portal's own table with its status, and sending it again writes nothing again."""
    portal.run(
        PLAIN, "CREATE TABLE balasan (kunci VARCHAR(40), id_pengaduan INT, tgl DATE, tanggapan TEXT, id_petugas INT)"
    )
    rows(portal, 1, 2)
    user = portal.options["user"]
    what = f"{user}.*" if portal.system == "mysql" else "balasan, pengaduan"
    portal.run(
        f"GRANT SELECT, INSERT, UPDATE ON {what} TO {user}" + ("@'127.0.0.1'" if portal.system == "mysql" else "")
    )
    form = {
        "user": user, "password": "${secret:DB}", "table": "balasan", "once": "kunci", "status": "status",
        "values": {"id_pengaduan": "{ref}", "tgl": "{today}", "tanggapan": "{text}", "id_petugas": 4},
    }  # fmt: skip
    channel = portal.channel(reply_by=form)
    said = Reply(ref=2, text="Sudah di'cek' \\ 100% {ref}", status="proses", message_id="<a@b>", payload={})
    assert channel.repeatable
    for _ in range(2):
        assert channel.reply(portal.context(), said) is None
    found = portal.run("SELECT id_pengaduan, tgl, tanggapan, id_petugas FROM balasan")
    assert [(a, str(b), c, d) for a, b, c, d in found] == [(2, "2026-12-01", "Sudah di'cek' \\ 100% {ref}", 4)]
    assert portal.run("SELECT status FROM pengaduan ORDER BY id_pengaduan") == [("0",), ("proses",)]
    wrong = portal.channel(reply_by={**form, "values": {**form["values"], "belum": 1}})
    with pytest.raises(Misconfigured):
        wrong.reply(portal.context(), Reply(ref=1, text="x", status="selesai", message_id="<c@d>", payload={}))
    assert portal.run("SELECT status FROM pengaduan WHERE id_pengaduan = 1") == [("0",)]


def test_a_column_of_passwords_is_never_asked(portal: Portal) -> None:
    """A manifest that lists a password column is refused by name before anything is dialled."""
    for name in ("password", "PASSWORD", "user_password", "sandi", "kata_sandi", "remember_token", "pin", "passwd"):
        with pytest.raises(Misconfigured) as told:
            portal.channel(columns=["isi_laporan", name])
        assert (told.value.code, name in told.value.indonesian) == ("password_column", True)
    for name in ("pinjaman", "sandiwara", "keterangan", "no_tiket", "compass"):
        portal.channel(columns=[name])


def test_the_pages_manifest_is_one(tmp_path: Path) -> None:
    """The manifest of the kind's page can be copied: it loads, and its channel is built."""
    page = (Path(__file__).parents[2] / "docs" / "kinds" / "sql.md").read_text(encoding="utf-8")
    whole, answers = (part.partition("```")[0] for part in page.split("```yaml\n")[1:])
    file = tmp_path / "lapor.yaml"
    file.write_text(whole + answers, encoding="utf-8")
    channel = build.channel(load(file))
    assert (channel.table, channel.created, channel.repeatable) == ("pengaduan", "tgl_pengaduan", True)


@contextmanager
def behind_tls(dial: Callable[..., socket.socket], folder: Path, says: bytes = b"S") -> Iterator[int]:
    """A port on which PostgreSQL answers behind TLS, as a server of its own would; `says` is its answer to being asked."""
    _, leaf, key = mariadb.certificate(folder)
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(leaf, key)

    def carry(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    class Talk(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            assert self.request.recv(8) == b"\0\0\0\x08\x04\xd2\x16\x2f"
            self.request.sendall(says)
            with suppress(OSError), secure.wrap_socket(self.request, server_side=True) as plain, dial("", 0) as inner:
                back = threading.Thread(target=carry, args=(inner, plain), daemon=True)
                back.start()
                carry(plain, inner)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_postgresql_behind_tls(cluster: Embedded, tmp_path: Path) -> None:
    """TLS is verified by name and authority before the password leaves, and a server without it is no way around."""
    portal = next(made := in_postgres(cluster))
    portal.run(PLAIN)
    rows(portal, 1, 3)
    with behind_tls(portal.dial, tmp_path) as port:
        channel = portal.channel(tls="verify", port=port)
        portal.tls = lambda: ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        portal.dial, inner = dialler(LOOPBACK), portal.dial
        assert pulled(portal, channel)[1].items == 3
        portal.tls = ssl.create_default_context
        outcome = pulled(portal, channel)[1]
        assert (type(outcome.error), outcome.code) == (NotReached, "tls")
    (tmp_path / "none").mkdir()
    with behind_tls(inner, tmp_path / "none", says=b"N") as port:
        outcome = pulled(portal, portal.channel(tls="verify", port=port))[1]
        assert (type(outcome.error), outcome.code) == (Misconfigured, "no_tls")
    list(made)


# what only MySQL has -----------------------------------------------------------------------------------------------------


@pytest.mark.mariadb
def test_quirks_of_old_tables(mysql: Portal) -> None:
    """UTF-8 in latin1, 0000-00-00, ENUM '0', NIK as a number, photos as names with spaces and as bytes: all as meant."""
    mysql.run(
        "CREATE TABLE pengaduan (id_pengaduan INT AUTO_INCREMENT PRIMARY KEY, tgl_pengaduan DATE NOT NULL, nik BIGINT,"
        " isi_laporan TEXT, foto VARCHAR(255), gambar LONGBLOB, status ENUM('0','proses','selesai'), IsDelete TINYINT(1),"
        " updated_at DATETIME NOT NULL, lat VARCHAR(20), skor DECIMAL(5,2)) ENGINE=MyISAM CHARSET=latin1",
        "INSERT INTO pengaduan VALUES"
        " (1, '0000-00-00', 3578010101010001, CONVERT(_binary X'4A616C616E20E2809C727573616BE2809D20F09F98A2' USING latin1),"
        "  'foto jalan 1.jpg', CONCAT(X'FFD8FF', REPEAT(X'00', 200000)), '0', 0, '0000-00-00 00:00:00', '-7,25', 1.50),"
        " (2, '2026-11-02', 9671010101010001, CONVERT(_binary X'436166E9' USING latin1), '', NULL, 'proses', 0,"
        "  '2026-11-02 10:00:00', NULL, NULL),"
        " (3, '2026-11-03', NULL, 'dihapus', NULL, NULL, 'selesai', 1, '2026-11-02 10:00:00', NULL, NULL)",
    )  # fmt: skip
    channel = mysql.channel(
        columns=["tgl_pengaduan", "nik", "isi_laporan", "foto", "gambar", "status", "lat", "skor"],
        where={"IsDelete": False, "status": [0, "proses"]}, files={"foto": "https://lapor.example.go.id/unggah"},
        changed={"column": "updated_at"}, created="tgl_pengaduan",
    )  # fmt: skip
    items, outcome = pulled(mysql, channel)
    assert (refs(items), outcome.closed, outcome.total) == (["1", "2"], True, 2)
    one, two = (item.payload for item in items)
    assert (one["isi_laporan"], two["isi_laporan"]) == ("Jalan “rusak” \U0001f622", "Café")
    assert (one["tgl_pengaduan"], one["status"], one["nik"]) == ("0000-00-00", "0", 3578010101010001)
    assert (two["nik"], one["lat"], one["skor"]) == ("9671010101010001", "-7,25", "1.50")
    assert one["foto_url"] == "https://lapor.example.go.id/unggah/foto%20jalan%201.jpg"
    assert two["foto_url"] is None
    (photo,) = items[0].attachments
    assert (photo.name, photo.media_type, photo.size) == ("gambar.jpg", "image/jpeg", 200_003)
    assert photo.content
    assert one["gambar"]["sha256"] == photo.sha256
    assert (items[0].stamp, items[0].created) == (None, '"0000-00-00"')
    assert refs(pulled(mysql, channel, later(outcome.mark))[0]) == ["1", "2"], "zeros are never too old"
    assert pulled(mysql, mysql.channel(text="as_is"))[0][0].payload["isi_laporan"].startswith("Jalan â")


@pytest.mark.mariadb
def test_a_text_too_long_is_kept_and_said(mysql: Portal) -> None:
    """One enormous row goes to quarantine and holds up none of the others."""
    mysql.run("CREATE TABLE pengaduan (id_pengaduan INT PRIMARY KEY, isi_laporan LONGTEXT)")
    mysql.run("INSERT INTO pengaduan VALUES (1, 'a'), (2, REPEAT('b', 3000000)), (3, 'c')")
    items, outcome = pulled(mysql, mysql.channel())
    assert ([item.trouble for item in items], outcome.closed) == ([None, "too_large", None], True)


@pytest.mark.mariadb
def test_login_and_certificate(mysql: Portal, tmp_path: Path) -> None:
    """A wrong password is the owner's affair; a certificate that nobody vouches for sends no password at all."""
    mysql.run("CREATE TABLE pengaduan (id_pengaduan INT PRIMARY KEY, isi_laporan TEXT)")
    other = mariadb.certificate(tmp_path)[0]
    strangers = lambda: ssl.create_default_context(cafile=str(other))  # noqa: E731  # a name for what is passed on
    with pytest.raises(NotReached) as told:
        next(mysql.channel().pages(mysql.context(strangers), Window(since=None, until=NOW)))
    assert told.value.code == "tls"
    user = mysql.options["user"]
    mysql.run(f"ALTER USER {user}@'127.0.0.1' REQUIRE SSL")
    mysql.secrets["${secret:DB}"] = CANARY
    assert pulled(mysql, mysql.channel())[1].closed
    outcome = pulled(mysql, mysql.channel(tls="none"))[1]
    assert (type(outcome.error), outcome.code) == (Refused, "login")
    mysql.secrets["${secret:DB}"] = "salah-sama-sekali"
    outcome = pulled(mysql, mysql.channel())[1]
    assert (type(outcome.error), outcome.code) == (Refused, "login")
    assert "salah-sama-sekali" not in str(outcome.error)


@pytest.mark.mariadb
def test_the_server_dies_and_comes_back(mysql: Portal) -> None:
    """kill -9 of the portal's server between two pages: owed, then read on behind the last key, nothing lost or twice."""
    mysql.run("CREATE TABLE pengaduan (id_pengaduan INT PRIMARY KEY, isi_laporan TEXT)")
    mysql.run("INSERT INTO pengaduan VALUES " + ", ".join(f"({n}, 'x')" for n in range(1, 101)))
    steps = read(mysql.channel(size=30), mysql.context(), Window(since=None, until=NOW))
    batches = [next(steps), next(steps)]
    mysql.server.kill()
    outcome = next(steps)
    assert isinstance(outcome, Outcome)
    assert (outcome.closed, outcome.code) == (False, "cut")
    assert pulled(mysql, mysql.channel())[1].code in ("connect", "cut")
    mysql.server.revive()
    before = [one.page for one in batches if not isinstance(one, Outcome) and one.page]
    rest = list(read(mysql.channel(size=30), mysql.context(), Window(since=None, until=NOW), before=before))
    found = [ref for one in [*batches, *rest] if not isinstance(one, Outcome) for ref in refs(list(one.items))]
    assert isinstance(rest[-1], Outcome)
    assert rest[-1].closed, rest[-1]
    assert found == [str(n) for n in range(1, 101)]
