"""The words beside a number that say what it is, in the spellings of letters, chats and forms."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

REACH: Final = 70
"""Characters before a number in which the word that names it is looked for."""
_BEHIND: Final = 24
"""Characters behind it, where none stands before."""

_SAYS: Final = {
    "nik": r"nik(?:nya|ku|mu)?|n\ i\ k|e-?ktp|ktp(?:-?el)?(?:nya|ku)?|induk\ kependudukan|(?:nomor|no\.?)\ identitas|identitas",
    "kk": r"n?kk(?:nya|ku)?|n\ k\ k|k\ k|kartu\ keluarga(?:nya|ku)?|k\.k\.?",
    "phone": r"hp(?:nya|ku)?|h\.p|handphone|ponsel|hape(?:nya|ku)?|nope|wa(?:nya|ku)?|w\.a|whats?app?|te?lpo?n?|telp|"
    r"telepo?n|te?lfo?n|telefon|tilpun|tilpon|phone|mobile|call|kontak|contact|cp|hub|hubungi|menghubungi|dihubungi|sms|chat|fax|faks?|"
    r"narahubung|seluler|selular|(?:nomor|nomer)-?\ ?(?:ku|nya|saya|sy)",
    "account": r"rekening|norek|rek|bca|bri|bni|btn|bsi|bjb|mandiri|danamon|cimb|permata|seabank|transfer|tf",
    "npwp": r"npwp",
    "bpjs": r"bpjs|jkn|kis",
    "passport": r"paspor|passport",
    "plate": r"plat|pelat|nopol|no\.?pol|nomor\ polisi|polisi|mobil|motor|truk|truck|angkot|bus|kendaraan|sepeda\ motor|"
    r"pick\ ?up",
    "firm": r"resi|token|meter|meteran|kwh|idpel|id\ ?pel|pelanggan|imei|nisn|nip|nuptk|nop|objek\ pajak|order|pesanan|transaksi|"
    r"trx|tiket|ticket|tracking|invoice|inv|faktur|barcode|booking|sertifikat|antre?an|antrian|sambungan|voucher|polis|rangka|mesin|"
    r"referensi|ref|ujian|va|virtual\ account|npsn|nib|isbn|seri|serial|anggota|peserta|stand|kode\ bayar|rp",
    "other": r"aduan|pengaduan|laporan|registrasi|reg|permohonan|surat|sk|kode|perkara|berkas|nota|kuitansi|id",
}
_WORD: Final = re.compile(
    "|".join(rf"(?P<{kind}>(?<![a-z0-9])(?:no|nomor)?(?:{words})(?![a-z]))" for kind, words in _SAYS.items()),
    re.IGNORECASE,
)
_THIN: Final = re.compile(
    r"(?:[\W_]|\b(?:no|nomor|nomer|nmr|num|nya|ku|saya|sy|aku|gw|kami|adalah|ialah|yaitu|sbg|sebagai|berikut|sbb|dengan|dgn|dg|"
    r"yg|yang|lama|baru|ini|itu|suami|istri|isteri|ibu|ayah|bapak|anak(?:ku)?|mbahku|adik|kakak|almarhum|alm|di|ke|pada|lewat|via|"
    r"pakai|pake|bank|rumah|kantor|desa|pribadi|aktif|pln|pdam|air|listrik|jne|jnt|sicepat|pos|online|paspor|permohonan|masing|"
    r"atau|dan|sini|aja|saja|dulu|balik|petugas|nomor_?|hp|wa|digit)\b)*",
    re.IGNORECASE,
)


_LETTER: Final = re.compile(r"[a-z]", re.IGNORECASE)
"""Every word that names a number holds one; a wall of digits is not searched for words behind each of them."""
_COUNTED: Final = re.compile(r"(?<!\d)\d{1,4}\ ?$|\b(?:per|tiap|setiap|jumlah|sekian|semua)\ $", re.IGNORECASE)


class Named(NamedTuple):
    """What the words beside a number say it is."""

    kind: str
    directly: bool
    """Nothing else stands between."""
    card: str | None = None
    """"nik" or "kk", whichever word stands nearest before it, though another word may stand between."""
    is_pair: bool = False
    """Two words announce two numbers: `KK/NIK: … / …`."""


def named(plain: str, begin: int, end: int) -> Named | None:
    """What names the number at `plain[begin:end]`: the last such word before it on its line, else one right behind it."""
    before = plain[max(0, begin - REACH) : begin].rpartition("\n")[2]
    words = _LETTER.search(before) and [word for word in _WORD.finditer(before) if not _is_count(word, before)]
    if words:
        return _by(words, before)
    behind = plain[end : end + _BEHIND].partition("\n")[0]
    if (word := _WORD.search(behind)) and word.lastgroup in ("nik", "kk") and _THIN.fullmatch(behind, 0, word.start()):
        return Named(word.lastgroup, True, word.lastgroup)
    return None


def _is_count(word: re.Match[str], before: str) -> bool:
    """`12 KK terdampak`, `per KK`: households are counted, and no card is announced."""
    if word.lastgroup != "kk" or _THIN.fullmatch(before, word.end()):
        return False
    return _COUNTED.search(before, max(0, word.start() - 10), word.start()) is not None


def _by(words: list[re.Match[str]], before: str) -> Named:
    last = words[-1]
    cards = [str(word.lastgroup) for word in words if word.lastgroup in ("nik", "kk")]
    directly = _THIN.fullmatch(before, last.end()) is not None
    kind, card = str(last.lastgroup), cards[-1] if cards else None
    is_pair = len(words) > 1 and before[words[-2].end() : last.start()].strip() in ("/", "&", "dan", "-", "+")
    if is_pair and not any(sign.isdigit() for sign in before[last.end() :]):
        kind = str(words[-2].lastgroup)
        card = kind if kind in ("nik", "kk") else card
    return Named(kind, directly, card, is_pair)
