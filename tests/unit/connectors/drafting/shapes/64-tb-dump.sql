CREATE TABLE IF NOT EXISTS `tb_user` (`id_user` int(5) NOT NULL AUTO_INCREMENT, `username` varchar(50), `password` varchar(255), `nama_user` varchar(100), PRIMARY KEY (`id_user`)) ENGINE=MyISAM;
CREATE TABLE IF NOT EXISTS `tb_lapor` (
  `kode_lapor` varchar(20) NOT NULL,
  `tgl` varchar(40) NOT NULL,
  `nama_pelapor` varchar(100) DEFAULT NULL,
  `no_ktp` varchar(100) DEFAULT NULL,
  `no_hp` varchar(13) DEFAULT NULL,
  `jenis_lapor` varchar(50) DEFAULT NULL,
  `keluhan` varchar(50) DEFAULT NULL,
  `deskripsi` longtext,
  `alamat_kejadian` text,
  `latitude` varchar(50) DEFAULT NULL,
  `longitude` varchar(50) DEFAULT NULL,
  `gambar` longblob,
  `stat` int(1) DEFAULT 0,
  `tgl_update` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  `IsDelete` tinyint(1) DEFAULT 0,
  PRIMARY KEY (`kode_lapor`)
);

