//! What crosses the wire, and how to call it: the wire types of the five services, a typed client
//! of each, a client of Google Drive, and the rules they share (errors, retries, one HTTP client).
//!
//! This crate knows no web framework, no database and no object store.

pub mod drive;
pub mod error;
pub mod hop;
pub mod http;
pub mod ids;
pub mod import;
pub mod internal_token;
pub mod job_id;
pub mod metadata;
pub mod request_id;
pub mod retry;
pub mod secret;
pub mod signature;
pub mod storage;
pub mod trace;
pub mod worker;

mod call;

pub use call::Calls;
pub use error::{Error, ErrorBody};
pub use internal_token::InternalToken;
pub use secret::Secret;
