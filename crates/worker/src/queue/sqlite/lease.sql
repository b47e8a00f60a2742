-- Leases the chosen tasks. $1: end of the lease; $2: the worker; $3: their numbers.
UPDATE tasks SET touched = MAX(touched, state), state = 1, due = $1, owner = $2, claim = claim + 1
WHERE id IN (SELECT value FROM json_each($3))
RETURNING *;

-- others have their turn first
UPDATE jobs SET turn = (SELECT MAX(turn) + 1 FROM jobs)
WHERE job IN (SELECT job FROM tasks WHERE id IN (SELECT value FROM json_each($3)));

COMMIT;
