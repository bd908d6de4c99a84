"""The event catalogue: what each act of the log says, in both languages, which fields it has, and where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Meaning(NamedTuple):
    """What one act says; `fields` are the ones that say more than who, when and where; `where` are our own files."""

    indonesian: str
    english: str
    fields: str
    where: tuple[str, ...]


_DELIVERY: Final = "registry, registry_id, code; step, attempt, state, http"

CATALOGUE: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "pulled": Meaning(
            "sekumpulan data ditarik (`stored`), atau selang baca ditutup, masih terutang, atau dibaca dari awal lagi (`anew`)",
            "a batch was stored (`stored`), or an interval closed, is still owed, or is read from its beginning again (`anew`)",
            "count and commitment of its items, code; interval, manifest, pages, items, passes, total (the portal's own)",
            ("hub/pulling.py", "hub/plans.py"),
        ),
        "received": Meaning(
            "kanal mengirim sesuatu kepada hub, dan itu disimpan sebelum kanal diberi tahu",
            "a channel pushed something to the hub, which was kept before the channel was told so",
            "count (1), commitment of what came; number (its place in the connector's inbox)",
            ("hub/inbox.py",),
        ),
        "accepted": Meaning(
            "aduan diterima, atau versi barunya (`update`), atau ulangan ditahan (`same_reporter`)",
            "a complaint was accepted, or a later version (`update`), or withheld as a repeat (`same_reporter`)",
            "code, commitment of its text; manifest, version, verdict, model, of or nearest, per_mille, reasons, "
            "unmapped, left_out, "
            "personal (how much of which kind its words hold, as nik:1), "
            "confidential (why: supervisory, whistle_blowing, accused, class.…)",
            ("hub/decided.py",),
        ),
        "quarantined": Meaning(
            "belum dapat dibaca; aturan yang dilanggar disebut",
            "cannot be read yet; the rules that it breaks are named",
            "code; rules (path:rule), manifest, version",
            ("hub/decided.py",),
        ),
        "rejected": Meaning(
            "bukan aduan, sudah di SP4N-LAPOR!, atau bagian dari aduan lain (`joined`)",
            "no complaint, already in the registry, or part of another complaint (`joined`)",
            "code; joins, way, kept, manifest, version",
            ("hub/decided.py",),
        ),
        "held": Meaning("tertahan sampai dilepas", "held until it is released", "code; manifest", ("hub/decided.py",)),
        "first_batch": Meaning(
            "kiriman pertama suatu kanal ditahan (`held`), atau boleh jalan (`passed`)",
            "the first batch of a connector is held, or may go",
            "code; was, because",
            ("hub/store/connectors.py",),
        ),
        "fetched": Meaning(
            "berkas yang disebut dengan alamat diambil (`held`), atau tidak dapat diambil",
            "a file that a portal names by its address was fetched (`held`), or cannot be had",
            "code; file",
            ("hub/fetching.py",),
        ),
        "linked": Meaning(
            "dua aduan dinyatakan tentang satu perkara",
            "two complaints about one matter",
            "code; other, model (or `person`), per_mille, reasons, because",
            ("hub/store/cases.py",),
        ),
        "unlinked": Meaning(
            "pernyataan itu dibatalkan (`undone`), atau petugas menyatakan keduanya dua perkara (`apart`)",
            "that was undone (`undone`), or a person said that they are two matters (`apart`)",
            "code; other, model (or `person`), because",
            ("hub/store/cases.py",),
        ),
        "split": Meaning(
            "petugas memisahkan aduan-aduan ini dari sebuah perkara",
            "a person took these complaints out of a case",
            "count; case, complaints (the first 50), because",
            ("hub/cases.py",),
        ),
        "described": Meaning(
            "ciri dan kunci deduplikasi dibuat baru untuk model lain; tidak ada perkara yang berubah",
            "features and keys of deduplication were made anew for another model; no case changed",
            "count; model, since, shard",
            ("hub/rebuilding.py",),
        ),
        "attempted": Meaning(
            "percobaan kirim, dicatat **sebelum** dilakukan",
            "an attempt to send, written **before** it is made",
            "registry; step, attempt, sent (keyed hash of the text)",
            ("hub/store/attempts.py",),
        ),
        "forwarded": Meaning("langkah kirim berhasil", "a step succeeded", _DELIVERY, ("hub/outcome.py",)),
        "unknown": Meaning(
            "hasilnya tidak diketahui; tidak diulang begitu saja",
            "its outcome is not known; it is not simply repeated",
            _DELIVERY,
            ("hub/outcome.py", "hub/store/deliveries.py"),
        ),
        "refused": Meaning("ditolak sistem pusat", "the registry refused it", _DELIVERY, ("hub/outcome.py",)),
        "postponed": Meaning("dicoba lagi kemudian", "tried again later", _DELIVERY, ("hub/outcome.py",)),
        "resolved": Meaning(
            "hasil yang tidak diketahui menjadi jelas, oleh seseorang atau oleh pencarian",
            "an unknown outcome became clear, by a person or by a look-up",
            "registry_id, code, count; was, state, because, replies",
            ("hub/outcome.py", "hub/store/differences.py", "hub/store/resolutions.py", "hub/settling.py"),
        ),
        "released": Meaning(
            "dilepas oleh seseorang, atau karena aduan di depannya gugur",
            "released by a person, or because the complaint before it failed",
            "code; was, because, behind",
            ("hub/placing.py", "hub/store/deliveries.py"),
        ),
        "redriven": Meaning(
            "dikirim ulang atas keputusan seseorang",
            "sent again by a person's decision",
            "code, count; because, replies",
            ("hub/store/worklist.py", "hub/settling.py"),
        ),
        "closed": Meaning(
            "selang baca ditutup tanpa bukti oleh seseorang",
            "a person closed an interval without proof",
            "code; interval, because",
            ("hub/closing.py",),
        ),
        "followed": Meaning(
            "kabar dari sistem pusat diterima",
            "news from the registry",
            "code, registry_id, count and commitment of the news; statuses, follow_ups, door",
            ("hub/reported.py", "hub/answers.py"),
        ),
        "reply_attempted": Meaning(
            "jawaban kepada pelapor dicoba, dicatat **sebelum** dikirim",
            "an answer to the reporter, written **before** it is sent",
            "registry_id, count; door, message, replies",
            ("hub/answers.py",),
        ),
        "replied": Meaning(
            "hasil jawaban itu",
            "the result of that answer",
            "code, count; door, message, replies, state",
            ("hub/answers.py", "hub/joined.py"),
        ),
        "follow_up_attempted": Meaning(
            "tambahan dari daerah atau pelapor ke sistem pusat, **sebelum** dikirim",
            "what a region or reporter adds, **before** it is sent",
            "registry, registry_id; follow_up, what",
            ("hub/store/relays.py",),
        ),
        "followed_up": Meaning(
            "hasil tambahan itu",
            "the result of that",
            "registry, registry_id, code; follow_up, what, state",
            ("hub/store/relays.py", "hub/store/follow_ups.py"),
        ),
        "asked": Meaning(
            "pelapor diminta melengkapi",
            "a reporter was asked to complete",
            "count, commitment; rules",
            ("hub/incomplete.py",),
        ),
        "completed": Meaning("pelapor melengkapi", "the reporter did", "code; joins, way, kept", ("hub/decided.py",)),
        "reconciled": Meaning(
            "kiriman dicocokkan dengan sistem pusat; jumlah beda",
            "deliveries compared with the registry; counts of differences",
            "registry, count, code; a count each sort, resolved, closed",
            ("hub/store/differences.py",),
        ),
        "masters_read": Meaning(
            "daftar rujukan sistem pusat (`lists`) atau tabel kita sendiri (`tables`) dibaca",
            "the registry's lists (`lists`) or our own tables (`tables`) were read",
            "registry, count, code; hashes and counts",
            ("hub/store/masters.py",),
        ),
        "paused": Meaning(
            "pengiriman dihentikan seseorang", "a person stopped sending", "registry; because", ("hub/store/gates.py",)
        ),
        "resumed": Meaning("dan dilanjutkan", "and went on", "registry; because", ("hub/store/gates.py",)),
        "breaker_opened": Meaning(
            "pengiriman berhenti sendiri setelah dua hasil tak diketahui",
            "sending stopped itself after two unknown outcomes",
            "registry; streak",
            ("hub/store/gates.py",),
        ),
        "breaker_closed": Meaning("dan mulai lagi", "and began again", "registry", ("hub/store/gates.py",)),
        "key_rotation_began": Meaning(
            "kunci pembungkus (hub key) mulai diganti; hanya sidik kunci yang disebut",
            "the hub key, which wraps every data key, begins to be changed; only fingerprints are named",
            "before, after, because",
            ("hub/rotating.py",),
        ),
        "key_rotation_ended": Meaning(
            "semua kunci data sudah dibungkus dengan kunci baru",
            "every data key is wrapped with the new one",
            "count (data keys wrapped anew by the run that ended it); before, after",
            ("hub/rotating.py",),
        ),
        "configured": Meaning(
            "setelan hub: keadaan kini, dan sebelumnya (`was_…`) untuk yang berubah; rahasia hanya sebagai hash berkunci",
            "the hub's settings: as they are, and as they were (`was_…`) where they changed; secrets as a keyed hash only",
            "count; a value each setting, was_ before its name",
            ("hub/configured.py",),
        ),
        "contact_mailed": Meaning(
            "surel harian kepada narahubung kanal: dicoba (`attempted`), terkirim (`sent`), atau kodenya",
            "the daily mail to the contact of connectors: attempted, sent, or its code",
            "code, count of its lines; connectors, answers, waits, attempt",
            ("hub/contacting.py",),
        ),
        "uploaded": Meaning(
            "berkas ditaruh petugas ke folder sebuah kanal",
            "somebody put a file into the folder of a connector",
            "commitment of its bytes; bytes, manifest",
            ("hub/uploading.py",),
        ),
        "registered": Meaning(
            "manifes disimpan sebagai versi baru (`new`, `changed`), atau versi lama dipakai lagi (`put_back`)",
            "a manifest was stored as a version (`new`, `changed`), or an earlier version came back (`put_back`)",
            "code; name, version, manifest, was, was_version, was_region, from_version",
            ("hub/registering.py",),
        ),
        "activated": Meaning(
            "orang kedua membolehkan kanal meneruskan aduan",
            "a second person let a connector send complaints on",
            "code; name, version, manifest, was, was_version, was_region, from_version, because",
            ("hub/registering.py",),
        ),
        "deactivated": Meaning(
            "kanal tidak dijalankan lagi",
            "a connector is not run any more",
            "code; name, version, manifest, was, was_version, was_region, from_version, because",
            ("hub/registering.py",),
        ),
        "connector_seen": Meaning(
            "kanal pertama kali terlihat, dengan SHA-256 manifesnya",
            "a connector was first seen, with its manifest's SHA-256",
            "name, kind, manifest",
            ("hub/store/connectors.py",),
        ),
        "manifest_seen": Meaning(
            "manifesnya berubah: SHA-256 sebelum dan sesudah",
            "its manifest changed: SHA-256 before and after",
            "name, kind, manifest, was, was_name, was_region",
            ("hub/store/connectors.py",),
        ),
        "secret_bound": Meaning(
            "rahasia diikat pada kanal dan host",
            "a secret was bound to a connector and hosts",
            "name, hosts",
            ("hub/binding.py",),
        ),
        "user_added": Meaning(
            "pengguna baru: peran dan wilayahnya",
            "a new user: his role and region",
            "user, role, scope, institution, because",
            ("hub/users.py",),
        ),
        "user_changed": Meaning(
            "peran, wilayah atau instansi pengguna diubah, atau ia dinonaktifkan: sebelum dan sesudah",
            "a user's role, region or institution changed, or he was disabled: before and after",
            "user, was_role, was_scope, was_institution, role, scope, institution, because; was, now; count of ended tokens",
            ("hub/users.py",),
        ),
        "password_set": Meaning(
            "sandi pengguna ditetapkan; sandinya tidak disimpan di sini",
            "a user's password was set; it does not stand here",
            "user, had_one",
            ("hub/users.py",),
        ),
        "token_issued": Meaning(
            "token pengguna diterbitkan, dengan hari berakhirnya",
            "a token of a user was issued, with its last day",
            "user, token (its number), until",
            ("hub/users.py",),
        ),
        "token_revoked": Meaning(
            "token dicabut sebelum berakhir", "a token was ended early", "user, token, because", ("hub/users.py",)
        ),
        "watched": Meaning(
            "hasil pemeriksaan harian: tujuh kata dan yang tidak cocok",
            "the daily check: the seven words and what does not agree",
            "count, code; a count each word, astray",
            ("hub/oversight.py",),
        ),
        "exported": Meaning(
            "data dilihat atau dikeluarkan: jenisnya pada `code`, `masked: false` berarti dengan data pribadi",
            "data were looked at or handed out: `code` says which, `masked: false` that personal data were among them",
            "code, count; masked, connectors, because, other, sha256, size, seed",
            (
                "hub/exporting.py",
                "hub/explaining.py",
                "hub/handing.py",
                "hub/publishing.py",
                "hub/erasing.py",
                "hub/evidence/pack.py",
                "hub/evidence/sample.py",
                "hub/evidence/touched.py",
            ),
        ),
        "erased": Meaning(
            "data pribadi dimusnahkan, atas permintaan atau karena masa simpan habis",
            "personal data were destroyed, on request or at the end of their term",
            "code, count; because",
            ("hub/erasing.py", "hub/retention.py"),
        ),
        "readmitted": Meaning(
            "yang sudah dihapus boleh masuk lagi",
            "what had been erased may come in again",
            "because",
            ("hub/erasing.py",),
        ),
        "hold_added": Meaning(
            "penghapusan ditahan untuk suatu perkara, oleh siapa dan sampai kapan",
            "erasure is blocked for a case, by whom and until when",
            "count; owner, until, because",
            ("hub/holding.py",),
        ),
        "hold_ended": Meaning("dan penahanan itu berakhir", "and that hold ended", "because", ("hub/holding.py",)),
        "retention_set": Meaning(
            "masa simpan suatu jenis data diubah: sebelum dan sesudah",
            "the term of a class of data was changed: before and after",
            "class, before, after",
            ("hub/retention.py",),
        ),
        "inspected": Meaning(
            "Inspektorat membaca (`shown`) aduan dengan terlapor atau memutuskan dari siapa ia tersembunyi, atau registri "
            "meneruskannya ke terlapor (`passed_to_accused`), atau aturan yang lebih baru menyembunyikannya (`rejudged`)",
            "the Inspektorat read (`shown`) an accusation, or decided from whom it is hidden, or the registry passed it on to "
            "the accused (`passed_to_accused`), or newer rules made it confidential or hid it (`rejudged`)",
            "code, commitment of its text where that was not confidential; was, hidden_from, was_hidden_from, because, rules, "
            "confidential (why), accused",
            ("hub/inspecting.py", "hub/passed_on.py", "hub/rejudging.py"),
        ),
        "key_made": Meaning("disediakan; belum dipakai", "reserved; not used yet", "", ()),
    }
)
