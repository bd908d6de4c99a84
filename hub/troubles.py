"""What staff read of an item that its kind could not read, by the kind's code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_THE_REF: Final = ("bad_ref", "no_ref")
_NO_REF: Final = (
    "Aduan ini tidak memiliki nomor sendiri yang dapat dipakai (teks atau bilangan bulat); periksa with.ref di manifes, "
    "atau minta kanal memberinya nomor.",
    "This item has no usable number of its own (text or a whole number); check with.ref in the manifest, or ask the "
    "channel to give it one.",
)
TROUBLES: Final[Mapping[str, tuple[str, str]]] = {
    "": ("Isi dari kanal tidak dapat dibaca.", "What the channel sent cannot be read."),
    "no_ref": _NO_REF,
    "bad_ref": _NO_REF,
    "not_an_object": (
        "Butir dalam daftar kanal ini bukan objek dengan nama dan isi; periksa letak daftar di manifes.",
        "This item of the channel's list is no object with names and values; check in the manifest where the list is.",
    ),
    "doubled_key": (
        "Satu nama ada dua kali di dalam aduan ini, jadi tidak jelas isi mana yang benar; minta kanal mengirimnya sekali.",
        "One name stands twice in this item, so nobody can tell which value holds; ask the channel to send it once.",
    ),
    "not_a_number": (
        "Aduan ini memuat NaN atau Infinity di tempat bilangan; minta kanal mengirim bilangan atau null.",
        "This item holds NaN or Infinity where a number belongs; ask the channel to send a number or null.",
    ),
    "too_deep": (
        "Isi aduan ini bersarang terlalu dalam untuk dibaca; minta kanal mengirimnya lebih datar.",
        "This item is nested too deeply to be read; ask the channel to send it flatter.",
    ),
    "too_many_values": (
        "Aduan ini memuat terlalu banyak nilai untuk dibaca; minta kanal mengirim isinya saja.",
        "This item holds too many values to be read; ask the channel to send only what it says.",
    ),
    "not_json": (
        "Aduan ini bukan JSON yang benar; minta kanal memperbaiki bentuknya.",
        "This item is no correct JSON; ask the channel to repair its form.",
    ),
    "not_utf8": (
        "Huruf dalam aduan ini bukan UTF-8; minta kanal mengirimnya dalam UTF-8.",
        "The letters of this item are not UTF-8; ask the channel to send them as UTF-8.",
    ),
    "lone_surrogate": (
        "Aduan ini memuat kode huruf yang rusak (surrogate tanpa pasangan) di tempat yang harus persis; minta kanal "
        "memperbaikinya.",
        "This item holds a broken letter code (a surrogate without its pair) where every letter counts; ask the channel "
        "to repair it.",
    ),
    "number_too_long": (
        "Aduan ini memuat bilangan yang terlalu panjang untuk dibaca; minta kanal mengirimnya sebagai teks.",
        "This item holds a number that is too long to be read; ask the channel to send it as text.",
    ),
    "too_large": (
        "Surel ini lebih besar dari 25 MiB, jadi hanya kepalanya yang disimpan; bacalah di kotak surat.",
        "This mail is larger than 25 MiB, so only its header was kept; read it in the mailbox.",
    ),
    "digits_lost": (
        "ada angka panjang (misalnya NIK) yang digit terakhirnya hilang karena lembar kerja menyimpannya sebagai bilangan "
        "(3.27E+15); minta petugas meja menulisnya lagi di sel berformat teks.",
        "a long number (such as a NIK) has lost its last digits, because the sheet kept it as a number (3.27E+15); ask the "
        "desk to write it again in a cell formatted as text.",
    ),
    "cells_beyond": (
        "isinya lebih banyak daripada kolomnya, mungkin karena pemisah di dalam teks; minta petugas meja menyimpannya lagi "
        "sebagai XLSX atau dengan tanda kutip.",
        "it has more cells than there are columns, perhaps because the delimiter stands in the text; ask the desk to save it "
        "again as XLSX or with quotation marks.",
    ),
    "bad_row": (
        "tanda kutipnya rusak, jadi barisnya tidak dapat dibaca; minta petugas meja memperbaikinya.",
        "its quotation marks are broken, so the row cannot be read; ask the desk to repair it.",
    ),
    "sheet_unreadable": (
        "Satu lembar kerja yang dikirim lewat surel tidak dapat dibaca; lihat sebabnya di isi butir ini, lalu minta "
        "pengirimnya mengirim lagi.",
        "A sheet that came by mail cannot be read; see why in this item, and ask its sender for it again.",
    ),
    "not_a_list": (
        "Kiriman ini tidak memuat aduan di tempat yang ditulis manifes; periksa with.items, atau saring dengan with.only.",
        "This push holds no complaint where the manifest says; check with.items, or leave such pushes out by with.only.",
    ),
    "cut_short": (
        "Kiriman ini terpotong sebelum selesai; minta kanal mengirimnya lagi.",
        "This push breaks off before its end; ask the channel to send it again.",
    ),
    "unreadable_mail": (
        "Surel ini tidak dapat diurai; bacalah di kotak surat.",
        "This mail cannot be taken apart; read it in the mailbox.",
    ),
}
"""A kind's code, which `:row` may follow for a row of a file -> what staff read, Indonesian and English."""
