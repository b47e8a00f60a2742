-- What holders of leases write, and whose reports were taken: all that waits, in one transaction. Each writes only where
-- it still holds its lease, and is named in the answer then. $1: now; $2: the worker; $3: end of a report in hand; $4: when
-- what was reported may be forgotten; $5 to $8: tasks that go on, are given back, have ended, are over, each with the
-- number of its lease; $9: tasks whose report was taken.
BEGIN IMMEDIATE;

UPDATE tasks SET touched = holds.touched, needs_drive = holds.needs_drive, progress = holds.progress
FROM (SELECT value ->> 'id' AS id, value ->> 'claim' AS claim, value ->> 'touched' AS touched,
        value ->> 'needs_drive' AS needs_drive, value -> 'progress' AS progress
    FROM json_each($5)) AS holds
WHERE tasks.id = holds.id AND tasks.claim = holds.claim AND tasks.state = 1 AND tasks.owner = $2
RETURNING id, claim;

UPDATE tasks SET state = 0, touched = holds.touched, needs_drive = holds.needs_drive, progress = holds.progress,
    owner = NULL,
    -- a job that was stopped ends at once, unless just that was tried in vain
    due = CASE WHEN holds.is_ending OR (SELECT state FROM jobs WHERE jobs.job = tasks.job) = 'open'
        THEN holds.due ELSE $1 END
FROM (SELECT value ->> 'id' AS id, value ->> 'claim' AS claim, value ->> 'touched' AS touched,
        value ->> 'needs_drive' AS needs_drive, value -> 'progress' AS progress, value ->> 'due' AS due,
        value ->> 'is_ending' AS is_ending
    FROM json_each($6)) AS holds
WHERE tasks.id = holds.id AND tasks.claim = holds.claim AND tasks.state = 1 AND tasks.owner = $2
RETURNING id, claim;

-- the record of the file is not needed any more
UPDATE tasks SET state = 2, touched = 0, progress = NULL, file = '', outcome = holds.outcome,
    due = CASE WHEN holds.in_hand THEN $3 ELSE $1 END, owner = CASE WHEN holds.in_hand THEN $2 END
FROM (SELECT value ->> 'id' AS id, value ->> 'claim' AS claim, value ->> 'in_hand' AS in_hand,
        value -> 'outcome' AS outcome
    FROM json_each($7)) AS holds
WHERE tasks.id = holds.id AND tasks.claim = holds.claim AND tasks.state = 1 AND tasks.owner = $2
RETURNING id, claim;

UPDATE jobs SET progressed_at = $1, updated_at = $1 WHERE job IN (SELECT value ->> 'job' FROM json_each($7))
RETURNING job, state AS job_state, failure, accepts_results;

DELETE FROM tasks
WHERE state = 1 AND owner = $2
    AND (id, claim) IN (SELECT value ->> 'id', value ->> 'claim' FROM json_each($8))
RETURNING id, claim;

DELETE FROM jobs
WHERE job IN (SELECT value ->> 'job' FROM json_each($8))
    AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.job = jobs.job);

UPDATE tasks SET state = 3, due = $4, owner = NULL
WHERE state = 2 AND owner = $2 AND id IN (SELECT value FROM json_each($9));

COMMIT;
