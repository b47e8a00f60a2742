-- The table as the original makes it, word for word: an existing file already has it.
CREATE TABLE IF NOT EXISTS images (
    id INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    google_drive_id VARCHAR(255) NOT NULL,
    size BIGINT NOT NULL,
    mime_type VARCHAR(100) NOT NULL,
    storage_path VARCHAR(500) NOT NULL,
    storage_provider VARCHAR(20) NOT NULL,
    created_at DATETIME,
    PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS ix_images_created_at ON images (created_at);
CREATE INDEX IF NOT EXISTS ix_images_name ON images (name);
CREATE INDEX IF NOT EXISTS ix_images_storage_provider ON images (storage_provider);
CREATE UNIQUE INDEX IF NOT EXISTS ix_images_google_drive_id ON images (google_drive_id);
