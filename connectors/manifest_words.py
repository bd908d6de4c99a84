"""What can be wrong with a manifest, said in the language of those who write it and in English, each with its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.errors import Misconfigured

Both = tuple[str, str]
"""Indonesian, English."""


def wrong(where: str | Both, rule: str, *, code: str = "", **values: Any) -> Misconfigured:
    """The error for a rule of WORDS at a place such as `contoh.yaml: region`; a value that is a pair has both languages."""
    place = where if isinstance(where, tuple) else (where, where)
    indonesian, english = (_said(place[one], WORDS[rule], one, values) for one in (0, 1))
    return Misconfigured(english[0], hint=english[1], code=code, indonesian=" ".join(indonesian))


def _said(place: str, words: tuple[Both, Both], one: int, values: Mapping[str, Any]) -> Both:
    known = {name: value[one] if isinstance(value, tuple) else value for name, value in values.items()}
    what, remedy = (both[one].format_map(known) for both in words)
    return f"{place}: {what}", remedy


def yaml_words(problem: str) -> Both:
    """What a YAML parser means, for somebody who has never met one."""
    return next((said for start, said in _YAML if problem.startswith(start)), (problem, problem))


_YAML: Final[tuple[tuple[str, Both], ...]] = (
    (
        "mapping values are not allowed",
        (
            "inden baris ini lain daripada baris di atasnya, atau ada titik dua di tengah isi yang tidak dalam tanda kutip",
            "this line is indented otherwise than the one above, or there is a colon in a value that is not in quotes",
        ),
    ),
    ("found a tab", ("ada tab; pakai spasi", "there is a tab; use blanks")),
    (
        "found character that cannot start",
        (
            "isi yang diawali %, @ atau ` harus dalam tanda kutip, tab diganti spasi, atau tanda kutip di atasnya tidak ditutup",
            "what begins with %, @ or ` has to be in quotes, a tab becomes blanks, or a quote above is not closed",
        ),
    ),
    (
        "could not find expected ':'",
        (
            "setelah nama harus ada titik dua dan satu spasi, seperti 'nama: isi'",
            "behind a name stand a colon and a blank, as in 'name: value'",
        ),
    ),
    (
        "did not find expected alphabetic",
        ("isi yang diawali * atau & harus dalam tanda kutip", "what begins with * or & has to be in quotes"),
    ),
    (
        "did not find expected",
        (
            "tanda kutip atau kurung di sini atau di atasnya tidak ditutup, atau indennya lain",
            "a quote or bracket is not closed here or above, or the indentation differs",
        ),
    ),
    ("found unexpected end", ("tanda kutip tidak ditutup", "a quote is not closed")),
    (
        "control characters",
        ("ada tanda yang bukan teks; ini bukan berkas teks", "there is a sign that is no text; this is no text file"),
    ),
    (
        "a character that YAML",
        ("ada tanda yang bukan teks; ini bukan berkas teks", "there is a sign that is no text; this is no text file"),
    ),
)
"""How the parser's sentence begins (libyaml), and what it means."""


