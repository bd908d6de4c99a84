"""The registry's own numbering: institutions, categories, places and statuses that the make-believe LAPOR! knows."""

from __future__ import annotations

SERVICE_USER = 770001
CHANNEL = 13
UNCLASSIFIED = 15  # the category that an unmapped complaint is filed under
CENTRAL = 1  # the national administrator: every complaint starts there

INSTITUTIONS: dict[int, str] = {
    CENTRAL: "Admin Nasional SP4N",
    3101: "Pemerintah Provinsi Jawa Timur",
    3102: "Pemerintah Kota Surabaya",
    3103: "Pemerintah Kabupaten Sidoarjo",
    3104: "Pemerintah Kabupaten Lamongan",
    3105: "Pemerintah Kabupaten Banyuwangi",
    3201: "Pemerintah Provinsi Sumatera Selatan",
    3202: "Pemerintah Kabupaten Musi Banyuasin",
    3301: "Pemerintah Provinsi Kalimantan Selatan",
    3302: "Pemerintah Kabupaten Barito Kuala",
    3401: "Pemerintah Provinsi Sulawesi Selatan",
    3501: "Pemerintah Provinsi Kepulauan Riau",
}
BY_REGION: dict[str, int] = {
    "35": 3101, "35.78": 3102, "35.15": 3103, "35.24": 3104, "35.10": 3105, "16": 3201, "16.06": 3202,
    "63": 3301, "63.04": 3302, "73": 3401, "21": 3501,
}  # fmt: skip

CATEGORIES: dict[str, int] = {
    "roads": 436, "drainage_flood": 437, "street_lighting": 438, "waste": 439, "water": 440, "electricity": 441,
    "transport_parking": 442, "public_order": 443, "civil_registration": 444, "social_aid": 445, "health": 446,
    "education": 447, "employment": 448, "land_permits": 449, "environment": 450, "village_funds": 451,
    "agriculture": 452, "ict": 453, "public_service_conduct": 454, "civil_service": 455,
    "violence_protection": 456, "consumer": 457, "disaster": 458, "other": 459,
}  # fmt: skip

LOCATIONS: dict[str, int] = {
    "11": 1, "12": 2, "13": 3, "14": 4, "15": 5, "16": 6, "17": 7, "18": 8, "19": 9, "21": 10, "31": 11, "32": 12,
    "33": 13, "34": 14, "35": 15, "36": 16, "51": 17, "53": 19, "61": 20, "62": 21, "63": 22, "64": 23, "71": 24,
    "72": 25, "73": 26, "74": 27, "75": 28, "76": 29, "81": 30, "82": 31, "91": 33, "92": 32, "52": 35,
}  # fmt: skip

CLASSIFICATIONS: dict[str, int] = {"complaint": 6, "aspiration": 5, "information_request": 4}

STATUSES: dict[str, str] = {
    "Belum Terverifikasi": "pending_verification",
    "Terverifikasi": "verified",
    "Ditunda": "postponed",
    "Terdisposisi": "dispositioned",
    "Dalam Proses": "in_progress",
    "Ditindaklanjuti": "followed_up",
    "Ditanggapi oleh Pelapor": "reporter_replied",
    "Selesai": "resolved",
    "Ditolak": "rejected_not_authority",
    "Ditutup oleh Sistem": "closed",
    "Ditutup oleh Admin": "closed",
    "Diarsipkan oleh Admin": "archived",
}
STATUS_CODES: dict[str, int] = {name: code for code, name in enumerate(STATUSES)}

TEMPLATES = [
    {"template_code": "TL01", "title": "Sudah ditindaklanjuti", "type": "followup",
     "content": "Yth. Pelapor, laporan Anda telah ditindaklanjuti oleh {{institution}}."},
    {"template_code": "TL02", "title": "Dikoordinasikan", "type": "followup",
     "content": "Laporan sedang dikoordinasikan dengan {{ institution_to }}."},
]  # fmt: skip
