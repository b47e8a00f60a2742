-- The state stands in the indexes by which tasks are counted: however many there are, no row is read for it.
DROP INDEX tasks_open;
CREATE INDEX tasks_open ON tasks (job, due, id, state) WHERE state < 2;
DROP INDEX tasks_to_report;
CREATE INDEX tasks_to_report ON tasks (due, id, state) WHERE state = 2;
