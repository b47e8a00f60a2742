//! What the end-to-end tests stand on: the five services as processes, the emulators beside them, databases of their
//! own, and the comparison with recorded answers.
//!
//! | variable | what it does |
//! |---|---|
//! | `TEST_MYSQL_URL`, `TEST_REDIS_URL` | servers that tests share; `tests/run` starts them |
//! | `TEST_BIN_DIR` | where the services' binaries are, if not where cargo puts them beside the tests: release binaries, for example |
//! | `TEST_LONG` | tests that can be thorough are, and take their time: every link is cut for ten seconds, leases run out; `tests/run` then runs those named `long_…` too |
//! | `CRASH_KILLS`, `CRASH_SEED` | how many kills, over both back ends together, and in which order (see `tests/crash.rs`) |
//! | `TEST_KEEP` | logs and data stay in the folder for temporary files |
//!
//! ```sh
//! # the crash matrix and the faults as published, on release binaries
//! cargo build --release --workspace --bins
//! export TEST_BIN_DIR=$PWD/target/release
//! CRASH_KILLS=250 cargo nextest run -p tests --no-capture -E 'test(kills_at_every_step)'
//! TEST_LONG=1 cargo nextest run -p tests --ignore-default-filter --no-capture -E 'test(/^(crash::(endings|chaos)|faults|partitions|races|rolling_restart)/)'
//! ```

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
