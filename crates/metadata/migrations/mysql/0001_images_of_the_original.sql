-- The table as the original makes it; an existing one is left as it is. In a new one Drive ids are compared exactly:
-- they differ by case.
CREATE TABLE IF NOT EXISTS images (
    id INT NOT NULL AUTO_INCREMENT,
    name VARCHAR(255) NOT NULL,
    google_drive_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    size BIGINT NOT NULL,
    mime_type VARCHAR(100) NOT NULL,
    storage_path VARCHAR(500) NOT NULL,
    storage_provider VARCHAR(20) NOT NULL,
    created_at DATETIME DEFAULT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY ix_images_google_drive_id (google_drive_id),
    KEY ix_images_created_at (created_at),
    KEY ix_images_name (name),
    KEY ix_images_storage_provider (storage_provider)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
