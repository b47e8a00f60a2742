//! The storage service as a process.

use std::process::ExitCode;

use service::start::Binary;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(storage::THUMBNAILER) {
        return storage::thumbnailer();
    }
    let binary = Binary { name: "storage-service", default_port: 5003 };
    service::start::main(binary, storage::Config::from_env, storage::run)
}
