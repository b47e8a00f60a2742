//! A Redis of one test, as durable as the services ask for.

use std::{net::SocketAddr, path::Path};

use super::Server;

/// The server.
#[derive(Debug)]
pub struct RedisServer {
    server: Server,
}

impl RedisServer {
    /// Starts one that keeps its data in `dir`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(dir: &Path) -> Self {
        let dir = dir.join("redis");
        std::fs::create_dir_all(&dir).expect("make a folder");
        let port = crate::ports::free_port();
        let arguments = format!(
            "--port {port} --bind 127.0.0.1 --save --appendonly yes --appendfsync always \
             --maxmemory-policy noeviction --daemonize no"
        );
        let mut arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        // `--save ""` switches snapshots off
        let save = arguments.iter().position(|argument| argument == "--save").expect("it is there");
        arguments.insert(save + 1, String::new());
        let mut server = Server::new("redis-server", arguments, &dir, port);
        server.start().await;
        Self { server }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Bytes of memory that it occupies, where the system tells.
    pub fn resident_bytes(&self) -> Option<u64> {
        self.server.resident_bytes()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Stops in order.
    ///
    /// # Panics
    /// When it does not stop.
    pub async fn stop(&mut self) {
        self.server.stop().await;
    }

    /// Starts again with the same data.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_again(&mut self) {
        self.server.start().await;
    }
}
