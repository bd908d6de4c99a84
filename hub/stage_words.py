"""What each fault of a channel means to those who register it: the stage it stops, its cause, and who can mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from connectors.errors import ChannelError, Misconfigured, Refused
from hub.rarer_words import RARER

STAGES: Final = ("door", "dns", "tcp", "tls", "login", "right", "page", "parse", "expiry")
TITLES: Final[Mapping[str, str]] = {
    "door": "pintu/door",
    "dns": "DNS",
    "tcp": "TCP",
    "tls": "TLS",
    "login": "masuk/login",
    "right": "hak/right",
    "page": "halaman/page",
    "parse": "isi/parse",
    "expiry": "masa/expiry",
}


class Cause(NamedTuple):
    """At which stage a fault shows, and what it means in both languages, with its remedy and who has it."""

    stage: str
    indonesian: str
    english: str


YOU: Final = ("Yang memperbaiki: Anda, di manifes.", "Who mends it: you, in the manifest.")
OWNER: Final = ("Yang memperbaiki: pemilik kanal.", "Who mends it: the channel's owner.")
OPERATOR: Final = ("Yang memperbaiki: operator SatuPintu.", "Who mends it: the operator of SatuPintu.")
NOBODY: Final = (
    "Coba lagi nanti; bila berjam-jam, tanyakan pemilik kanal.",
    "Try again later; after hours ask its owner.",
)


def _cause(stage: str, indonesian: str, english: str, who: tuple[str, str]) -> Cause:
    return Cause(stage, f"{indonesian} {who[0]}", f"{english} {who[1]}")


_NO_JSON: Final = _cause(
    "page",
    "Jawabannya bukan JSON yang utuh. Periksa url, atau portal sedang rusak.",
    "The answer is no whole JSON. Check url, or the portal is broken at the moment.",
    YOU,
)
_BUSY: Final = _cause(
    "page",
    "Server kanal menjawab dengan kesalahannya sendiri (HTTP 5xx).",
    "The channel's server answers with an error of its own (HTTP 5xx).",
    NOBODY,
)
_ASKED: Final = _cause(
    "page",
    "Server menolak permintaan ini (HTTP 4xx). Bandingkan url, params dan page dengan petunjuk portal.",
    "The server does not take this request (HTTP 4xx). Compare url, params and page with the portal's own guide.",
    YOU,
)
CAUSES: Final[Mapping[str, Cause]] = {
    "dns": _cause(
        "dns",
        "Nama komputer tidak ditemukan. Biasanya salah ketik di url atau host.",
        "The name of the host is not found. Mostly it is misspelt in url or host.",
        YOU,
    ),
    "bad_host": _cause("dns", "Nama komputer atau portanya tidak dapat dipakai.", "Host or port cannot be used.", YOU),
    "bad_url": _cause("dns", "Alamatnya tidak dapat dipakai.", "The address cannot be used.", YOU),
    "address_refused": _cause(
        "dns",
        "Alamat ini ada di jaringan dalam, yang tertutup bagi kanal. Bila memang benar, jaringannya ditambahkan ke "
        "SATUPINTU_ALLOW_NETWORKS.",
        "This address lies in a private network, which connectors may not reach. If it is right, its network is added to "
        "SATUPINTU_ALLOW_NETWORKS.",
        OPERATOR,
    ),
    "port_refused": _cause(
        "tcp",
        "Porta ini tidak dibuka bagi kanal. Pakai porta biasa, atau portanya ditambahkan ke SATUPINTU_ALLOW_PORTS.",
        "This port is not open to connectors. Use an ordinary one, or it is added to SATUPINTU_ALLOW_PORTS.",
        OPERATOR,
    ),
    "connect": _cause(
        "tcp",
        "Komputernya ada, tetapi tidak menerima sambungan di porta ini. Periksa porta dan tembok api (firewall).",
        "The host is there and does not accept connections on this port. Check the port and the firewall.",
        OWNER,
    ),
    "connect_timeout": _cause(
        "tcp",
        "Komputernya tidak menjawab. Biasanya porta salah atau tembok api (firewall) menutup jalan.",
        "The host does not answer. Mostly the port is wrong, or a firewall is in the way.",
        OWNER,
    ),
    "tls": _cause(
        "tls",
        "Sertifikatnya tidak dapat dipercaya.",
        "Its certificate cannot be trusted.",
        OWNER,
    ),
    "tls_expired": _cause(
        "tls",
        "Sertifikatnya sudah kedaluwarsa; perlu diperpanjang di server kanal.",
        "Its certificate has expired and has to be renewed on the channel's server.",
        OWNER,
    ),
    "tls_name": _cause(
        "tls",
        "Sertifikatnya untuk nama lain. Tulis nama yang tercantum di sertifikat, atau pemilik menggantinya.",
        "Its certificate is for another name. Write the name that it holds, or its owner replaces it.",
        YOU,
    ),
    "tls_unknown": _cause(
        "tls",
        "Sertifikatnya dibuat sendiri atau rantainya tidak lengkap. Pemilik memasang rantai yang utuh, atau operator menaruh "
        "berkas CA daerah dan Anda menulis ca_file.",
        "Its certificate is self-signed, or its chain is not whole. The owner installs the whole chain, or the operator puts "
        "the region's CA file in place and you write ca_file.",
        OWNER,
    ),
    "tls_none": _cause(
        "tls",
        "Di porta ini tidak ada TLS. Periksa porta, atau tls di manifes.",
        "There is no TLS on this port. Check the port, or tls in the manifest.",
        YOU,
    ),
    "ca_file": _cause(
        "tls",
        "Berkas ca_file belum ada di SATUPINTU_HOME/ca.",
        "The file of ca_file is not in SATUPINTU_HOME/ca yet.",
        OPERATOR,
    ),
    "no_starttls": _cause(
        "tls",
        "Server surel tidak menawarkan STARTTLS. Pakai tls: implicit.",
        "The mail server offers no STARTTLS.",
        YOU,
    ),
    "no_secret": _cause(
        "login",
        "Rahasia yang dirujuk manifes belum disimpan (variabel, atau berkas di SATUPINTU_HOME/secrets). Yang hanya ada di "
        "Airflow (Connection satupintu_NAMA) tidak terlihat dari sini, tetapi dipakai oleh penarikan terjadwal.",
        "The secret that the manifest refers to is not stored yet (a variable, or a file in SATUPINTU_HOME/secrets). One that "
        "only Airflow has (Connection satupintu_NAME) is not seen from here, and is used by the scheduled pulls.",
        OPERATOR,
    ),
    "secret_file": _cause(
        "login",
        "Berkas rahasianya tidak dapat dipakai; izinnya harus 0600 dan isinya teks pendek.",
        "The secret's file cannot be used; its mode has to be 0600 and it holds a short text.",
        OPERATOR,
    ),
    "secret_bound": _cause(
        "login",
        "Rahasia itu milik kanal atau alamat lain. Bila memang benar: satupintu secret allow.",
        "That secret belongs to another connector or host. If it is right: satupintu secret allow.",
        OPERATOR,
    ),
    "secret_unbound": _cause(
        "login",
        "Rahasia itu belum dipakai kanal mana pun, jadi belum boleh dikirim dari manifes yang belum terdaftar. Daftarkan dulu "
        "(satupintu register), lalu periksa dengan namanya; atau operator yang memeriksa.",
        "That secret is used by no connector yet, so it does not leave for a manifest that is not registered. Register it "
        "first (satupintu register), then check it by its name; or the operator checks it.",
        YOU,
    ),
    "login": _cause(
        "login",
        "Nama atau kata sandi tidak diterima. Minta yang berlaku kepada pemilik, operator menyimpannya.",
        "User or password is not accepted. Ask the owner for the right one; the operator stores it.",
        OWNER,
    ),
    "bad_login": _cause(
        "login",
        "Nama atau sandi memuat tanda yang tidak dapat dikirim.",
        "User or password has signs that cannot be sent.",
        OWNER,
    ),
    "http_401": _cause(
        "login",
        "Kunci atau token tidak diterima (HTTP 401): salah, kedaluwarsa, atau belum aktif.",
        "Key or token is not accepted (HTTP 401): wrong, expired or not active yet.",
        OWNER,
    ),
    "redirect": _cause(
        "login",
        "Server mengalihkan ke tempat lain, biasanya halaman masuk. Token belum ada, atau url bukan alamat API.",
        "The server redirects elsewhere, mostly to a login page. There is no token, or url is no address of an API.",
        YOU,
    ),
    "http_403": _cause(
        "right",
        "Dikenal, tetapi tidak berhak membaca daftar ini (HTTP 403). Minta hak baca, atau alamat kita didaftarkan di sana.",
        "Known, but not allowed to read this list (HTTP 403). Ask for the right to read, or for our address to be listed there.",
        OWNER,
    ),
    "no_folder": _cause(
        "right",
        "Folder surel itu tidak ada. Perbaiki with.folder.",
        "There is no such mail folder. Correct with.folder.",
        YOU,
    ),
    "http_404": _cause(
        "page",
        "Tidak ada apa-apa di alamat ini (HTTP 404). Periksa jalurnya di url.",
        "There is nothing at this address (HTTP 404). Check the path in url.",
        YOU,
    ),
    "http_429": _cause(
        "page",
        "Terlalu sering bertanya (HTTP 429). Kurangi schedule.",
        "Asked too often (HTTP 429). Pull less often.",
        YOU,
    ),
    "cut": _cause("page", "Sambungan terputus di tengah jawaban.", "The connection was cut in the middle.", NOBODY),
    "timeout": _cause("page", "Jawaban tidak datang pada waktunya.", "No answer came in time.", NOBODY),
    "too_large": _cause(
        "page",
        "Jawabannya terlalu besar. Pakai page dengan size yang lebih kecil.",
        "The answer is too large. Use page with a smaller size.",
        YOU,
    ),
    "html": _cause(
        "page",
        "Jawabannya halaman web (HTML), bukan data. Biasanya url bukan alamat API, atau portal meminta masuk atau sedang "
        "dipelihara.",
        "The answer is a web page (HTML) and no data. Mostly url is no address of an API, or the portal asks for a login or "
        "is under maintenance.",
        YOU,
    ),
    "not_json": _NO_JSON,
    "not_a_list": _cause(
        "parse",
        "Tidak ada daftar di tempat yang disebut items.",
        "There is no list at the place that items names.",
        YOU,
    ),
    "bad_path": _cause("parse", "Salah satu letak di with tidak dapat dipakai.", "A path in with cannot be used.", YOU),
    "not_imap": _cause(
        "page",
        "Yang menjawab bukan server surel IMAP. Periksa host, port dan tls.",
        "What answers is no IMAP server. Check host, port and tls.",
        YOU,
    ),
}

OF_KINDS: Final[Mapping[str, Cause]] = {
    "no_roots": _cause(
        "right",
        "Di sini tidak ada folder yang boleh dibaca kanal.",
        "There is no folder here that connectors may read.",
        OPERATOR,
    ),
    "folder_refused": _cause(
        "right",
        "Folder itu di luar yang dibuka. Pakai folder di SATUPINTU_HOME/inbox, atau ditambahkan ke SATUPINTU_FILES.",
        "That folder lies outside of those that are open. Use one in SATUPINTU_HOME/inbox, or it is added to SATUPINTU_FILES.",
        OPERATOR,
    ),
    "host_key": _cause(
        "login",
        "Server menunjukkan kunci SSH lain daripada host_key. Tanyakan lewat jalan lain apakah kuncinya memang diganti.",
        "The server shows another SSH key than host_key. Ask by another way whether it has really been changed.",
        OWNER,
    ),
    "not_ssh": _cause(
        "tcp", "Yang menjawab bukan SSH. Periksa host dan port.", "What answers is no SSH. Check host and port.", YOU
    ),
    "no_sftp": _cause("right", "Server ini tidak menawarkan SFTP.", "This server offers no SFTP.", OWNER),
    "no_right": _cause("right", "Akun ini tidak boleh membaca di sana.", "This account may not read there.", OWNER),
    "bad_token": _cause(
        "login", "Token tidak dikenal. Minta yang baru.", "The token is not known. Ask for a new one.", OWNER
    ),
    "second_reader": _cause(
        "right",
        "Program lain sudah membaca bot ini, atau webhooknya masih terpasang. Hentikan yang lain, atau hapus webhooknya.",
        "Another program reads this bot, or it still has a webhook. Stop the other one, or take the webhook away.",
        OWNER,
    ),
    "x_errors": _cause(
        "right",
        "X menjawab dengan kesalahan, bukan unggahan. Periksa hak token ini.",
        "X answers with errors instead of posts. Look at what this token may read.",
        OWNER,
    ),
    "graph_error": _cause(
        "page",
        "Graph API menjawab dengan kesalahannya sendiri.",
        "The Graph API answers with an error of its own.",
        NOBODY,
    ),
    "bad_secret": _cause(
        "login",
        "Rahasia untuk menilai kiriman kosong atau rusak; whsec_ diikuti base64.",
        "The secret by which pushes are judged is empty or broken; base64 stands behind whsec_.",
        OPERATOR,
    ),
    "no_inbox": _cause(
        "page",
        "Proses ini tidak punya kotak kiriman. Daftarkan kanalnya dulu (satupintu register).",
        "This process has no inbox. Register the channel first (satupintu register).",
        YOU,
    ),
    "open311_400": _cause(
        "page",
        "Server Open311 tidak menerima pertanyaan ini. Periksa url dan jurisdiction_id.",
        "The Open311 server does not take this question. Check url and jurisdiction_id.",
        YOU,
    ),
    "not_xml": _cause("page", "Jawabannya bukan XML yang utuh.", "The answer is no whole XML.", YOU),
    "no_total": _cause(
        "parse",
        "Tidak ada jumlah di tempat yang disebut total. Perbaiki total, atau hapus barisnya.",
        "There is no number at the place that total names. Correct total, or take it out.",
        YOU,
    ),
    "not_a_key": _cause(
        "parse",
        "Kolom ref tidak unik. Pakai kunci utama tabelnya.",
        "The column of ref is not unique. Use the table's primary key.",
        YOU,
    ),
    "no_column": _cause(
        "parse",
        "Ada kolom di manifes yang tidak ada di kanal. Periksa columns, delimiter dan baris judul.",
        "The manifest names a column that the channel does not have. Check columns, delimiter and the header.",
        YOU,
    ),
    **{
        code: _cause(stage, own, other, {"you": YOU, "owner": OWNER, "operator": OPERATOR, "nobody": NOBODY}[who])
        for code, (stage, own, other, who) in RARER.items()
    },
}
"""Codes that only some kinds have."""

_STAGE_OF: Final = {
    "host_not_allowed": "login",
    "clear_password": "login",
    "right": "right",
    "no_database": "right",
    "no_table": "right",
    "no_tls": "tls",
    "bad_value": "parse",
    "bad_encoding": "parse",
}
"""Where faults show whose kinds have the words for them."""


def cause(error: ChannelError, code: str = "") -> Cause:
    """What a fault means: in the words of its kind where it has some, else by its code, else by who must act."""
    code = code or error.code
    found = CAUSES.get(code) or OF_KINDS.get(code) or _alike(code)
    stage = found.stage if found else _STAGE_OF.get(code, "page")
    if error.indonesian:
        return Cause(stage, error.indonesian, str(error))
    who = OWNER if isinstance(error, Refused) else YOU if isinstance(error, Misconfigured) else NOBODY
    return found or _cause(stage, f"Kanal tidak dapat dibaca ({code}).", str(error), who)


def _alike(code: str) -> Cause | None:
    if code.startswith("http_"):
        return _BUSY if code.startswith("http_5") else _ASKED
    return _NO_JSON if code in ("doubled_key", "too_deep", "not_utf8", "lone_surrogate") else None
