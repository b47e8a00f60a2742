//! The metadata service, asked as its clients ask it, on SQLite and (names with `mysql_`) on MariaDB.

mod contract;
mod harness;
mod listing;
mod opening;
mod releases;
mod rows;
mod takeover;
