-- Times are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS jobs (
    job_no        INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    folder_id     TEXT    NOT NULL,
    resource_key  TEXT,
    folder_name   TEXT,
    request_id    TEXT,
    created_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    -- counters and state, as the rules in job.rs keep them
    progress      TEXT    NOT NULL,
    -- where the listing goes on, and the number of its next file
    page_token    TEXT,
    next_position INTEGER NOT NULL DEFAULT 0,
    -- 1 for a worker that says which file an outcome is about, 0 for one of the original
    names_files   INTEGER NOT NULL DEFAULT 1,
    -- 1 while something is left to do
    open          INTEGER NOT NULL DEFAULT 1,
    -- the process that lists and dispatches it, and how long it may without renewing
    lease_owner   TEXT,
    lease_until   INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS jobs_open ON jobs (lease_until) WHERE open = 1;

CREATE TABLE IF NOT EXISTS files (
    job_no     INTEGER NOT NULL REFERENCES jobs (job_no) ON DELETE CASCADE,
    -- order of the listing
    position   INTEGER NOT NULL,
    file_id    TEXT    NOT NULL,
    name       TEXT,
    size_bytes INTEGER,
    -- as Drive listed it; dropped once the image is stored
    record     TEXT,
    -- 0 pending, 1 sent, 2 stored, 3 failed, 4 cancelled
    state      INTEGER NOT NULL DEFAULT 0,
    sent_at    INTEGER,
    ended_at   INTEGER,
    -- why it failed; null where the job failed as a whole, or no reason was given
    failure    TEXT,
    PRIMARY KEY (job_no, position),
    UNIQUE (job_no, file_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_pending ON files (job_no, position) WHERE state = 0;
CREATE INDEX IF NOT EXISTS files_sent ON files (job_no, sent_at) WHERE state = 1;
CREATE INDEX IF NOT EXISTS files_failed ON files (job_no, ended_at) WHERE state = 3;

-- the newest entries of a job's list of stored images
CREATE TABLE IF NOT EXISTS imported (
    job_no INTEGER NOT NULL REFERENCES jobs (job_no) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    entry  TEXT    NOT NULL,
    PRIMARY KEY (job_no, number)
) WITHOUT ROWID;
