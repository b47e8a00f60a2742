//! The Caddy of the deployment guide, where it is installed.

use std::{net::SocketAddr, path::Path};

use super::{Server, path_with_sbin};

/// The file of the deployment guide.
const OF_THE_GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/gateway/deploy/Caddyfile");

/// The server.
#[derive(Debug)]
pub struct Caddy {
    server: Server,
}

impl Caddy {
    /// Starts it without a certificate, before `upstream`; none where it is not installed.
    ///
    /// # Panics
    /// When it does not take its file.
    pub async fn of_the_guide(dir: &Path, upstream: SocketAddr) -> Option<Self> {
        let is_there = std::env::split_paths(&path_with_sbin()).any(|place| place.join("caddy").is_file());
        if !is_there {
            return None;
        }
        let port = crate::ports::free_port();
        let example = std::fs::read_to_string(OF_THE_GUIDE).expect("read the file of the guide");
        let filled = [
            // the first block is that of the options: nothing but this port
            ("{\n", "{\n\tadmin off\n".to_owned()),
            ("images.example.com {", format!("http://127.0.0.1:{port} {{\n\tbind 127.0.0.1")),
            ("127.0.0.1:3000", upstream.to_string()),
        ]
        .into_iter()
        .fold(example, |text, (name, value)| {
            assert!(text.contains(name), "{name} is in the file");
            text.replacen(name, &value, 1)
        });
        let file = dir.join("Caddyfile");
        std::fs::write(&file, filled).expect("write the file");
        // what it keeps, it keeps here
        let [data, settings] =
            ["XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| format!("{name}={}", dir.display()));
        let file = file.display().to_string();
        let arguments = [&data, &settings, "caddy", "run", "--adapter", "caddyfile", "--config", &file];
        let mut server = Server::new("env", arguments.map(str::to_owned).to_vec(), dir, port);
        server.start().await;
        Some(Self { server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }
}
