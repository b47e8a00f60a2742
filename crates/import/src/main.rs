//! The import service as a program.

use std::process::ExitCode;

use service::start::{self, Binary};

fn main() -> ExitCode {
    let binary = Binary { name: import::NAME, default_port: 5001 };
    // One thread: what is dear, the store does on threads of its own, and threads that wake each other for every report
    // cost more than the reports.
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    start::main_on(&mut runtime, binary, import::Config::from_env, import::run)
}
