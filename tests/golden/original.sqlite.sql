-- A database of the original as years leave it: `.dump` of instance/images.db. The statements that make the table are its own.
CREATE TABLE images (
  id INTEGER NOT NULL, name VARCHAR(255) NOT NULL, google_drive_id VARCHAR(255) NOT NULL, size BIGINT NOT NULL,
  mime_type VARCHAR(100) NOT NULL, storage_path VARCHAR(500) NOT NULL, storage_provider VARCHAR(20) NOT NULL,
  created_at DATETIME, PRIMARY KEY (id)
);
INSERT INTO images (id, name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at) VALUES
  (1, 'holiday.jpg', 'odd_f0', 900, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000001-1111-4222-8333-444444444444_holiday.jpg', 'aws', '2024-02-29 23:59:59.999999'),
  (3, '🏖️ Strand 日本 ä.jpg', 'odd_f1', 900, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000003-1111-4222-8333-444444444444_🏖️ Strand 日本 ä.jpg', 'aws', '2025-03-02 10:11:12.000000'),
  (4, 'sub/dir/with slash.png', 'odd_f2', 900, 'image/png', 'https://images.s3.us-east-1.amazonaws.com/00000004-1111-4222-8333-444444444444_sub/dir/with slash.png', 'aws', '2025-03-03 10:11:12.500000'),
  (7, 'no size.jpg', 'odd_f3', 0, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000007-1111-4222-8333-444444444444_no size.jpg', 'aws', '2025-03-04 10:11:12.000000'),
  (8, 'negative.jpg', 'odd_f4', -1, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000008-1111-4222-8333-444444444444_negative.jpg', 'aws', '2025-03-05 10:11:12.000000'),
  (20, '', '', 0, '', '', '', '2025-03-06 00:00:00.000000'),
  (21, 'in azure.jpg', 'azure-1', 77, 'image/jpeg', 'https://account.blob.core.windows.net/images/in azure.jpg', 'azure', '2025-03-06 00:00:00.000000'),
  (22, 'other region.jpg', 'region-1', 77, 'image/jpeg', 'https://images.s3.eu-west-1.amazonaws.com/00000022-1111-4222-8333-444444444444_other region.jpg', 'aws', '2025-03-06 00:00:00.000000'),
  (23, 'path style.jpg', 'style-1', 77, 'image/jpeg', 'https://s3.us-east-1.amazonaws.com/images/00000023-1111-4222-8333-444444444444_path style.jpg', 'aws', '2025-03-06 00:00:00.000000'),
  (24, 'global.jpg', 'style-2', 77, 'image/jpeg', 'https://images.s3.amazonaws.com/00000024-1111-4222-8333-444444444444_global.jpg', 'aws', '2025-03-06 00:00:00.000000'),
  (25, 'minio.jpg', 'style-3', 77, 'image/jpeg', 'http://minio:9000/images/00000025-1111-4222-8333-444444444444_minio.jpg', 'aws', '2025-03-06 00:00:00.000000'),
  (26, 's3 scheme.jpg', 'style-4', 77, 'image/jpeg', 's3://images/00000026-1111-4222-8333-444444444444_s3 scheme.jpg', 'aws', '2025-03-06 00:00:00.000000'),
  (27, 'not a url.jpg', 'style-5', 77, 'image/jpeg', 'not a url at all, ://%zz', 'AWS', '2025-03-06 00:00:00.000000'),
  (30, 'the same object.jpg', 'same-1', 900, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000001-1111-4222-8333-444444444444_holiday.jpg', 'aws', '2025-03-07 00:00:00.000000'),
  (40, 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn.jpg', 'long-1', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000040-1111-4222-8333-444444444444_nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn.jpg', 'aws', '2025-03-08 00:00:00.000000'),
  (41, 'no time.jpg', 'untimed-1', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000041-1111-4222-8333-444444444444_no time.jpg', 'aws', NULL),
  (42, 'long ago.jpg', 'time-1', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000042-1111-4222-8333-444444444444_long ago.jpg', 'aws', '1970-01-01 00:00:01.000000'),
  (43, 'far off.jpg', 'time-2', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000043-1111-4222-8333-444444444444_far off.jpg', 'aws', '2999-12-31 23:59:59.000000'),
  (50, '"; DROP TABLE images; -- <script>alert(1)</script> \ %_	.jpg', 'quotes-1', 77, 'IMAGE/JPEG; charset=binary', 'https://images.s3.us-east-1.amazonaws.com/00000050-1111-4222-8333-444444444444_quotes.jpg', 'aws', '2025-03-09 00:00:00.000000'),
  (51, '‮gpj.exe', 'rtl-1', 77, 'application/octet-stream', 'https://images.s3.us-east-1.amazonaws.com/00000051-1111-4222-8333-444444444444_‮gpj.exe', 'aws', '2025-03-09 00:00:00.000000'),
  (2000000, 'after a gap.jpg', 'gap-1', 9223372036854775807, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/02000000-1111-4222-8333-444444444444_after a gap.jpg', 'aws', '2025-03-10 00:00:00.000000'),
  (60, 'size in words.jpg', 'size-1', 'unknown', 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000060-1111-4222-8333-444444444444_size in words.jpg', 'aws', '2025-03-11 00:00:00.000000'),
  (61, 'half a byte.jpg', 'size-2', 1.5, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000061-1111-4222-8333-444444444444_half a byte.jpg', 'aws', '2025-03-11 00:00:00.000000'),
  (62, 'case.jpg', 'ODD_F0', 900, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000062-1111-4222-8333-444444444444_case.jpg', 'aws', '2025-03-11 00:00:00.000000'),
  (63, 'space.jpg', 'odd_f0 ', 900, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000063-1111-4222-8333-444444444444_space.jpg', 'aws', '2025-03-11 00:00:00.000000'),
  (64, 'by hand.jpg', 'time-3', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000064-1111-4222-8333-444444444444_by hand.jpg', 'aws', '2025-03-11 00:00:00'),
  (65, 'with a zone.jpg', 'time-4', 77, 'image/jpeg', 'https://images.s3.us-east-1.amazonaws.com/00000065-1111-4222-8333-444444444444_with a zone.jpg', 'aws', '2025-03-11T00:00:00+02:00');
CREATE INDEX ix_images_created_at ON images (created_at);
CREATE INDEX ix_images_name ON images (name);
CREATE INDEX ix_images_storage_provider ON images (storage_provider);
CREATE UNIQUE INDEX ix_images_google_drive_id ON images (google_drive_id);
