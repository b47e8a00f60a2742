-- The service itself sees to the triggers when it opens the file, see `triggers.rs`: they go with the table when a tool makes
-- that anew.
DROP TRIGGER IF EXISTS image_changes_after_insert;
DROP TRIGGER IF EXISTS image_changes_after_delete;
DROP TRIGGER IF EXISTS image_changes_after_update;

-- The rows in the way of the one that is being written: empty between two statements.
CREATE TABLE replaced_images (
    id INTEGER PRIMARY KEY,
    created_at,
    storage_provider,
    mime_type,
    job_id,
    size
);
