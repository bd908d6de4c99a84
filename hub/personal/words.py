"""The words beside a number that say what it is, in the spellings of letters, chats and forms."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

REACH: Final = 70
"""Characters before a number in which the word that names it is looked for."""
_BEHIND: Final = 24
"""Characters behind it, where none stands before."""

_SAYS: Final = {
    "nik": r"nik(?:nya|ku|mu)?|e-?ktp|ktp(?:-?el)?(?:nya|ku)?|induk\ kependudukan|(?:nomor|no\.?)\ identitas|identitas",
    "kk": r"(?<!\d\ )(?<!per\ )(?<!tiap\ )n?kk(?:nya|ku)?|kartu\ keluarga(?:nya|ku)?|k\.k\.?",
    "phone": r"hp(?:nya|ku)?|h\.p|handphone|ponsel|hape(?:nya|ku)?|nope|wa(?:nya|ku)?|w\.a|whats?app?|te?lpo?n?|telp|telepo?n|te?lfo?n|"
    r"telefon|tilpun|tilpon|phone|mobile|call|kontak|contact|cp|hub|hubungi|menghubungi|dihubungi|sms|chat|fax|faks?|"
    r"narahubung|seluler|selular|nomor(?:ku|nya)",
    "account": r"rekening|norek|rek|bca|bri|bni|btn|bsi|bjb|mandiri|danamon|cimb|permata|seabank|transfer|tf",
    "npwp": r"npwp",
    "bpjs": r"bpjs|jkn|kis",
    "passport": r"paspor|passport",
    "plate": r"plat|pelat|nopol|no\.?pol|nomor\ polisi|polisi|mobil|motor|truk|truck|angkot|bus|kendaraan|sepeda\ motor|pick\ ?up",
    "firm": r"resi|token|meter|meteran|kwh|idpel|id\ ?pel|pelanggan|imei|nisn|nip|nuptk|nop|objek\ pajak|order|pesanan|transaksi|"
    r"trx|tiket|ticket|tracking|invoice|inv|faktur|barcode|booking|sertifikat|antre?an|antrian|sambungan|voucher|polis|rangka|mesin|"
    r"referensi|ref|va|virtual\ account|npsn|nib|isbn|seri|serial|anggota|peserta|stand|kode\ bayar|rp",
    "other": r"aduan|pengaduan|laporan|registrasi|reg|permohonan|surat|sk|kode|perkara|berkas|nota|kuitansi|id",
}
_WORD: Final = re.compile(
    "|".join(rf"(?P<{kind}>(?<![a-z0-9])(?:{words})(?![a-z]))" for kind, words in _SAYS.items()), re.IGNORECASE
)
_THIN: Final = re.compile(
    r"(?:[\W_]|\b(?:no|nomor|nomer|nmr|num|nya|ku|saya|sy|aku|gw|kami|adalah|ialah|yaitu|sbg|sebagai|berikut|sbb|dengan|dgn|dg|"
    r"yg|yang|lama|baru|ini|itu|suami|istri|isteri|ibu|ayah|bapak|anak(?:ku)?|mbahku|adik|kakak|almarhum|alm|di|ke|pada|lewat|via|"
    r"pakai|pake|bank|rumah|kantor|desa|pribadi|aktif|pln|pdam|air|listrik|jne|jnt|sicepat|pos|online|paspor|permohonan|masing|"
    r"atau|dan|sini|aja|saja|dulu|balik|petugas|nomor_?|hp|wa|digit)\b)*",
    re.IGNORECASE,
)


class Named(NamedTuple):
    """What the words beside a number say it is; `directly` where nothing else stands between."""

    kind: str
    directly: bool


def named(plain: str, begin: int, end: int) -> Named | None:
    """What names the number at `plain[begin:end]`: the last such word before it on its line, else one right behind it."""
    before = plain[max(0, begin - REACH) : begin].rpartition("\n")[2]
    words = list(_WORD.finditer(before))
    if words:
        last = words[-1]
        kind = _first_of_pair(words, before) or str(last.lastgroup)
        return Named(kind, _THIN.fullmatch(before, last.end()) is not None)
    behind = plain[end : end + _BEHIND].partition("\n")[0]
    if (word := _WORD.search(behind)) and word.lastgroup in ("nik", "kk") and _THIN.fullmatch(behind, 0, word.start()):
        return Named(word.lastgroup, True)
    return None


def _first_of_pair(words: list[re.Match[str]], before: str) -> str | None:
    """Of `KK/NIK: … / …` the first number is what the first word says, the second what the second says."""
    if len(words) < 2:
        return None
    one, two = words[-2:]
    is_pair = before[one.end() : two.start()].strip() in ("/", "&", "dan", "-", "+")
    return str(one.lastgroup) if is_pair and not re.search(r"\d", before[two.end() :]) else None
