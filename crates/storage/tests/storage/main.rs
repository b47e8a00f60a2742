//! The storage service as its clients see it, against the embedded S3 server and against a stub that shows every byte.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod acls;
mod content;
mod content_trouble;
mod contract;
mod deletes;
mod faults;
mod harness;
mod hostile_s3;
mod integrity;
mod limits;
mod names;
mod objects;
mod stub;
mod thumbnail_deletes;
mod thumbnail_memory;
mod thumbnail_processes;
mod thumbnails;
mod uploads;
mod wire;
