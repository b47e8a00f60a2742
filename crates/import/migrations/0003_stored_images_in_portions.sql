-- The newest entries of a job's list of stored images, in portions as they came: one row for many images.
CREATE TABLE stored_images (
    job_no  INTEGER NOT NULL REFERENCES jobs (job_no) ON DELETE CASCADE,
    -- number of the last entry of the portion, from 1
    last    INTEGER NOT NULL,
    -- a JSON array
    entries TEXT    NOT NULL
);
INSERT INTO stored_images (job_no, last, entries)
SELECT job_no, number + 1, '[' || entry || ']' FROM imported ORDER BY job_no, number;
DROP TABLE imported;
CREATE UNIQUE INDEX stored_images_last ON stored_images (job_no, last);
