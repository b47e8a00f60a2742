-- What holders of leases write, and whose reports were taken: all that waits, in one transaction. Each writes only where
-- it still holds its lease, and is named in the answer then. $1: now; $2: the worker; $3: end of a report in hand; $4: when
-- what was reported may be forgotten; $5 to $8: tasks that go on, are given back, have ended, are over, each with the
-- number of its lease; $9: tasks whose report was taken; $10: jobs of those that have ended; $11: of those that are over.
-- The lists are materialized because else each use of `value` would write that entry out again.
BEGIN IMMEDIATE;

WITH list AS MATERIALIZED (SELECT value AS one FROM json_each($5))
UPDATE tasks SET touched = one ->> 'touched', needs_drive = one ->> 'needs_drive', progress = one -> 'progress'
FROM list
WHERE tasks.id = one ->> 'id' AND tasks.claim = one ->> 'claim' AND tasks.state = 1 AND tasks.owner = $2
RETURNING id, claim;

WITH list AS MATERIALIZED (SELECT value AS one FROM json_each($6))
UPDATE tasks SET state = 0, touched = one ->> 'touched', needs_drive = one ->> 'needs_drive',
    progress = one -> 'progress', owner = NULL,
    -- a job that was stopped ends at once, unless just that was tried in vain
    due = CASE WHEN one ->> 'is_ending' OR (SELECT state FROM jobs WHERE jobs.job = tasks.job) = 'open'
        THEN one ->> 'due' ELSE $1 END
FROM list
WHERE tasks.id = one ->> 'id' AND tasks.claim = one ->> 'claim' AND tasks.state = 1 AND tasks.owner = $2
RETURNING id, claim;

-- the record of the file is not needed any more
WITH list AS MATERIALIZED (SELECT value AS one FROM json_each($7))
UPDATE tasks SET state = 2, touched = 0, progress = NULL, file = '', outcome = one -> 'outcome',
    due = CASE WHEN one ->> 'in_hand' THEN $3 ELSE $1 END, owner = CASE WHEN one ->> 'in_hand' THEN $2 END
FROM list
WHERE tasks.id = one ->> 'id' AND tasks.claim = one ->> 'claim' AND tasks.state = 1 AND tasks.owner = $2
RETURNING id, claim;

UPDATE jobs SET progressed_at = $1, updated_at = $1 WHERE job IN (SELECT value FROM json_each($10))
RETURNING job, state AS job_state, failure, accepts_results;

DELETE FROM tasks
WHERE state = 1 AND owner = $2
    AND (id, claim) IN (SELECT value ->> 'id', value ->> 'claim' FROM json_each($8))
RETURNING id, claim;

DELETE FROM jobs
WHERE job IN (SELECT value FROM json_each($11))
    AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.job = jobs.job);

UPDATE tasks SET state = 3, due = $4, owner = NULL
WHERE state = 2 AND owner = $2 AND id IN (SELECT value FROM json_each($9));

COMMIT;
