//! The metadata service as a process.

use std::process::ExitCode;

use service::start::Binary;

fn main() -> ExitCode {
    let binary = Binary { name: metadata::NAME, default_port: 5002 };
    service::start::main(binary, metadata::Config::from_env, metadata::run)
}
