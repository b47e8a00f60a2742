-- Nullable, so that the original's own INSERTs keep working.
ALTER TABLE images ADD COLUMN md5 TEXT;
ALTER TABLE images ADD COLUMN source_md5 TEXT;
ALTER TABLE images ADD COLUMN source_checksum TEXT;
ALTER TABLE images ADD COLUMN sha256 TEXT;
ALTER TABLE images ADD COLUMN job_id TEXT;
ALTER TABLE images ADD COLUMN width INTEGER;
ALTER TABLE images ADD COLUMN height INTEGER;
-- Lists of one provider, newest first.
CREATE INDEX ix_images_provider_created_at ON images (storage_provider, created_at);
-- Does a row still name this object? Which rows hold these bytes?
CREATE INDEX ix_images_storage_path ON images (storage_path);
CREATE INDEX ix_images_sha256 ON images (sha256) WHERE sha256 IS NOT NULL;

-- Objects that no row names any more. `deletes_left` counts down to 0; times are milliseconds since 1970.
CREATE TABLE released_objects (
    storage_path TEXT NOT NULL PRIMARY KEY,
    storage_provider TEXT NOT NULL,
    deletes_left INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    claim TEXT
);
CREATE INDEX ix_released_objects_due ON released_objects (deletes_left, due_ms);
