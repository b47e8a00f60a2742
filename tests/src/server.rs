//! Servers of others that one test has for itself, so that it can stop and kill them: Caddy, MariaDB, nginx, Redis, and
//! one for names.

mod caddy;
mod mariadb;
mod names;
mod nginx;
mod redis;

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

pub use caddy::Caddy;
pub use mariadb::MariaDb;
pub use names::Names;
pub use nginx::Nginx;
pub use redis::RedisServer;
use tokio::net::TcpStream;

use crate::{
    process::{ended_within, resident_bytes},
    wait_for,
};

/// How long a server may take to start or to stop.
const LIMIT: Duration = Duration::from_secs(60);

/// A server process on a loopback port, and how it is started.
#[derive(Debug)]
struct Server {
    program: &'static str,
    arguments: Vec<String>,
    dir: PathBuf,
    address: SocketAddr,
    child: Option<Child>,
}

impl Server {
    fn new(program: &'static str, arguments: Vec<String>, dir: &Path, port: u16) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self { program, arguments, dir: dir.to_owned(), address, child: None }
    }

    /// Starts it, and waits until it takes connections.
    async fn start(&mut self) {
        let log = self.dir.join(format!("{}.log", self.program));
        let log = File::options().create(true).append(true).open(log).expect("open a log file");
        let errors = log.try_clone().expect("a file can be written twice");
        let mut command = Command::new(self.program);
        command.args(&self.arguments).current_dir(&self.dir);
        // Debian's server programs lie where only root looks
        command.env("PATH", path_with_sbin());
        let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn();
        self.child = Some(child.unwrap_or_else(|error| panic!("start {}: {error}", self.program)));
        let address = self.address;
        wait_for(self.program, LIMIT, || TcpStream::connect(address), Result::is_ok).await.expect("it is up");
    }

    fn resident_bytes(&self) -> Option<u64> {
        resident_bytes(self.child.as_ref()?)
    }

    /// `kill -9`, and nothing else.
    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to stop, and waits until it has.
    async fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
        assert!(asked.is_ok_and(|status| status.success()), "send SIGTERM to {}", self.program);
        let ended = ended_within(&mut child, LIMIT).await;
        let _ = child.kill();
        let _ = child.wait();
        assert!(ended.is_some(), "{} does not stop within {LIMIT:?}", self.program);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn path_with_sbin() -> String {
    let path = service::Env::from_process_without_file().get("PATH").unwrap_or_default().to_owned();
    format!("{path}:/usr/sbin")
}
