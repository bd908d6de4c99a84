"""What the rarer faults of a channel mean: where listings do not go on, what pushes lack, why an answer was not taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RARER: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "other_host": (
        "page",
        "Tautan halaman berikutnya menunjuk ke alamat lain. Tulis di url alamat yang sama dengan yang ada di tautan itu.",
        "The link to the next page leads to another address. Write in url the address that stands in that link.",
        "you",
    ),
    "bad_next": (
        "parse",
        "Tanda halaman berikutnya bukan alamat atau teks. Periksa page.next.",
        "What stands at page.next is no address or token. Check page.next.",
        "you",
    ),
    "loop": (
        "page",
        "Halaman berikutnya kembali ke halaman yang sudah dibaca. Periksa page, atau portal sedang rusak.",
        "The next page leads back to one that was read. Check page, or the portal is broken.",
        "you",
    ),
    "page_ignored": (
        "page",
        "Halaman kedua sama dengan yang pertama: portal tidak mengenal nama parameter halaman itu. Perbaiki page.param.",
        "The second page is the first one again: the portal does not know that parameter. Correct page.param.",
        "you",
    ),
    "empty_page": (
        "page",
        "Ada halaman kosong di antara halaman yang berisi.",
        "An empty page stands between full ones.",
        "owner",
    ),
    "no_end": ("page", "Daftarnya tidak ada habisnya. Periksa page.", "The listing has no end. Check page.", "you"),
    "cursor_expired": (
        "page",
        "Kanal sudah lupa sampai mana kita membaca; bacaan dimulai lagi dari awal dengan sendirinya.",
        "The channel has forgotten where we were; the reading begins again by itself.",
        "nobody",
    ),
    "too_many_rows": (
        "page",
        "Terlalu banyak baris dalam satu jawaban. Pakai page dengan size.",
        "Too many rows in one answer. Use page with a size.",
        "you",
    ),
    "too_many_broken": (
        "parse",
        "Terlalu banyak baris yang tidak dapat dibaca. Periksa items dan ref.",
        "Too many rows cannot be read. Check items and ref.",
        "you",
    ),
    "file_changed": (
        "page",
        "Berkasnya sedang ditulis atau baru saja hilang.",
        "The file is being written, or has just gone.",
        "nobody",
    ),
    "too_many_files": ("page", "Terlalu banyak berkas di folder itu.", "The folder has too many files.", "owner"),
    "bad_key": (
        "login",
        "Rahasia di sftp.key bukan kunci pribadi tanpa sandi.",
        "The secret of sftp.key is no private key without a passphrase.",
        "operator",
    ),
    "bad_smtp": (
        "login",
        "reply.smtp belum lengkap: host, tls, dan from yang berupa alamat surel.",
        "reply.smtp is not whole: host, tls, and a from that is an address.",
        "you",
    ),
    "bad_signature": (
        "login",
        "Tanda tangan kiriman tidak cocok: rahasia di pihak pengirim lain daripada yang di hub. Tidak ada yang disimpan.",
        "The signature of a push does not fit: the sender has another secret than the hub. Nothing was kept.",
        "owner",
    ),
    "bad_moment": (
        "login",
        "Jam pengirim dan jam hub terlalu jauh berbeda, atau kiriman lama diulang.",
        "The clocks of sender and hub are too far apart, or an old push was repeated.",
        "owner",
    ),
    "not_expected": (
        "right",
        "Kanal ini dibaca dengan bertanya, jadi tidak menerima kiriman. Ubah mode di manifes bila ingin menerima.",
        "This channel is asked, so it takes no pushes. Change mode in the manifest to receive.",
        "you",
    ),
    "not_taken": (
        "right",
        "Gerbang menjawab bahwa pesannya tidak diambil: kuota habis, atau teleponnya tidak tersambung.",
        "The gateway says that it did not take the message: no quota, or its telephone is not connected.",
        "owner",
    ),
    "no_address": (
        "parse",
        "Pesan itu tidak menyebut siapa penulisnya, jadi tidak dapat dijawab.",
        "The message does not say who wrote it, so it cannot be answered.",
        "owner",
    ),
    "half_sent": (
        "page",
        "Hanya bagian awal jawaban yang panjang sampai; tidak diulang.",
        "Only the beginning of a long answer arrived; it is not repeated.",
        "nobody",
    ),
    "window_closed": (
        "right",
        "Sudah lebih dari 24 jam sejak orang ini menulis, jadi tidak boleh dijawab di sana.",
        "More than 24 hours have passed since this person wrote, so it cannot be answered there.",
        "nobody",
    ),
}
"""Code -> stage, Indonesian, English, and who mends it: you, owner, operator or nobody."""
