-- Every statement may run twice: DDL commits at once, so a start that was killed half-way begins again from here. The
-- question is put to information_schema because only MariaDB knows ADD COLUMN IF NOT EXISTS. All columns are
-- nullable, so that the original's own INSERTs keep working.
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'images' AND column_name = 'md5') = 0,
    'ALTER TABLE images ADD COLUMN md5 VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'images' AND column_name = 'source_md5') = 0,
    'ALTER TABLE images ADD COLUMN source_md5 VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'images' AND column_name = 'source_checksum') = 0,
    'ALTER TABLE images ADD COLUMN source_checksum VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NULL', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'images' AND column_name = 'sha256') = 0,
    'ALTER TABLE images ADD COLUMN sha256 VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'images' AND column_name = 'job_id') = 0,
    'ALTER TABLE images ADD COLUMN job_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'images' AND column_name = 'width') = 0,
    'ALTER TABLE images ADD COLUMN width INT UNSIGNED NULL', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'images' AND column_name = 'height') = 0,
    'ALTER TABLE images ADD COLUMN height INT UNSIGNED NULL', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
-- Lists of one provider, newest first.
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'images' AND index_name = 'ix_images_provider_created_at') = 0,
    'CREATE INDEX ix_images_provider_created_at ON images (storage_provider, created_at)', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
-- Does a row still name this object? 191 characters fit the index of any row format and hold every generated id.
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'images' AND index_name = 'ix_images_storage_path') = 0,
    'CREATE INDEX ix_images_storage_path ON images (storage_path(191))', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
-- Which rows hold these bytes?
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'images' AND index_name = 'ix_images_sha256') = 0,
    'CREATE INDEX ix_images_sha256 ON images (sha256)', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;

-- Objects that no row names any more. `deletes_left` counts down to 0; times are milliseconds since 1970. The path is
-- bytes: no collation may take two objects for one.
CREATE TABLE IF NOT EXISTS released_objects (
    storage_path VARBINARY(2000) NOT NULL,
    storage_provider VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    deletes_left INT NOT NULL,
    due_ms BIGINT NOT NULL,
    failures INT NOT NULL DEFAULT 0,
    claim VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
    PRIMARY KEY (storage_path),
    KEY ix_released_objects_due (deletes_left, due_ms),
    KEY ix_released_objects_claim (claim)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;
