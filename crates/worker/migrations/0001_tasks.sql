-- Jobs as the worker sees them: whose turn it is, and whether they still go on.
CREATE TABLE jobs (
    job             TEXT PRIMARY KEY,               -- the job's id as JSON text, exactly as the batch named it
    state           TEXT    NOT NULL DEFAULT 'open', -- open, cancelled, failed
    failure         TEXT,                           -- why it failed, as JSON
    accepts_results INTEGER NOT NULL,               -- whether its sender understands outcomes by file
    turn            INTEGER NOT NULL DEFAULT 0,     -- the job with the smallest one is served next
    progressed_at   INTEGER NOT NULL,               -- newest batch or outcome; milliseconds since 1970, as all times here
    updated_at      INTEGER NOT NULL
) WITHOUT ROWID;

-- One image each.
CREATE TABLE tasks (
    id          INTEGER PRIMARY KEY,
    job         TEXT    NOT NULL,
    file_key    TEXT    NOT NULL,               -- the file's id, or its whole record where it has none
    file_id     TEXT    NOT NULL,               -- as it is reported
    drive_id    TEXT,                           -- set where it is one: a file is in work only once at a time
    sha256      TEXT,
    file        TEXT    NOT NULL,               -- the record as it was sent
    request_id  TEXT,
    state       INTEGER NOT NULL DEFAULT 0,     -- 0 ready, 1 leased, 2 ended, 3 ended and reported
    due         INTEGER NOT NULL,               -- 0: start; 1: end of the lease; 2: next report; 3: may be forgotten
    owner       TEXT,
    claim       INTEGER NOT NULL DEFAULT 0,     -- grows with every lease, so that an old holder is told apart
    touched     INTEGER NOT NULL DEFAULT 0,     -- an object of this task may exist
    needs_drive INTEGER NOT NULL DEFAULT 1,
    progress    TEXT,
    outcome     TEXT,
    UNIQUE (job, file_key)
);
CREATE INDEX tasks_open ON tasks (job, due, id) WHERE state < 2;
CREATE INDEX tasks_in_work ON tasks (drive_id) WHERE state = 1;
CREATE INDEX tasks_same_bytes ON tasks (sha256, state) WHERE sha256 IS NOT NULL;
CREATE INDEX tasks_to_report ON tasks (due, id) WHERE state = 2;
CREATE INDEX tasks_reported ON tasks (due) WHERE state = 3;
