//! Bad days of Drive, of the bucket, of the database and of Redis, in the middle of an import: the result is exact, and
//! only the time it takes grows.

mod bucket;
mod drive_answers;
mod servers;
