"""The words that a reason may quote of a street's name: a list, for whatever stands behind "jalan" may be a person."""

from __future__ import annotations

from typing import Final

# Plants, beasts, stones; islands, mountains, rivers, towns; what is honoured; parts of towns.
_WORDS: Final = """
akasia alamanda alpukat anggrek angsana anyelir aren asoka aster bakung bambu belimbing beringin bougenville bugenvil
cempaka cemara cendana cengkeh delima durian flamboyan gandaria gardenia jambu jati kamboja kaktus kapas kapuk
kecubung kedondong kelapa kemang kemangi kemiri kemuning kenanga ketapang krisan langsat lavender lontar mahoni
manggis mangga markisa mawar melati meranti merbau mengkudu menur nangka pakis palem pandan pepaya pinang pinus pisang
pucang rambutan randu rotan salak sawo sengon seroja sirsak soka sukun sungkai tanjung teratai trembesi tulip ulin
wijayakusuma waru bangau beo belibis branjangan cendrawasih cenderawasih cucakrawa elang gagak garuda gelatik jalak
kakatua kaswari kasuari kenari kepodang kolibri kutilang maleo manyar merak merpati murai nuri parkit perkutut pipit
prenjak rajawali sikatan walet antelop banteng gajah kancil kijang rusa zebra arwana bandeng cakalang gurame hiu kakap
mujair paus tenggiri tongkol berlian intan mutiara permata safir zamrud bali bangka banten banda batam bawean belitung
buru flores halmahera irian jawa kalimantan komodo lombok madura maluku mentawai natuna nias papua riau sabang selayar
seram sulawesi sumatera sumatra sumba sumbawa ternate tidore timor argopuro arjuno bromo galunggung gede kawi kelud
kerinci krakatau lawu merapi merbabu muria papandayan pangrango rinjani semeru sinabung sindoro sumbing tambora
welirang asahan barito batanghari bengawan brantas ciliwung cisadane citarum deli kapuas kampar mahakam musi progo
serayu siak solo ambon balikpapan bandung banjarmasin bengkulu bekasi blitar bogor bukittinggi cianjur cirebon demak
denpasar depok garut gresik jakarta jambi jayapura jember jombang kediri kendari kudus kupang lampung lamongan
lumajang madiun magelang makassar malang manado mataram medan merauke mojokerto padang palembang palu pasuruan pati
pekalongan pekanbaru pontianak probolinggo purwakarta purwokerto salatiga samarinda semarang serang sidoarjo subang
sukabumi sumedang surabaya surakarta tangerang tarakan tasikmalaya tegal tuban yogyakarta bahari bhayangkara brawijaya
diponegoro gadjah hasanuddin juanda kemerdekaan kebangsaan kedaulatan majapahit merdeka nusantara pahlawan pajajaran
pancasila pattimura pejuang pemuda pendidikan perintis perjuangan persatuan perwira proklamasi siliwangi singosari
sriwijaya sudirman thamrin tirtayasa trikora trunojoyo veteran balaikota bandara bendungan benteng candi dermaga
industri kampus karang kauman kebon kedung keraton kesatrian lingkar makam masjid menteng muara niaga pabrik pantai
pasar pelabuhan pemukiman pesantren pertanian pramuka protokol puskesmas raya rawa rungkut sawah semampir sentul
setiabudi stadion stasiun taman tambak telaga teluk terminal tebet tugu gubeng jemursari kenjeran ngagel darmo manukan
wiyung wonokromo tunjungan kuningan mampang pancoran cilandak cipete cawang cikini condet kalibata kemayoran matraman
palmerah pluit rawamangun senayan senen sunter tomang dago cihampelas antapani buahbatu cibiru cicaheum kiaracondong
lembang setrasari
"""

STREET_WORDS: Final = frozenset(_WORDS.split())
"""Lower-case. A word that is a person's name as well (Melati) is quoted, as a street's."""
