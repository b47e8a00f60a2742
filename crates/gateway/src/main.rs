//! The gateway as a process.

use std::{process::ExitCode, thread::available_parallelism};

use service::start::Binary;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let binary = Binary { name: "api-gateway", default_port: 5000 };
    service::start::main_on(&mut runtime(), binary, gateway::Config::from_env, gateway::run)
}

/// Half of the processors are enough to pass bytes on; the services behind the gateway need the others. One thread alone
/// never has to wake another: of two processors it gets as much done as two threads, for a fifth less.
fn runtime() -> Builder {
    match available_parallelism().map_or(1, |processors| processors.get().div_ceil(2)) {
        1 => Builder::new_current_thread(),
        threads => {
            let mut runtime = Builder::new_multi_thread();
            runtime.worker_threads(threads);
            runtime
        }
    }
}
