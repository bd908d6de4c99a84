"""Words for invented people, places and habits of writing; no person, street or number of this file exists."""

from __future__ import annotations

FIRST = (
    "Wulan", "Jatmika", "Sekar", "Bagaskara", "Ratih", "Panji", "Larasati", "Danu", "Kinanti", "Wira", "Ayuning",
    "Lintang", "Galih", "Puspita", "Rangga", "Tirta", "Melati", "Satria", "Kemuning", "Bayu", "Anjani", "Gading",
    "Pertiwi", "Surya", "Cempaka", "Jaya", "Nawang", "Pandu", "Dewangga", "Sinta", "Umbara", "Gendhis",
)  # fmt: skip
LAST = (
    "Prasasti", "Wicaksana", "Argakencana", "Tunggadewa", "Samirana", "Purbaningrat", "Kartadipa", "Wanasari",
    "Rengganis", "Sasmaya", "Handakara", "Mandalawangi", "Citrapati", "Anggarasa", "Widarakandi", "Banyubening",
)  # fmt: skip
STREETS = (
    "Kenanga Wetan", "Tirta Amerta", "Gajah Putih Lama", "Sidakarya", "Wijayakusuma Timur", "Randu Alas", "Melur Indah",
    "Ki Ageng Lumbung", "Sawo Kembar", "Pasar Wage", "Lurik Emas", "Bengawan Kecil", "Petung Ijo", "Watu Gajah",
    "Trembesi Kulon", "Cakrabirawati", "Srigunting Baru", "Padas Lintang", "Kembang Turi", "Wringin Sanga",
    "Sumber Pitu", "Merpati Putih", "Nagasari Barat", "Tambak Langon", "Candi Cilik", "Kaliputih Dalam",
    "Gunung Anyaran", "Pandan Arum", "Sempol Asri", "Bukit Mentari", "Karang Menur", "Tegal Ombo",
)  # fmt: skip
VILLAGES = (
    "Sumberwaras", "Karangpandang", "Tanjungwening", "Ngampelsari", "Wonojati Lor", "Banjarmelur",
    "Kedungbanteng Anyar",
    "Pagerwesi", "Rejoagungan", "Tegalmulyan", "Sidoluhung", "Kalitengahan", "Gemahwangi", "Purwosekaran", "Jatiluhung",
    "Mojowarnan", "Bendoasri", "Plosogeneng Kidul", "Ketapangraya", "Sambirotan", "Glagaharumsari", "Wedorokidul",
    "Sekardanganom", "Dukuhsetia", "Pandantoyan", "Kebonagungan", "Lembahsejuk", "Tambakrejan", "Gondangmanis Wetan",
    "Singkaljaya", "Balongpanggungan", "Cangkringsari",
)  # fmt: skip
DISTRICTS = (
    "Karangasri", "Wonokerti", "Sumbergede", "Tamanwijaya", "Kalimaya", "Giripurna", "Tirtamulya", "Mandirancan",
    "Balaikarsa", "Rawamerta Timur", "Pancuran", "Segaramadu",
)  # fmt: skip
REGIONS = ("35.78", "35.15", "35.24", "35.10", "35")
LANDMARKS = (
    "samping balai RW", "depan toko bangunan Maju Tenan", "seberang lapangan futsal", "dekat pos kamling ujung",
    "belakang pasar krempyeng", "sebelah TK Pelangi Ceria", "arah makam dusun", "pas pertigaan bengkel las",
    "utara rel kereta", "timur gudang gabah", "sekitar masjid Nurul Fajar Baru", "dekat sumur tua",
    "depan apotek Sumber Bugar", "sebelum jembatan lengkung", "sesudah gapura hijau", "di muka kantor koperasi susu",
)  # fmt: skip
WHEN = (
    "sejak tiga minggu lalu", "sudah hampir setengah tahun", "mulai malam Minggu kemarin", "sejak lebaran haji",
    "kurang lebih empat puluh hari", "dari awal musim hujan", "sejak pergantian ketua RT", "tiap hari Senin dan Kamis",
    "terhitung sembilan hari ini", "sejak hajatan pemilihan kades", "dua bulan belakangan", "semenjak proyek pelebaran",
)  # fmt: skip
ABOUT = ("sudah", "kira-kira", "hampir", "lebih dari", "selama", "terhitung", "genap", "kurang lebih")
UNITS = ("hari", "pekan", "malam", "kali kejadian", "hari kerja")
COLOUR = (
    "Saya warga asli sini dari kecil.", "Dulu waktu bapak saya masih hidup tidak pernah begini.",
    "Pak RT sudah angkat tangan.", "Kami pernah menulis di buku tamu kelurahan tapi tidak digubris.",
    "Foto bukti ada di HP anak saya.", "Kalau perlu saya siap mengantar petugas ke lokasi.",
    "Wis bola-bali dilaporno nanging ora ono sing tandang.", "Dalane rusak nemen, Pak.",
    "Tetangga kanan kiri juga mengeluh hal sama.", "Tolong jangan cuma janji waktu kampanye.",
    "Mosok ngenteni enek korban sik?", "Saya kerja sif malam jadi paham betul keadaannya.",
    "Mahasiswa KKN pernah mendata lalu hilang.", "Video singkatnya sempat ramai di grup arisan.",
    "Iuran warga sudah terkumpul tapi tidak cukup.", "Kasihan yang sepuh-sepuh.",
    "Mugi enggal dipun tindaklanjuti nggih.", "Anggota dewan pernah lewat naik mobil dinas.",
    "Nomor telepon dinas yang kami hubungi selalu sibuk.", "Surat pengantar lengkap kami simpan.",
    "Kami tidak menuduh siapa pun, hanya minta kejelasan.", "Sing penting ono tanggapan, matur nuwun.",
    "Kejadiannya disaksikan penjual bakso keliling.", "Cuaca sedang tidak menentu pula.",
    "Pengurus musala ikut menandatangani laporan ini.", "Bayarnya pajak rutin lho kami.",
    "Suami merantau, saya sendirian mengurus ini.", "Sebelum magrib biasanya paling parah.",
    "Kami cuma rakyat biasa yang ingin hidup tenang.", "Sampai kapan kami harus bersabar?",
    "Ini laporan pertama saya lewat aplikasi.", "Jarak dari kantor desa cuma dua ratus langkah.",
)  # fmt: skip
ASKS = (
    "Mohon segera ditindaklanjuti.", "Tolong dicek langsung ke lapangan.", "Kapan kira-kira diperbaiki?",
    "Mohon atensi dinas terkait.", "Harap ada penjelasan resmi.", "Tulung enggal didandani.",
    "Kami tunggu kabar baiknya.", "Mohon solusi secepatnya ya min.", "Minta tolong diteruskan ke yang berwenang.",
)  # fmt: skip
GREETINGS = (
    "Yth. Bapak Gubernur, ", "Assalamualaikum wr wb. ", "Selamat pagi min, ", "Dengan hormat, ", "Permisi Bapak/Ibu, ",
    "Kepada Yth. Kepala Dinas, ", "Mohon izin melapor. ",
)  # fmt: skip
SLANG = {
    "yang": "yg", "tidak": "tdk", "sudah": "sdh", "karena": "krn", "dengan": "dgn", "belum": "blm", "untuk": "utk",
    "juga": "jg", "kalau": "klo", "saja": "aja", "Jalan": "Jln.", "Desa": "Ds.", "Kecamatan": "Kec.",
}  # fmt: skip

PUBLICITY = (
    "Gubernur meresmikan layanan satu atap di {0}. Warga antusias! #JatimBangkit",
    "Terima kasih @aduanjatimuji atas gerak cepat di {0}, jalan kami mulus lagi",
    "Info: kanal aduan buka 24 jam. Ayo manfaatkan, warga {0}! #LayananPublik",
    "Mantap min, responsnya cepat banget buat warga {0}. Sukses terus!",
    "Dinas Kominfo menggelar sosialisasi kanal pengaduan di balai {0} hari ini #SP4N",
    "Selamat hari jadi untuk kecamatan {0}. Semoga makin guyub rukun",
    "Halo min, jam pelayanan kantor {0} hari Sabtu buka tidak ya?",
    "Lowongan relawan literasi digital di {0}, daftar lewat tautan di bio",
    "Rapat koordinasi admin penghubung se-{0} berjalan lancar #KolaborasiUntukNegeri",
)
