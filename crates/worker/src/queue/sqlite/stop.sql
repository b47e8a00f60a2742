-- Stops a job. $1: the job; $2: its state; $3: why it failed; $4: now; $5: the outcome of its tasks. Answers how many of
-- them had none.
BEGIN IMMEDIATE;

-- a cancelled job stays cancelled
INSERT INTO jobs (job, state, failure, accepts_results, progressed_at, updated_at)
VALUES ($1, $2, $3, 1, $4, $4)
ON CONFLICT (job) DO UPDATE SET state = $2, failure = $3, updated_at = $4
WHERE state != 'cancelled';

SELECT COUNT(*) AS unfinished FROM tasks WHERE job = $1 AND state < 2;

UPDATE tasks SET state = 2, due = $4, progress = NULL,
    outcome = json_object('file_id', file_id, 'outcome', $5, 'failure', json(COALESCE($3, 'null')))
WHERE job = $1 AND state = 0 AND touched = 0;

-- those with an object end as soon as somebody has released it
UPDATE tasks SET due = $4 WHERE job = $1 AND state = 0;

COMMIT;
