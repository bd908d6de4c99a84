"""What citizens of the make-believe province complain about: problems whose sentences combine into texts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of trouble: the portal's code for it, a title, and sentences to choose from."""

    code: str
    title: str
    leads: tuple[str, ...]
    details: tuple[str, ...]
    impacts: tuple[str, ...]


PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "JALAN", "Jalan berlubang",
        ("aspal sudah bolong sedalam betis orang dewasa", "permukaan jalan hancur tinggal batu koral",
         "ada lubang menganga persis di tikungan"),
        ("tambalan terakhir hanya bertahan dua minggu", "lubangnya tertutup genangan jadi tidak kelihatan",
         "truk tebu lewat siang malam bikin makin rusak"),
        ("sudah tiga pengendara motor terperosok", "mobil ambulans terpaksa memutar lewat kampung sebelah"),
    ),
    Problem(
        "JALAN", "Jembatan rusak",
        ("papan jembatan gantung banyak yang lepas", "pagar pengaman jembatan patah sepanjang empat meter",
         "tiang penyangga jembatan kecil mulai miring"),
        ("bautnya karatan dan sebagian hilang dicuri", "waktu sungai naik jembatan ikut bergoyang",
         "perbaikan swadaya warga cuma pakai bambu"),
        ("anak SD tiap pagi menyeberang sambil berpegangan tali",
         "hasil panen terpaksa dipikul karena pikap takut lewat"),
    ),
    Problem(
        "DRAINASE", "Selokan mampet",
        ("got di depan rumah mampet total", "gorong-gorong tersumbat lumpur dan akar pohon",
         "saluran air tidak mengalir sejak proyek galian kabel"),
        ("airnya hitam berbau dan penuh jentik", "endapan lumpur hampir rata bibir selokan",
         "bekas galian tidak dirapikan kontraktor"),
        ("hujan setengah jam saja air masuk dapur", "dua tetangga kena demam berdarah bulan lalu"),
    ),
    Problem(
        "BANJIR", "Banjir langganan",
        ("air setinggi lutut merendam permukiman", "tanggul kali jebol selebar dua meter",
         "pintu air macet tidak bisa diangkat"),
        ("pompa penyedot katanya rusak menunggu suku cadang", "bantaran dipersempit bangunan warung",
         "karung pasir penahan sudah sobek semua"),
        ("kasur dan lemari warga rusak terendam", "sekolah diliburkan karena kelas tergenang"),
    ),
    Problem(
        "PJU", "Lampu jalan mati",
        ("deretan PJU padam total kalau malam", "lampu penerangan berkedip terus lalu mati",
         "tiang lampu roboh tertabrak truk belum diganti"),
        ("kabelnya menjuntai bisa kena kepala orang", "panel meterannya terbuka dan korsleting waktu hujan",
         "petugas pernah datang foto-foto lalu pergi"),
        ("ibu-ibu pulang pengajian takut dijambret", "kecelakaan tunggal terjadi karena gelap gulita"),
    ),
    Problem(
        "SAMPAH", "Sampah menumpuk",
        ("tumpukan sampah meluber ke badan jalan", "TPS liar muncul di lahan kosong",
         "bak kontainer sampah tidak pernah diangkut"),
        ("bau busuknya sampai ruang tamu", "orang luar kampung buang popok bekas malam-malam",
         "iuran kebersihan tetap ditarik tiap bulan"),
        ("lalat masuk warung makan pelanggan kabur", "asap pembakaran bikin bayi saya batuk"),
    ),
    Problem(
        "AIR", "Air ledeng tidak mengalir",
        ("air PDAM mati sejak subuh", "keran cuma keluar angin", "air ledeng keruh kecokelatan berbau besi"),
        ("tagihan justru naik dua kali lipat", "pipa induk bocor menyembur dekat pos ronda",
         "pengumuman pemeliharaan tidak pernah ada"),
        ("kami beli air tangki seratus ribu sekali isi", "mau wudu dan mandi anak saja susah"),
    ),
    Problem(
        "LISTRIK", "Listrik sering padam",
        ("aliran listrik padam hampir tiap sore", "tegangan naik turun tidak karuan",
         "kabel PLN kendor menyentuh atap rumah"),
        ("trafo di pojok gang berdengung keras", "pohon waru menempel jaringan belum dipangkas",
         "laporan lewat aplikasi dijawab template"),
        ("kulkas dan mesin jahit saya rusak", "usaha fotokopi tutup lebih cepat terus"),
    ),
    Problem(
        "PARKIR", "Parkir liar",
        ("mobil parkir berlapis menutup akses gang", "juru parkir menarik ongkos tanpa karcis",
         "trotoar dipakai parkir motor kafe"),
        ("tarifnya sepuluh ribu padahal papan tertulis dua ribu", "rambu larangan malah dipakai gantungan helm",
         "petugas dishub lewat tapi diam saja"),
        ("pemadam kebakaran pernah tidak bisa masuk", "pejalan kaki turun ke jalur bus"),
    ),
    Problem(
        "ANGKUTAN", "Halte dan angkutan kota",
        ("angkot jurusan pasar ngetem sembarangan", "halte bus atapnya bocor dan kursinya hilang",
         "bus sekolah gratis tidak pernah lewat lagi"),
        ("sopir menurunkan penumpang di tengah jalan", "jadwal yang ditempel sudah pudar",
         "lampu merah simpang empat macet di warna hijau"),
        ("pelajar terlambat masuk berkali-kali", "antrean kendaraan mengular sampai pabrik"),
    ),
    Problem(
        "TRANTIB", "Keributan malam hari",
        ("karaoke tanpa izin memutar musik sampai jam tiga pagi", "remaja balap motor knalpot brong",
         "pesta miras oplosan di pos kosong"),
        ("satpol PP datang mereka bubar lalu kumpul lagi", "pecahan botol berserakan di lapangan",
         "pemilik tempat mengaku kenal aparat"),
        ("lansia di rumah sakit-sakitan tidak bisa tidur", "anak kos perempuan digoda tiap lewat"),
    ),
    Problem(
        "KTP", "Pengurusan KTP dan KK",
        ("KTP elektronik belum jadi setelah direkam", "akta kelahiran anak salah ketik nama ibu",
         "kartu keluarga pecah tidak kunjung terbit"),
        ("alasan petugas blangko habis terus", "disuruh bolak-balik fotokopi surat yang sama",
         "nomor antrean habis jam tujuh pagi"),
        ("saya gagal melamar kerja di koperasi", "kartu BPJS anak tidak bisa diaktifkan"),
    ),
    Problem(
        "BANSOS", "Bantuan sosial tidak tepat",
        ("nama mertua saya hilang dari daftar penerima PKH", "beras bantuan dipotong dua kilo per karung",
         "janda lansia tidak pernah dapat BPNT"),
        ("yang menerima malah punya dua mobil", "kartu KKS dipegang ketua kelompok",
         "pendataan DTKS tidak pernah mendatangi rumah"),
        ("beliau makan dari pemberian tetangga", "cucunya putus sekolah karena biaya seragam"),
    ),
    Problem(
        "KESEHATAN", "Pelayanan puskesmas",
        ("loket puskesmas tutup sebelum waktunya", "pasien BPJS disuruh beli obat di luar",
         "dokter jaga IGD tidak ada di tempat"),
        ("bidan pengganti baru datang siang", "kursi tunggu patah dan toilet terkunci",
         "rujukan online ditolak rumah sakit berulang kali"),
        ("bapak saya sesak menunggu empat jam", "ibu hamil terpaksa ke klinik swasta"),
    ),
    Problem(
        "PENDIDIKAN", "Pungutan di sekolah",
        ("wali murid diminta sumbangan gedung", "ijazah ditahan karena belum lunas SPP",
         "seragam wajib beli di koperasi sekolah"),
        ("kuitansinya tidak diberi stempel", "rapat komite hanya formalitas",
         "nominalnya disebut sukarela tapi ada batas minimal"),
        ("saya buruh cuci tidak sanggup membayar", "anak jadi malu masuk kelas"),
    ),
    Problem(
        "PENDIDIKAN", "Gedung sekolah rusak",
        ("plafon kelas ambrol menimpa bangku", "atap perpustakaan sekolah bocor parah",
         "tembok kamar mandi murid retak miring"),
        ("genteng diganti terpal biru sejak semester lalu", "kayu kuda-kuda dimakan rayap",
         "proposal rehab katanya masih di dinas"),
        ("murid belajar bergantian di musala", "guru takut mengajar kalau angin kencang"),
    ),
    Problem(
        "KERJA", "Upah tidak dibayar",
        ("pabrik sepatu menunggak gaji dua bulan", "THR buruh harian dipotong separuh",
         "lembur tidak pernah dihitung perusahaan"),
        ("slip gaji tidak diberikan sama sekali", "yang protes diancam tidak diperpanjang kontrak",
         "pengawas tenaga kerja belum pernah inspeksi"),
        ("cicilan rumah karyawan menunggak semua", "teman saya terpaksa pinjam rentenir"),
    ),
    Problem(
        "TANAH", "Sertifikat tanah lambat",
        ("sertifikat program PTSL belum dibagikan", "patok batas pekarangan digeser orang",
         "izin mendirikan bangunan mandek di loket"),
        ("panitia minta uang materai lima ratus ribu", "berkas asli katanya terselip",
         "sistem perizinan daring selalu gagal unggah"),
        ("pengajuan modal usaha di bank tertunda", "dua keluarga hampir berkelahi gara-gara ini"),
    ),
    Problem(
        "LINGKUNGAN", "Pencemaran sungai",
        ("limbah cucian tahu dibuang ke kali", "sungai berubah ungu berbusa tiap sore",
         "cerobong pabrik kayu lapis menebar abu hitam"),
        ("instalasi pengolah limbahnya cuma pajangan", "pembuangan dilakukan saat hujan supaya samar",
         "sumur gali ikut berbau asam"),
        ("ikan keramba mati mengambang", "jemuran kotor dan napas terasa perih"),
    ),
    Problem(
        "DESA", "Dana desa tidak jelas",
        ("papan anggaran desa kosong tanpa angka", "paving dana desa dikerjakan setengah lalu ditinggal",
         "BUMDes tidak pernah lapor pertanggungjawaban"),
        ("musyawarah hanya mengundang kerabat perangkat", "material sisa diangkut ke rumah pribadi",
         "tanda tangan warga diduga ditiru"),
        ("warga jadi malas ikut kerja bakti", "jalan usaha tani tetap becek seperti dulu"),
    ),
    Problem(
        "TANI", "Pupuk bersubsidi langka",
        ("jatah pupuk urea kelompok tani hilang separuh", "kios menjual pupuk subsidi di atas harga resmi",
         "saluran irigasi tersier kering padahal musim tanam"),
        ("kartu tani digesek tanpa ada barang", "penyuluh tidak pernah turun ke sawah",
         "pembagian air diatur preman pintu air"),
        ("padi menguning kerdil terancam gagal panen", "petani berutang benih ke tengkulak"),
    ),
    Problem(
        "TIK", "Aplikasi layanan bermasalah",
        ("aplikasi antrean daring macet di layar putih", "wifi publik taman hanya nama tanpa sinyal",
         "situs pajak daerah menolak kode verifikasi"),
        ("tombol unggah berkas tidak merespons", "pesan galatnya bahasa Inggris membingungkan",
         "nomor bantuan yang tercantum tidak aktif"),
        ("saya kena denda padahal mau bayar tepat waktu", "pensiunan gaptek jadi bingung harus ke mana"),
    ),
    Problem(
        "LAYANAN", "Petugas minta uang",
        ("oknum loket meminta uang rokok", "petugas kelurahan ketus dan membentak warga",
         "kantor kecamatan kosong saat jam kerja"),
        ("katanya biar berkas didahulukan", "papan maklumat pelayanan jadi hiasan saja",
         "jam istirahat molor sampai pukul dua"),
        ("orang kecil seperti kami selalu kalah", "ongkos ojek bolak-balik habis seratus ribu"),
    ),
    Problem(
        "PASAR", "Harga dan takaran di pasar",
        ("timbangan pedagang daging tidak ditera", "elpiji melon dijual tiga puluh ribu",
         "lapak pasar sewanya dinaikkan sepihak"),
        ("stiker tera terakhir tahun lampau", "pangkalan bilang kosong tapi belakang penuh",
         "mushola dan toilet pasar tidak terawat"),
        ("pedagang gorengan terancam gulung tikar", "pembeli merasa dibohongi terus"),
    ),
    Problem(
        "BENCANA", "Rawan longsor",
        ("tebing belakang rumah retak memanjang", "talut penahan tanah ambrol semalam",
         "pohon beringin tua condong mau tumbang"),
        ("tanah bergerak tiap habis hujan deras", "sirene peringatan dini tidak bunyi",
         "batu sebesar kambing sudah jatuh ke halaman"),
        ("tujuh keluarga mengungsi di balai dusun", "kami bergantian jaga malam"),
    ),
    Problem(
        "TAMAN", "Taman dan lapangan terbengkalai",
        ("ayunan taman bermain putus rantainya", "lapangan voli jadi tempat jemur gabah",
         "kolam taman kota hijau berlumut"),
        ("besi tajam mencuat dekat perosotan", "pagar keliling dipotong pemulung",
         "rumput setinggi pinggang sarang ular"),
        ("anak balita tetangga robek kakinya", "acara tujuh belasan terpaksa pindah"),
    ),
)  # fmt: skip

MAPPED = {
    "JALAN": "roads", "DRAINASE": "drainage_flood", "BANJIR": "drainage_flood", "PJU": "street_lighting",
    "SAMPAH": "waste", "AIR": "water", "LISTRIK": "electricity", "PARKIR": "transport_parking",
    "ANGKUTAN": "transport_parking", "TRANTIB": "public_order", "KTP": "civil_registration",
    "BANSOS": "social_aid", "KESEHATAN": "health", "PENDIDIKAN": "education", "KERJA": "employment",
    "TANAH": "land_permits", "LINGKUNGAN": "environment", "DESA": "village_funds", "TANI": "agriculture",
    "TIK": "ict", "LAYANAN": "public_service_conduct", "PASAR": "consumer", "BENCANA": "disaster",
}  # fmt: skip
"""The portal's codes and the hub's; TAMAN is left out on purpose: an unmapped code is a work item, never a default."""
