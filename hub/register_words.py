"""What people who register a channel read: what was stored, what comes next, and why something cannot be."""

from __future__ import annotations

from connectors.manifest import Manifest
from hub.store.registrations import Version


class NotRegistered(Exception):
    """What was asked of a registration cannot be done, and nothing was changed; told in both languages."""

    def __init__(self, indonesian: str, english: str) -> None:
        super().__init__(f"{indonesian} / {english}")


# refusals ----------------------------------------------------------------------------------------------------------


def unknown(name: str) -> NotRegistered:
    """Nobody has registered that name, or not where the caller sees it."""
    return NotRegistered(
        f"'{name}' belum didaftarkan di wilayah Anda. Mendaftarkan: satupintu register BERKAS.yaml.",
        f"'{name}' is not registered in your region. To register it: satupintu register FILE.yaml.",
    )


def no_version(name: str, version: int) -> NotRegistered:
    """There is no version of that number."""
    return NotRegistered(
        f"Tidak ada versi {version} dari '{name}'. Lihat: satupintu history {name}.",
        f"There is no version {version} of '{name}'. See: satupintu history {name}.",
    )


def no_contact(manifest: Manifest) -> NotRegistered:
    """Nobody could be asked when the channel has trouble."""
    return NotRegistered(
        f"{manifest.path.name}: contact belum diisi. Tulis siapa yang dihubungi bila kanal ini bermasalah, misalnya "
        "contact: {email: kanal@contoh.go.id}.",
        f"{manifest.path.name}: contact is missing. Write whom to ask when this channel has trouble, such as "
        "contact: {email: kanal@contoh.go.id}.",
    )


def taken(name: str) -> NotRegistered:
    """The operator has a file of that name."""
    return NotRegistered(
        f"'{name}' sudah ada di folder manifes operator. Pakai nama lain (name:), atau minta operator mengeluarkan "
        "berkasnya; riwayat kanal tetap.",
        f"'{name}' is in the operator's folder of manifests already. Use another name (name:), or ask the operator to "
        "take the file out; the connector's history stays.",
    )


def twin(other: str | None) -> NotRegistered:
    """The same channel has another name already; None where that is a name of another region."""
    if other is None:
        return NotRegistered(
            "Kanal ini (alamat, daftar dan akun yang sama) sudah terdaftar di daerah lain. Tanyakan kepada operator.",
            "This channel (same address, list and account) is registered in another region already. Ask the operator.",
        )
    return NotRegistered(
        f"Kanal ini (alamat, daftar dan akun yang sama) sudah terdaftar sebagai '{other}'. Daftarkan versi barunya dengan "
        f"name: {other}, atau tulis renamed_from: {other} bila namanya berganti.",
        f"This channel (same address, list and account) is registered as '{other}' already. Register it as a version of "
        f"that with name: {other}, or write renamed_from: {other} where its name has changed.",
    )


def not_the_same_person(newest: Version) -> NotRegistered:
    """Whoever made a version does not let it forward."""
    return NotRegistered(
        f"Versi {newest.version} dari '{newest.name}' dibuat oleh {newest.made_by}; yang mengaktifkan harus orang lain, dari "
        "wilayah yang sama atau provinsinya.",
        f"Version {newest.version} of '{newest.name}' was made by {newest.made_by}; somebody else has to activate it, of "
        "the same region or its province.",
    )


def outside(region: str, own: str) -> str:
    """The manifest is of a region that the caller has nothing to say in."""
    return (
        f"Wilayah {region} di luar wewenang Anda ({own}); yang boleh: petugas wilayah itu atau provinsinya. / The region "
        f"{region} is not within yours ({own}); its own people or its province's may."
    )


# notes -------------------------------------------------------------------------------------------------------------


def same(one: Version) -> tuple[str, str]:
    """Nothing was stored."""
    return (
        f"{one.name}: sama dengan versi {one.version} ({one.state}); tidak ada yang berubah.",
        f"{one.name}: the same as version {one.version} ({one.state}); nothing has changed.",
    )


def stored(one: Version, before: Version | None) -> tuple[str, ...]:
    """A version was stored; `before` is the one that runs until somebody activates it."""
    name, number = one.name, one.version
    if one.state == "active":
        return (
            f"{name}: versi {number} (isi versi {one.from_version}) berjalan mulai sekarang.",
            f"{name}: version {number} (the text of version {one.from_version}) runs from now on.",
        )
    if before and before.state != "shadow":
        return (
            f"{name}: versi {number} tersimpan dan menunggu. Versi {before.version} tetap berlaku sampai orang kedua menulis: "
            f"satupintu activate {name}",
            f"{name}: version {number} is stored and waits. Version {before.version} stays in force until a second person "
            f"writes: satupintu activate {name}",
        )
    return (
        f"{name}: versi {number} tersimpan sebagai uji coba (shadow): data dikumpulkan, tidak ada yang diteruskan.",
        f"Berikutnya: satupintu pull {name}, satupintu accept {name}, satupintu status {name}.",
        f"Bila hasilnya benar, orang kedua dari wilayah yang sama atau provinsinya menulis: satupintu activate {name}",
        f"{name}: version {number} is stored in shadow mode: it collects and sends nothing on.",
        f"Next: satupintu pull {name}, satupintu accept {name}, satupintu status {name}. When it is right, a second person "
        f"of the same region or its province writes: satupintu activate {name}",
    )


def ended(name: str) -> tuple[str, str]:
    """It is not run any more."""
    return (
        f"{name} tidak dijalankan lagi. Yang sudah diterima tetap diproses; jawaban tetap disampaikan. Menjalankan lagi: "
        f"orang lain menulis satupintu activate {name}.",
        f"{name} is not run any more. What was taken goes on, and answers still go back. To run it again somebody else "
        f"writes: satupintu activate {name}.",
    )


def opened(manifest: Manifest, *, pulled: bool, due: int, older: int) -> tuple[str, ...]:
    """It forwards from now on: `due` complaints of shadow mode are sent, `older` ones stay held."""
    name, since, first = manifest.name, manifest.forward.since, manifest.forward.first
    assert since is not None
    also = f": satupintu release {name}" if older else ""
    held = (
        f"{older} aduan yang lebih lama tetap tertahan" + (f"; mengirimnya juga{also}." if older else "."),
        f"{older} older complaints stay held" + (f"; to send them too{also}." if older else "."),
    )
    unread = (
        f"Kanal ini belum pernah dibaca; satupintu pull {name} menunjukkan apa yang datang.",
        f"This channel has never been read; satupintu pull {name} shows what comes.",
    )
    many = (
        f"{due} aduan menunggu, lebih dari forward.first ({first}); semuanya tertahan sampai petugas nasional atau operator "
        f"menulis satupintu release {name}.",
        f"{due} complaints wait, more than forward.first ({first}); they stay held until somebody of the nation or the "
        f"operator writes satupintu release {name}.",
    )
    return (
        f"{name} aktif. Aduan sejak {since:%d-%m-%Y} diteruskan.",
        f"{name} is active. Complaints since {since:%Y-%m-%d} are sent on.",
        *(() if pulled else unread),
        *(many if due > first else ()),
        *held,
    )
