//! What the end-to-end tests stand on: the five services as processes, the emulators beside them, databases of their
//! own, and the comparison with recorded answers.

pub mod audit;
pub mod bucket;
pub mod database;
pub mod drive;
pub mod golden;
pub mod link;
pub mod network;
pub mod ports;
pub mod process;
pub mod server;
pub mod stack;
pub mod wait;

pub use stack::{Backend, Stack, StackBuilder};
pub use wait::wait_for;

/// True when `TEST_LONG` is set: tests that can be thorough are, and take their time.
pub fn long_run() -> bool {
    service::Env::from_process_without_file().get("TEST_LONG").is_some()
}