WORDS: Final[Mapping[str, tuple[Both, Both]]] = {
    # the file as YAML
    "unreadable_file": (
        ("tidak dapat dibaca ({why}).", "cannot be read ({why})."),
        ("Periksa apakah berkasnya ada dan boleh dibaca.", "Check that the file exists and may be read."),
    ),
    "too_large": (
        ("lebih besar dari {most} KiB.", "is larger than {most} KiB."),
        ("Hapus yang tidak perlu.", "Remove what is not needed."),
    ),
    "not_utf8": (
        ("bukan teks UTF-8.", "is not UTF-8 text."),
        ("Simpan lagi dengan pengodean UTF-8.", "Save it again with the encoding UTF-8."),
    ),
    "no_names": (
        ("tidak memuat nama dengan isinya.", "does not hold names with values."),
        ("Tulis sebagai baris 'nama: isi'.", "Write it as 'name: value' lines."),
    ),
    "too_deep": (
        ("bersarang terlalu dalam.", "is nested too deeply."),
        ("Paling banyak {most} tingkat.", "At most {most} levels are read."),
    ),
    "no_yaml": (
        ("bukan YAML yang benar ({why}).", "is no YAML ({why})."),
        ("Periksa inden, tanda kutip, dan tab di sana.", "Check indentation, quotes and tabs there."),
    ),
    "alias": (
        ("memakai alias (*nama).", "uses an alias (*name)."),
        ("Tulis isinya langsung.", "Write the value out."),
    ),
    "too_many": (
        ("memuat lebih dari {most} nilai.", "holds more than {most} values."),
        ("Hapus yang tidak perlu.", "Remove what is not needed."),
    ),
    "name_no_text": (
        ("ada nama yang berupa daftar atau blok.", "a name is a list or a block."),
        ("Pakai teks biasa sebagai nama.", "Use plain text as the name."),
    ),
    "twice": (
        ("'{name}' ada dua kali.", "'{name}' is there twice."),
        ("Simpan salah satu.", "Keep one of the two."),
    ),
    "tag": (
        ("memakai tag (!nama).", "uses a tag (!name)."),
        ("Tulis nilai biasa.", "Write a plain value."),
    ),
    # its keys and values
    "region_number": (
        (
            "kode wilayah adalah teks; tanpa tanda kutip YAML membacanya sebagai angka.",
            "a region code is text, and without quotes YAML reads a number.",
        ),
        ('Tulis dalam tanda kutip, misalnya "35.10".', 'Write it in quotes, such as "35.10".'),
    ),
    "region_unknown": (
        ("tidak ada provinsi dengan kode ini.", "there is no such province."),
        ('Pakai kode Kemendagri, misalnya "35" atau "35.15".', 'Use the Kemendagri code, such as "35" or "35.15".'),
    ),
    "region_dots": (
        ("kode wilayah ditulis dengan titik.", "a region code has dots."),
        ('Tulis "{dotted}".', 'Write "{dotted}".'),
    ),
    "region_name": (
        ("ini nama wilayah, bukan kodenya.", "this is the name of a region and not its code."),
        ("Tulis {codes}.", "Write {codes}."),
    ),
    "name_foreign": (
        ("nama ini tidak dikenal di sini.", "this name is not known here."),
        ("Perbaiki namanya; nama bakunya: {said}.", "Correct the name; ours is: {said}."),
    ),
    "type_number": (
        ("{said}", "{said}"),
        ("Tulis angkanya tanpa tanda kutip.", "Write the number without quotes."),
    ),
    "type_flag": (
        ("{said}", "{said}"),
        (
            "Tulis true atau false tanpa tanda kutip; ya, tidak, yes, no, on dan off hanya teks.",
            "Write true or false without quotes; yes, no, on and off are mere text.",
        ),
    ),
    "required": (("{said}", "{said}"), ("Tambahkan.", "Add it.")),
    "additionalProperties": (
        ("{said}", "{said}"),
        ("Perbaiki namanya atau hapus barisnya.", "Correct the name or remove the line."),
    ),
    "type": (
        ("{said}", "{said}"),
        (
            "Tulis nomor dan kode dalam tanda kutip, dan true atau false tanpa tanda kutip.",
            "Write numbers that are names or codes in quotes, and true or false without.",
        ),
    ),
    "enum": (("{said}", "{said}"), ("Pakai salah satu kata itu.", "Use one of these words.")),
    "const": (("{said}", "{said}"), ("Pakai nilai itu.", "Use this value.")),
    "schema": (
        ("{said}", "{said}"),
        ("Lihat docs/manifest.md.", "See docs/manifest.md."),
    ),
    "form": (
        ("bentuknya bukan manifes.", "it does not keep the form of a manifest."),
        ("Lihat docs/manifest.md.", "See docs/manifest.md."),
    ),
    "file_name": (
        ("nama berkas '{stem}' tidak dapat menjadi nama kanal.", "the file's name '{stem}' cannot be a name."),
        (
            "Tambahkan name: dengan a-z, 0-9 dan tanda hubung, paling panjang 60.",
            "Add name: with a-z, 0-9 and hyphens, at most 60.",
        ),
    ),
    "name_taken": (
        ("'{name}' sudah menjadi nama {other}.", "'{name}' is already the name of {other}."),
        (
            "Beri nama lain; nama hanya boleh satu di semua folder.",
            "Give this one another name; a name is unique over all folders.",
        ),
    ),
    "secret_place": (
        (
            "rahasia hanya boleh dirujuk di bawah with dan reply.",
            "a secret may stand only in values below with and reply.",
        ),
        ("Pindahkan ke sana.", "Move it there."),
    ),
    "secret_form": (
        ("ini bukan rujukan rahasia.", "this is no reference to a secret."),
        (
            "Tulis ${{secret:NAMA}} dengan huruf, angka dan garis bawah.",
            "Write ${{secret:NAME}} with letters, digits and underscores.",
        ),
    ),
    "secret_own": (
        ("pengaturan hub tidak dapat dipakai sebagai rahasia.", "settings of the hub cannot be used as secrets."),
        ("Beri rahasia itu nama sendiri.", "Give the secret a name of its own."),
    ),
    "url": (
        ("nama komputer atau portanya tidak dapat dipakai.", "its host or port cannot be used."),
        ("Tulis seperti https://aduan.contoh.go.id/api.", "Write it as https://aduan.contoh.go.id/api."),
    ),
    "host": (
        ("ini bukan nama komputer yang dapat dipakai.", "this is no host that can be used."),
        ("Tulis seperti surel.contoh.go.id.", "Write it as surel.contoh.go.id."),
    ),
    "zone": (
        ("tidak ada zona waktu ini.", "there is no such time zone."),
        (
            "Pakai Asia/Jakarta, Asia/Makassar, Asia/Jayapura, atau nama IANA lain.",
            "Use Asia/Jakarta, Asia/Makassar, Asia/Jayapura or another IANA name.",
        ),
    ),
    "path": (
        ("letak ini tidak dapat dipakai: {why}.", "this is no usable path: {why}."),
        (
            "Tulis nama seperti judul atau pelapor.nama (JMESPath); nama dengan spasi: '\"Judul Laporan\"'.",
            "Write a name such as judul or pelapor.nama (JMESPath); a name with blanks: '\"Judul Laporan\"'.",
        ),
    ),
    "relative_place": (
        (
            "tanggal relatif hanya untuk submitted_at dan incident_date.",
            "only submitted_at and incident_date are relative.",
        ),
        ("Pakai tanggal yang tetap, atau hapus.", "Use a date that stays, or remove it."),
    ),
    "word_place": (
        ("{word} hanya berlaku pada {field}.", "{word} belongs to {field} only."),
        ("Pindahkan atau hapus.", "Move or remove it."),
    ),
    "format_place": (("hanya tanggal yang memakai format.", "only dates have a format."), ("Hapus.", "Remove it.")),
    "format": (
        ("{why}", "{why}"),
        ("Tulis bentuk tanggal yang dipakai portal.", "Write the pattern of the portal's own dates."),
    ),
    "schedule": (
        ("{why}", "{why}"),
        ('Tulis cron seperti "*/15 * * * *".', 'Write a cron such as "*/15 * * * *".'),
    ),
    "timeout": (
        ("satu penarikan tidak boleh sehari atau lebih.", "one pull may not take a day or longer."),
        ("Pakai 30m, paling lama 23h.", "Use 30m, at most 23h."),
    ),
    "too_long": (
        ("ini lebih dari sepuluh tahun.", "this is longer than ten years."),
        ("Pakai lama waktu seperti 48h atau 7d.", "Use a span such as 48h or 7d."),
    ),
    "no_day": (("tidak ada tanggal ini.", "there is no such day."), ("Tulis 2026-12-01.", "Write it as 2026-12-01.")),
    # what its kind can do
    "kind_unknown": (
        ("jenis kanal ini tidak ada.", "there is no such kind."),
        ("Pakai salah satu: {known}.", "Use one of: {known}."),
    ),
    "kind_broken": (
        ("{why}", "{why}"),
        ("Bila berkas itu bukan milik Anda, hubungi operator.", "Where that file is not yours, ask the operator."),
    ),
    "option_unknown": (
        ("{option} bukan pengaturan untuk kind '{kind}'.", "{option} is no option of the kind '{kind}'."),
        ("Pakai salah satu: {known}.", "Use one of: {known}."),
    ),
    "option_missing": (
        ("{option} belum ada untuk kind '{kind}'.", "{option} is missing of the kind '{kind}'."),
        ("Tambahkan.", "Add it."),
    ),
}
"""Rule -> what is wrong (Indonesian, English) and what to do; {names} are filled in by `wrong`."""
