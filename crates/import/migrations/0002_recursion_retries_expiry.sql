ALTER TABLE jobs ADD COLUMN recursive INTEGER NOT NULL DEFAULT 0;
-- the id of the job whose failed and cancelled files this one takes
ALTER TABLE jobs ADD COLUMN retry_of TEXT;
-- the folder whose pages are listed; null for the job's own
ALTER TABLE jobs ADD COLUMN listing_folder TEXT;
ALTER TABLE jobs ADD COLUMN listing_resource_key TEXT;
-- how often it was taken: tells a process that took it again from the one that lost it
ALTER TABLE jobs ADD COLUMN claim INTEGER NOT NULL DEFAULT 0;
-- after its end: below this position the rows of stored files are gone; null when there is nothing to do
ALTER TABLE jobs ADD COLUMN tidy_from INTEGER;
UPDATE jobs SET tidy_from = 0 WHERE ended_at IS NOT NULL AND names_files = 1;

CREATE INDEX jobs_to_tidy ON jobs (job_no) WHERE tidy_from IS NOT NULL;
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_retrying ON jobs (retry_of) WHERE retry_of IS NOT NULL AND ended_at IS NULL;

-- failures and retries, in the order of the listing
CREATE INDEX files_failures ON files (job_no, position) WHERE state = 3;
CREATE INDEX files_cancelled ON files (job_no, position) WHERE state = 4;

-- the folders of a recursive job, each once, in the order in which they were found
CREATE TABLE folders (
    folder_no    INTEGER PRIMARY KEY,
    job_no       INTEGER NOT NULL REFERENCES jobs (job_no) ON DELETE CASCADE,
    folder_id    TEXT    NOT NULL,
    resource_key TEXT,
    visited      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (job_no, folder_id)
);
CREATE INDEX folders_to_visit ON folders (job_no, folder_no) WHERE visited = 0;
