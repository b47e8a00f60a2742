-- A database of the original as years leave it: `mysqldump` of the `images` table. The statements that make the table are its own.
SET NAMES utf8mb4;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
CREATE TABLE `images` (
  `id` int(11) NOT NULL AUTO_INCREMENT, `name` varchar(255) NOT NULL, `google_drive_id` varchar(255) NOT NULL,
  `size` bigint(20) NOT NULL, `mime_type` varchar(100) NOT NULL, `storage_path` varchar(500) NOT NULL,
  `storage_provider` varchar(20) NOT NULL, `created_at` datetime DEFAULT NULL,
  PRIMARY KEY (`id`), UNIQUE KEY `ix_images_google_drive_id` (`google_drive_id`), KEY `ix_images_created_at` (`created_at`),
  KEY `ix_images_name` (`name`), KEY `ix_images_storage_provider` (`storage_provider`)
) ENGINE=InnoDB;
INSERT INTO images (id, name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at) VALUES
  (1, 'holiday.jpg', 'odd_f0', 900, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000001-1111-4222-8333-444444444444_holiday.jpg', 'aws', '2024-02-29 23:59:59'),
  (3, '🏖️ Strand 日本 ä.jpg', 'odd_f1', 900, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000003-1111-4222-8333-444444444444_🏖️ Strand 日本 ä.jpg', 'aws', '2025-03-02 10:11:12'),
  (4, 'sub/dir/with slash.png', 'odd_f2', 900, 'image/png', 'https://images.s3.us-east-1.amazonaws.com/00000004-1111-4222-8333-444444444444_sub/dir/with slash.png', 'aws', '2025-03-03 10:11:12'),
  (7, 'no size.jpg', 'odd_f3', 0, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000007-1111-4222-8333-444444444444_no size.jpg', 'aws', '2025-03-04 10:11:12'),
  (8, 'negative.jpg', 'odd_f4', -1, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000008-1111-4222-8333-444444444444_negative.jpg', 'aws', '2025-03-05 10:11:12'),
  (20, '', '', 0, '', '', '', '2025-03-06 00:00:00'),
  (21, 'in azure.jpg', 'azure-1', 77, 'image/jpeg', 'https://account.blob.core.windows.net/images/in azure.jpg', 'azure', '2025-03-06 00:00:00'),
  (22, 'other region.jpg', 'region-1', 77, 'image/jpeg', 'https://images.s3.eu-west-1.amazonaws.com/00000022-1111-4222-8333-444444444444_other region.jpg', 'aws', '2025-03-06 00:00:00'),
  (23, 'path style.jpg', 'style-1', 77, 'image/jpeg', 'https://s3.us-east-1.amazonaws.com/images/00000023-1111-4222-8333-444444444444_path style.jpg', 'aws', '2025-03-06 00:00:00'),
  (24, 'global.jpg', 'style-2', 77, 'image/jpeg', 'https://images.s3.amazonaws.com/00000024-1111-4222-8333-444444444444_global.jpg', 'aws', '2025-03-06 00:00:00'),
  (25, 'minio.jpg', 'style-3', 77, 'image/jpeg', 'http://minio:9000/images/00000025-1111-4222-8333-444444444444_minio.jpg', 'aws', '2025-03-06 00:00:00'),
  (26, 's3 scheme.jpg', 'style-4', 77, 'image/jpeg', 's3://images/00000026-1111-4222-8333-444444444444_s3 scheme.jpg', 'aws', '2025-03-06 00:00:00'),
  (27, 'not a url.jpg', 'style-5', 77, 'image/jpeg', 'not a url at all, ://%zz', 'AWS', '2025-03-06 00:00:00'),
  (30, 'the same object.jpg', 'same-1', 900, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000001-1111-4222-8333-444444444444_holiday.jpg', 'aws', '2025-03-07 00:00:00'),
  (40, 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn.jpg', 'long-1', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000040-1111-4222-8333-444444444444_nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn.jpg', 'aws', '2025-03-08 00:00:00'),
  (41, 'no time.jpg', 'untimed-1', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000041-1111-4222-8333-444444444444_no time.jpg', 'aws', NULL),
  (42, 'long ago.jpg', 'time-1', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000042-1111-4222-8333-444444444444_long ago.jpg', 'aws', '1970-01-01 00:00:01'),
  (43, 'far off.jpg', 'time-2', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000043-1111-4222-8333-444444444444_far off.jpg', 'aws', '2999-12-31 23:59:59'),
  (50, '"; DROP TABLE images; -- <script>alert(1)</script> \\ %_	.jpg', 'quotes-1', 77, 'IMAGE/JPEG; charset=binary', 'https://images.s3.us-east-1.amazonaws.com/00000050-1111-4222-8333-444444444444_quotes.jpg', 'aws', '2025-03-09 00:00:00'),
  (51, '‮gpj.exe', 'rtl-1', 77, 'application/octet-stream', 'https://images.s3.us-east-1.amazonaws.com/00000051-1111-4222-8333-444444444444_‮gpj.exe', 'aws', '2025-03-09 00:00:00'),
  (2000000, 'after a gap.jpg', 'gap-1', 9223372036854775807, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/02000000-1111-4222-8333-444444444444_after a gap.jpg', 'aws', '2025-03-10 00:00:00'),
  (70, 'zero time.jpg', 'time-5', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000070-1111-4222-8333-444444444444_zero time.jpg', 'aws', '0000-00-00 00:00:00');
