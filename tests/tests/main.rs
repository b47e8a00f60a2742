//! End-to-end tests: the real services as processes, real databases, the emulators in place of Google and S3.

mod access;
mod behind_nginx;
mod contract_gateway;
mod contract_worker;
mod crash;
mod drive_folders;
mod drive_trouble;
mod faults;
mod gallery;
mod import_flow;
mod in_step;
mod jobs_api;
mod known_and_changed;
mod lifecycle;
mod logs;
mod metrics;
mod partitions;
mod proxy_examples;
mod races;
mod rolling_restart;
mod secrets;
mod traces;
mod upgrade;
mod verify;
mod waiting;
mod web_page;
