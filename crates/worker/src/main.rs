//! The worker service as a process.

use std::process::ExitCode;

use service::start::Binary;

fn main() -> ExitCode {
    let binary = Binary { name: "worker-service", default_port: 5004 };
    service::start::main(binary, worker::Config::from_env, worker::run)
}
