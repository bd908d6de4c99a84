"""Names of people, only where the words before them say that a name follows: a list of names would know half of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SIGNS: Final = ("nama", "a.n", "an. ", "a/n", " an ", "sdr", "saudar", "bapak", "bpk", "pak ", "ibu ", "bu ", "saya", "perkenalkan", "mas ", "mbak ", "lapor ", "pemohon", "korban", "keluarga")
"""One of them stands before every name that is found."""
_NO_NAME: Final = frozenset(
    "saya aku kami kita anda dia beliau mereka yang yg ini itu di ke dari dan atau untuk dengan pada adalah tidak belum sudah telah "
    "ingin mau akan mohon tolong warga masyarakat ketua kepala bupati walikota gubernur wakil presiden menteri camat lurah kades "
    "kadus sekda sekretaris bendahara dinas kantor petugas admin pimpinan polisi dokter guru sopir supir pengurus pejabat dprd dpr "
    "rt rw desa kelurahan kecamatan kabupaten kota provinsi jalan jl gang hamil rumah tangga tani pkk ronda semua para sekalian "
    "lengkap asli sendiri nya orang anak suami istri ayah ibu bapak pak bu jokowi prabowo tuhan allah negara perusahaan sekolah "
    "nomor no nik ktp kk hp wa telp email surel alamat umur usia pekerjaan isi tanggal lokasi yth kepada penerima pelapor terlapor "
    "wajib harus diisi tertera terdaftar terdata tercantum muncul keluar ada hilang salah beda berbeda keluarga pribadi lembaga "
    "instansi organisasi kemanusiaan keadilan rakyat umat pihak oknum tersebut bank bri bca bni mandiri bsi btn bjb rekening mana "
    "siapa apa bukan juga masih sering selalu minta meminta datang pergi tinggal bilang kata katanya satpam bidan perawat direktur "
    "manager kasir supervisor lapor melapor melaporkan kecewa sangat sekali sakit korban jadi menjadi bingung heran setuju keberatan".split()
)
_WORD: Final = r"[A-Z][A-Za-z'’.]{1,24}"
_CAPITAL: Final = rf"(?:(?:H|Hj|Dr|Drs|Ir|KH|R)\.? )?{_WORD}(?: (?:bin|binti|al|van|de)(?= [A-Z]))?(?: {_WORD}){{0,3}}"
_SAID: Final = re.compile(
    rf"(?i:\bnama(?:\ (?:saya|sy|aku|lengkap|pelapor|terlapor|pemohon|ibu|ayah|bapak|anak|suami|istri|korban))?(?:\ ?[:=]|\ adalah)?\ ?\"?"
    rf"|\b(?:kepala\ keluarga|pelapor|terlapor|pemohon|korban):?\ |\bbernama:?\ |\batas\ nama:?\ |(?<![a-z])a[./]n\.?:?\ |(?<![a-z])an\.?:?\ |\b(?:sdr[i]?|saudar[ai])\.?\ "
    rf"|\b(?:perkenalkan|assalamualaikum|halo|pagi|siang|sore|malam|pak|min|bu)[, ]{{1,3}}(?:nama\ )?saya,?\ )"
    rf"(?:(?i:(?:bapak|bpk|pak|ibu|bu|sdri?|mas|mbak)\.?\ ))?(?P<name>{_CAPITAL})"
)
_TITLED: Final = re.compile(rf"\b(?:[Bb]apak|[Bb]pk\.?|[Pp]ak|[Ii]bu|[Bb]u|[Mm]as|[Mm]bak|BAPAK|IBU|PAK)\ (?P<name>{_CAPITAL})")
_SMALL: Final = re.compile(r"(?i:\bnama\ (?:saya|sy|aku|lengkap):?\ |\bnama\ ?[:=]\ ?|\bbernama\ )(?P<name>[a-z']{3,20}(?:\ [a-z']{3,20})?)(?![a-z'])")
_FROM: Final = re.compile(rf"(?P<name>{_CAPITAL})(?=\ <[^<>\s]{{1,64}}@)")


def names(plain: str, lowered: str) -> Iterator[tuple[str, int, int]]:
    """("name", begin, end) behind words such as `nama saya`, `a.n.`, `Sdr.` and `Bapak`, in a folded text."""
    if any(sign in lowered for sign in _SIGNS):
        for pattern in (_SAID, _TITLED, _SMALL):
            for found in pattern.finditer(plain):
                if end := _end(plain, *found.span("name")):
                    yield "name", found.start("name"), end
    if "@" in lowered and "<" in lowered:
        for found in _FROM.finditer(plain):
            yield "name", *found.span("name")


def _end(plain: str, begin: int, end: int) -> int:
    """Where the name ends: before the first word that is none; 0 where the first is none already."""
    at = begin
    for word in re.finditer(r"\S+", plain[begin:end]):
        if word[0].lower().strip(".'’\"") in _NO_NAME:
            break
        at = begin + word.end()
    return at if at > begin and plain[begin:at].lower() not in _NO_NAME else 0
