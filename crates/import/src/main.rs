//! The import service as a program.

use std::process::ExitCode;

use service::start::{self, Binary};

fn main() -> ExitCode {
    let binary = Binary { name: import::NAME, default_port: 5001 };
    start::main(binary, import::Config::from_env, import::run)
}
