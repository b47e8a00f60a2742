-- Writes a batch down, whole or not at all. $1: the job; $2: whether its sender understands outcomes by file; $3: now;
-- $4: the request; $5: the files as a list of objects. It is materialized because else each use of `value` would write that
-- entry out again.
BEGIN IMMEDIATE;

INSERT INTO jobs (job, accepts_results, turn, progressed_at, updated_at)
VALUES ($1, $2, (SELECT COALESCE(MIN(turn), 0) FROM jobs), $3, $3)
ON CONFLICT (job) DO UPDATE SET
    accepts_results = excluded.accepts_results,
    updated_at = excluded.updated_at,
    -- who sends more of a failed job wants it to go on
    progressed_at = CASE WHEN state = 'failed' THEN excluded.progressed_at ELSE progressed_at END,
    failure = CASE WHEN state = 'failed' THEN NULL ELSE failure END,
    state = CASE WHEN state = 'failed' THEN 'open' ELSE state END;

-- A file that is there and not yet reported stays as it is. One that was reported is reported again; for a sender that
-- never resends it is a new wish. What comes when its job is cancelled already ends at once.
WITH list AS MATERIALIZED (SELECT value AS one FROM json_each($5))
INSERT INTO tasks (job, file_key, file_id, drive_id, sha256, file, request_id, state, due, outcome)
SELECT $1, one ->> 'key', one ->> 'file_id', one ->> 'drive_id', one ->> 'sha256', one -> 'file', $4,
    CASE WHEN is_cancelled THEN 2 ELSE 0 END, $3,
    CASE WHEN is_cancelled THEN json_object('file_id', one ->> 'file_id', 'outcome', 'cancelled', 'bytes', 0) END
FROM (SELECT state = 'cancelled' AS is_cancelled FROM jobs WHERE job = $1) CROSS JOIN list
WHERE TRUE
ON CONFLICT (job, file_key) DO UPDATE SET
    due = excluded.due,
    state = CASE WHEN $2 OR excluded.outcome IS NOT NULL THEN 2 ELSE 0 END,
    file = CASE WHEN $2 THEN file ELSE excluded.file END,
    outcome = CASE WHEN $2 THEN outcome ELSE excluded.outcome END,
    needs_drive = 1
WHERE state = 3;

-- what only comes again is no progress
UPDATE jobs SET progressed_at = $3 WHERE job = $1 AND changes() > 0;

COMMIT;
