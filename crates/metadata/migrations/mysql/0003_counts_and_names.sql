-- Every statement may run twice, see 0002. Nothing here is in the way of the original's own statements: the new column
-- is nullable, and the tables are of no interest to it.
-- What the bytes are; `mime_type` is what Drive announced.
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'images' AND column_name = 'content_type') = 0,
    'ALTER TABLE images ADD COLUMN content_type VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
-- Lists of one type, newest first; lists by size.
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'images' AND index_name = 'ix_images_mime_type_created_at') = 0,
    'CREATE INDEX ix_images_mime_type_created_at ON images (mime_type, created_at)', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'images' AND index_name = 'ix_images_size') = 0,
    'CREATE INDEX ix_images_size ON images (size)', 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;
-- Lists of one job, newest first. Not every table has room for the whole id: there the rows of a job are sorted.
SET @ddl = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'images' AND index_name = 'ix_images_job_id_created_at') = 0,
    IF((SELECT LOWER(row_format) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'images' AND engine = 'InnoDB') IN ('dynamic', 'compressed'),
        'CREATE INDEX ix_images_job_id_created_at ON images (job_id, created_at)',
        'CREATE INDEX ix_images_job_id_created_at ON images (job_id(36), created_at)'), 'DO 0');
PREPARE step FROM @ddl;
EXECUTE step;
DEALLOCATE PREPARE step;

-- One row for each change of a row of `images`, written by triggers (which the service makes when it opens the database:
-- they need a right of their own), so that every writer counts. Only ever appended to by writers: none waits for another.
CREATE TABLE IF NOT EXISTS image_changes (
    seq BIGINT NOT NULL AUTO_INCREMENT,
    image_id BIGINT NOT NULL,
    day VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    minute VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    storage_provider VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    mime_type VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    job_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    images TINYINT NOT NULL,
    bytes DECIMAL(40, 0) NOT NULL,
    PRIMARY KEY (seq)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- What the changes before those of `image_changes` add up to. `day` and `minute` are the beginning of `created_at`'s text,
-- empty where it is NULL. The rows with the day `*` are of all days together. A sum of BIGINTs may need more than 64 bits.
CREATE TABLE IF NOT EXISTS image_counts (
    day VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    storage_provider VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    mime_type VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    images BIGINT NOT NULL,
    bytes DECIMAL(40, 0) NOT NULL,
    PRIMARY KEY (day, storage_provider, mime_type)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;
CREATE TABLE IF NOT EXISTS image_minutes (
    minute VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    storage_provider VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    images BIGINT NOT NULL,
    PRIMARY KEY (minute, storage_provider)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;
CREATE TABLE IF NOT EXISTS job_counts (
    job_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    images BIGINT NOT NULL,
    bytes DECIMAL(40, 0) NOT NULL,
    PRIMARY KEY (job_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- The folded names of the rows with `id DIV 1024 = block`, for searching; the rows themselves have the last word.
CREATE TABLE IF NOT EXISTS name_blocks (
    block BIGINT NOT NULL,
    newest VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    oldest VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    filter MEDIUMBLOB NOT NULL,
    entries MEDIUMBLOB NOT NULL,
    PRIMARY KEY (block)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- How far the counts (`counts`) and the blocks (`blocks`) are: `ready`, or no row.
CREATE TABLE IF NOT EXISTS image_index_state (
    name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    value VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (name)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;
