//! The embedded S3 server as its clients see it: the AWS SDK, plain HTTP, and a process that is killed.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod access;
mod durability;
mod faults;
mod harness;
mod keys;
mod listing;
mod manners;
mod multipart;
mod objects;
mod public;
mod reads;
