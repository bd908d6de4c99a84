"""The hub's fixed words, so that code and schemas spell every status, kind and category alike."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

KINDS: Final = ("complaint", "aspiration", "information_request")
"""What a citizen wants: pengaduan, aspirasi, permintaan informasi."""

STATUSES: Final = (
    "received",
    "pending_verification",
    "verified",
    "postponed",
    "dispositioned",
    "in_progress",
    "followed_up",
    "reporter_replied",
    "resolved",
    "closed",
    "rejected_not_authority",
    "archived",
    "deleted",
    "unknown",
)
"""What became of a complaint; a foreign word without a mapping is ``unknown`` and raises an alert, never a guess."""

TERMINAL: Final = ("resolved", "closed", "archived", "deleted", "rejected_not_authority")
"""Statuses after which the registry is not asked again."""

BY: Final = ("system", "admin", "agency", "reporter")
"""Who moved a complaint; closed by the system's timer is counted apart from closed by a person."""

CATEGORIES: Final = MappingProxyType(
    {
        "roads": "Jalan & jembatan",
        "drainage_flood": "Drainase/banjir",
        "street_lighting": "Penerangan jalan umum (PJU)",
        "waste": "Sampah",
        "water": "Air minum/PDAM",
        "electricity": "Listrik",
        "transport_parking": "Perhubungan/parkir",
        "public_order": "Ketenteraman & ketertiban umum",
        "civil_registration": "Kependudukan (KTP, KK, akta)",
        "social_aid": "Bantuan sosial (PKH, BPNT, DTKS, KIS)",
        "health": "Kesehatan/BPJS",
        "education": "Pendidikan (PPDB, KIP, ijazah)",
        "employment": "Ketenagakerjaan/THR",
        "land_permits": "Pertanahan/perizinan",
        "environment": "Pencemaran lingkungan",
        "village_funds": "Dana desa",
        "agriculture": "Pertanian/pupuk",
        "ict": "Internet/aplikasi pemerintah",
        "public_service_conduct": "Pelayanan/pungli",
        "civil_service": "Kepegawaian/netralitas ASN",
        "violence_protection": "KDRT/perundungan",
        "consumer": "Perlindungan konsumen",
        "disaster": "Bencana",
        "other": "Lainnya",
    }
)
"""Hub category code -> Indonesian label."""

CODE_SYSTEMS: Final = ("kemendagri", "bps", "lapor", "sipd")
"""Whose numbering a region code is; the same digits mean other places in another system."""

PRECISIONS: Final = ("second", "minute", "day", "week", "month")
"""How exactly the channel told when a complaint was submitted."""

OUTCOMES: Final = ("waiting", "forwarded", "withheld_repeat", "held", "quarantined", "rejected", "on_the_way")
"""Where a complaint stands on the day it was first stored: exactly one of these."""

ACTS: Final = (
    "pulled",
    "received",
    "accepted",
    "quarantined",
    "rejected",
    "held",
    "linked",
    "unlinked",
    "attempted",
    "forwarded",
    "unknown",
    "refused",
    "postponed",
    "resolved",
    "released",
    "closed",
    "followed",
    "replied",
    "reply_attempted",
    "watched",
    "exported",
    "connector_seen",
    "manifest_seen",
    "secret_bound",
    "paused",
    "resumed",
    "breaker_opened",
    "breaker_closed",
    "erased",
    "key_made",
    "follow_up_attempted",
    "followed_up",
    "redriven",
    "reconciled",
    "completed",
    "masters_read",
    "asked",
    "hold_added",
    "hold_ended",
    "retention_set",
    "readmitted",
    "split",
    "described",
    "first_batch",
    "fetched",
    "configured",
    "user_added",
    "user_changed",
    "password_set",
    "token_issued",
    "token_revoked",
    "inspected",
    "key_rotation_began",
    "key_rotation_ended",
    "contact_mailed",
    "uploaded",
    "registered",
    "activated",
    "deactivated",
)
"""What an audit entry can tell of."""
