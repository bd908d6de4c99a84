"""Names of people, only where the words before them say that a name follows: a list of names would know half of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NO_NAME: Final = _listed(
    "kadis kapolres kapolda kapolsek danramil babinsa kabid kasi kasat gub pj plt wagub wabup wawali sekcam sekdes bupati "
    "mendagri menko rektor hakim jaksa kajari kasudin kabag kepsek kapus direksi dirut satpol satgas min adm cs operator "
    "ada adalah admin akan aku alamat allah anak anda apa asli atau ayah bank bapak bca beda beliau belum bendahara "
    "berbeda bidan bilang bingung bjb bni bri bsi btn bu bukan bupati camat dan dari datang dengan desa di dia diisi "
    "dinas direktur dokter dpr dprd email gang gubernur guru hamil harus heran hilang hp ibu ingin ini instansi isi "
    "istri itu jadi jalan jl jokowi juga kabupaten kades kadus kami kantor kasir kata katanya ke keadilan keberatan "
    "kecamatan kecewa keluar keluarga kelurahan kemanusiaan kepada kepala ketua kita kk korban kota ktp lapor "
    "lembaga lengkap lokasi lurah mana manager mandiri masih masyarakat mau melapor melaporkan meminta menjadi "
    "menteri mereka minta mohon muncul negara nik no nomor nya oknum orang organisasi pada pak para pejabat "
    "pekerjaan pelapor penerima pengurus perawat pergi perusahaan petugas pihak pimpinan pkk polisi prabowo presiden "
    "pribadi provinsi rakyat rekening ronda rt rumah rw sakit salah sangat satpam saya sekali sekalian sekda sekolah "
    "sekretaris selalu semua sendiri sering setuju siapa sopir suami sudah supervisor supir surel tangga tanggal "
    "tani telah telp tercantum terdaftar terdata terlapor tersebut tertera tidak tinggal tolong tuhan umat umur "
    "untuk usia wa wajib wakil walikota warga yang yg yth"
)
_WORD: Final = r"[A-Z][A-Za-z'’.]{1,24}"
_NAME: Final = re.compile(
    rf"(?:(?:H|Hj|Dr|Drs|Ir|KH|R)\.? )?{_WORD}(?: (?:bin|binti|al|van|de)(?= [A-Z]))?(?: {_WORD}){{0,3}}"
)
_SMALL: Final = re.compile(r"[a-z']{3,20}(?: [a-z']{3,20})?(?![a-z'])")
_FROM: Final = re.compile(rf"(?P<name>{_NAME.pattern})(?=\ <[^<>\s]{{1,64}}@)")
_OF: Final = "saya|sy|aku|lengkap|pelapor|terlapor|pemohon|ibu|ayah|bapak|anak|suami|istri|korban"
_TITLE: Final = r"(?:(?:bapak|bpk|pak|ibu|bu|sdri?|mas|mbak)\.? )?"
_GREETED: Final = re.compile(
    r"\b(?:perkenalkan|assalamualaikum|halo|admin|pagi|siang|sore|malam|pak|min|bu)[, ]{1,3}(?:nama )?$"
)


_ABBREVIATED: Final = 4
"""Signs of a word with a stop behind it that does not end a sentence: `Moh.`, `St.`"""


class Lead(NamedTuple):
    """Words behind which a name stands, written small."""

    sign: str
    """What is looked for first, because that is quick."""
    words: re.Pattern[str]
    """What must stand there, up to the name."""
    is_sure: bool = False
    """Behind it a name may be written small as well."""
    is_greeted: bool = False
    """Only behind a greeting."""


def _lead(sign: str, words: str, *, is_sure: bool = False, is_greeted: bool = False) -> Lead:
    return Lead(sign, re.compile(rf"(?<![a-z]){words}"), is_sure, is_greeted)


_LEADS: Final = (
    _lead("nama", rf"nama (?:saya|sy|aku|lengkap):? {_TITLE}", is_sure=True),
    _lead("nama", rf"nama ?[:=] ?{_TITLE}", is_sure=True),
    _lead("nama", rf"nama(?: (?:{_OF}))?(?: ?[:=]| adalah)? ?\"?{_TITLE}"),
    _lead("bernama", rf"bernama:? {_TITLE}", is_sure=True),
    *(_lead(sign, rf"{re.escape(sign)}\.?:? {_TITLE}") for sign in ("a.n", "a/n", "atas nama")),
    *(_lead(sign, rf"an[. ]:? ?{_TITLE}") for sign in ("an. ", "an ")),
    *(_lead(sign, rf"{sign}[a-z]{{0,2}}\.? {_TITLE}") for sign in ("sdr", "saudara", "saudari")),
    *(
        _lead(sign, rf"{sign}[:,.]? {_TITLE}")
        for sign in (
            *("kepala keluarga", "pelapor", "terlapor", "pemohon", "korban", "narahubung"),
            *("hormat kami", "hormat saya", "ttd", "salam"),
        )
    ),
    *(
        _lead(sign, rf"(?<!jl\. )(?<!jl )(?<!jalan ){sign}\.? ")
        for sign in ("bapak", "bpk", "pak", "ibu", "bu", "mas", "mbak")
    ),
    *(_lead(sign, rf"{sign},? ", is_greeted=True) for sign in ("saya", "sy")),
)


def names(plain: str, lowered: str) -> Iterator[tuple[str, int, int]]:
    """("name", begin, end) behind words such as `nama saya`, `a.n.`, `Sdr.` and `Bapak`, in a folded text."""
    for lead in _LEADS:
        at = lowered.find(lead.sign)
        while at >= 0:
            if (found := lead.words.match(lowered, at)) and (end := _behind(plain, lowered, lead, at, found.end())):
                yield "name", found.end(), end
            at = lowered.find(lead.sign, at + 1)
    if "@" in lowered and "<" in lowered:
        for found in _FROM.finditer(plain):
            yield "name", *found.span("name")


def _behind(plain: str, lowered: str, lead: Lead, at: int, begin: int) -> int:
    """Where the name that begins behind the lead ends; 0 where there is none."""
    if lead.is_greeted and not _GREETED.search(lowered[max(0, at - 30) : at]):
        return 0
    name = _NAME.match(plain, begin) or (_SMALL.match(plain, begin) if lead.is_sure else None)
    return _end(plain, begin, name.end()) if name else 0


def _end(plain: str, begin: int, end: int) -> int:
    """Where the name ends: before the first word that is none; 0 where the first is none already."""
    at = begin
    for word in re.finditer(r"\S+", plain[begin:end]):
        if word[0].lower().strip(".'’\"") in _NO_NAME:
            break
        at = begin + len(word[0].rstrip(".")) + word.start()
        if word[0].endswith(".") and len(word[0]) > _ABBREVIATED:
            break
    return at if at > begin and plain[begin:at].lower() not in _NO_NAME else 0
