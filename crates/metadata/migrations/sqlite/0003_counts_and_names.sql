-- What the bytes are; `mime_type` is what Drive announced. Nullable, so that the original's own INSERTs keep working.
ALTER TABLE images ADD COLUMN content_type TEXT;
-- Lists of one type or one job, newest first; lists by name and by size.
CREATE INDEX ix_images_mime_type_created_at ON images (mime_type, created_at);
CREATE INDEX ix_images_job_id_created_at ON images (job_id, created_at) WHERE job_id IS NOT NULL;
CREATE INDEX ix_images_size ON images (size);
CREATE INDEX ix_images_name_nocase ON images (name COLLATE NOCASE);
-- The rows of the original whose size is no whole number: few, and summed apart.
CREATE INDEX ix_images_odd_size ON images (storage_provider) WHERE typeof(size) <> 'integer';

-- One row for each change of a row of `images`, written by triggers, so that every writer counts. A size is kept in two
-- halves (the upper and the lower 32 bits), whose sums never leave 64 bits; one that is no whole number counts 0 here.
-- `day` and `minute` are the beginning of `created_at`'s text, empty where it is NULL; `minute` is `?` where it is no time.
CREATE TABLE image_changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL,
    day TEXT NOT NULL,
    minute TEXT NOT NULL,
    storage_provider TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    job_id TEXT,
    images INTEGER NOT NULL,
    bytes_high INTEGER NOT NULL,
    bytes_low INTEGER NOT NULL
);

-- What the changes before those of `image_changes` add up to. The rows with the day `*` are of all days together.
CREATE TABLE image_counts (
    day TEXT NOT NULL,
    storage_provider TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    images INTEGER NOT NULL,
    bytes_high INTEGER NOT NULL,
    bytes_low INTEGER NOT NULL,
    PRIMARY KEY (day, storage_provider, mime_type)
) WITHOUT ROWID;
CREATE TABLE image_minutes (
    minute TEXT NOT NULL,
    storage_provider TEXT NOT NULL,
    images INTEGER NOT NULL,
    PRIMARY KEY (minute, storage_provider)
) WITHOUT ROWID;
CREATE TABLE job_counts (
    job_id TEXT NOT NULL PRIMARY KEY,
    images INTEGER NOT NULL,
    bytes_high INTEGER NOT NULL,
    bytes_low INTEGER NOT NULL
) WITHOUT ROWID;

-- The folded names of the rows with `id / 1024 = block`, for searching; the rows themselves have the last word.
CREATE TABLE name_blocks (
    block INTEGER PRIMARY KEY,
    newest TEXT,
    oldest TEXT,
    filter BLOB NOT NULL,
    entries BLOB NOT NULL
);

-- How far the counts (`counts`) and the blocks (`blocks`) are: `ready`, or no row.
CREATE TABLE image_index_state (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TRIGGER image_changes_after_insert AFTER INSERT ON images
BEGIN
    INSERT INTO image_changes (image_id, day, minute, storage_provider, mime_type, job_id, images, bytes_high, bytes_low)
    VALUES (NEW.id, COALESCE(substr(NEW.created_at, 1, 10), ''),
        CASE WHEN NEW.created_at IS NULL THEN '' WHEN typeof(NEW.created_at) = 'text' AND NEW.created_at <> ''
            THEN substr(NEW.created_at, 1, 16) ELSE '?' END,
        NEW.storage_provider, NEW.mime_type, NEW.job_id, 1,
        CASE typeof(NEW.size) WHEN 'integer' THEN (NEW.size >> 32) ELSE 0 END,
        CASE typeof(NEW.size) WHEN 'integer' THEN (NEW.size & 4294967295) ELSE 0 END);
END;
CREATE TRIGGER image_changes_after_delete AFTER DELETE ON images
BEGIN
    INSERT INTO image_changes (image_id, day, minute, storage_provider, mime_type, job_id, images, bytes_high, bytes_low)
    VALUES (OLD.id, COALESCE(substr(OLD.created_at, 1, 10), ''),
        CASE WHEN OLD.created_at IS NULL THEN '' WHEN typeof(OLD.created_at) = 'text' AND OLD.created_at <> ''
            THEN substr(OLD.created_at, 1, 16) ELSE '?' END,
        OLD.storage_provider, OLD.mime_type, OLD.job_id, -1,
        CASE typeof(OLD.size) WHEN 'integer' THEN -(OLD.size >> 32) ELSE 0 END,
        CASE typeof(OLD.size) WHEN 'integer' THEN -(OLD.size & 4294967295) ELSE 0 END);
END;
CREATE TRIGGER image_changes_after_update
AFTER UPDATE OF id, name, size, mime_type, storage_provider, created_at, job_id ON images
BEGIN
    INSERT INTO image_changes (image_id, day, minute, storage_provider, mime_type, job_id, images, bytes_high, bytes_low)
    VALUES (OLD.id, COALESCE(substr(OLD.created_at, 1, 10), ''),
        CASE WHEN OLD.created_at IS NULL THEN '' WHEN typeof(OLD.created_at) = 'text' AND OLD.created_at <> ''
            THEN substr(OLD.created_at, 1, 16) ELSE '?' END,
        OLD.storage_provider, OLD.mime_type, OLD.job_id, -1,
        CASE typeof(OLD.size) WHEN 'integer' THEN -(OLD.size >> 32) ELSE 0 END,
        CASE typeof(OLD.size) WHEN 'integer' THEN -(OLD.size & 4294967295) ELSE 0 END);
    INSERT INTO image_changes (image_id, day, minute, storage_provider, mime_type, job_id, images, bytes_high, bytes_low)
    VALUES (NEW.id, COALESCE(substr(NEW.created_at, 1, 10), ''),
        CASE WHEN NEW.created_at IS NULL THEN '' WHEN typeof(NEW.created_at) = 'text' AND NEW.created_at <> ''
            THEN substr(NEW.created_at, 1, 16) ELSE '?' END,
        NEW.storage_provider, NEW.mime_type, NEW.job_id, 1,
        CASE typeof(NEW.size) WHEN 'integer' THEN (NEW.size >> 32) ELSE 0 END,
        CASE typeof(NEW.size) WHEN 'integer' THEN (NEW.size & 4294967295) ELSE 0 END);
END;
