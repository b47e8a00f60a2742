-- Jobs with unfinished tasks, whose turn it is first, each with those of its tasks that may run now: ready, or with a
-- lease that has ended. Not while the same file is in work, nor while the same bytes are for the first time. $1: now;
-- $2: whether Drive lets anybody in; $3: how many of each job at most. Begins the transaction that `lease.sql` ends.
BEGIN IMMEDIATE;

WITH RECURSIVE open (job) AS (
    -- from job to job over the index, however many tasks they have
    SELECT MIN(job) FROM tasks WHERE state < 2
    UNION ALL
    SELECT (SELECT MIN(job) FROM tasks WHERE state < 2 AND job > open.job) FROM open WHERE open.job IS NOT NULL
)
SELECT jobs.job, jobs.state AS job_state, jobs.failure, (
    SELECT json_group_array(json_array(id, drive_id, sha256, has_twin)) FROM (
        SELECT id, drive_id, sha256,
            EXISTS (SELECT 1 FROM tasks AS o
                WHERE o.sha256 = t.sha256 AND o.state >= 2 AND o.drive_id != t.drive_id) AS has_twin
        FROM tasks AS t
        WHERE t.job = jobs.job AND t.state < 2 AND t.due <= $1
            AND ($2 OR t.needs_drive = 0 OR jobs.state != 'open')
            AND NOT EXISTS (SELECT 1 FROM tasks AS o
                WHERE o.drive_id = t.drive_id AND o.state = 1 AND o.due > $1 AND o.id != t.id)
            AND (t.sha256 IS NULL
                OR EXISTS (SELECT 1 FROM tasks AS o WHERE o.sha256 = t.sha256 AND o.state >= 2)
                OR NOT EXISTS (SELECT 1 FROM tasks AS o
                    WHERE o.sha256 = t.sha256 AND o.state = 1 AND o.due > $1 AND o.id != t.id))
        -- a sum, because SQLite would compile this again whenever a bare limit changes
        ORDER BY t.due, t.id LIMIT 0 + $3
    )) AS ready
FROM open JOIN jobs ON jobs.job = open.job
ORDER BY jobs.turn;
