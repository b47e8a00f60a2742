//! The gateway as a process.

use std::process::ExitCode;

use service::start::Binary;

fn main() -> ExitCode {
    let binary = Binary { name: "api-gateway", default_port: 5000 };
    service::start::main(binary, gateway::Config::from_env, gateway::run)
}
