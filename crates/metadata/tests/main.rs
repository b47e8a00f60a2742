//! The metadata service, asked as its clients ask it, on SQLite and (names with `mysql_`) on MariaDB.

#![expect(clippy::unwrap_used, reason = "a test that finds something else than it expects ends there")]

mod checks;
mod contract;
mod far_pages;
mod gallery;
mod harness;
mod listing;
mod many;
mod opening;
mod past_triggers;
mod releases;
mod rows;
mod searching;
mod takeover;
mod together;
mod tracking;
mod verifying;
mod without_triggers;
