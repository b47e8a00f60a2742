//! Ports for processes that tests stop and start again.

use std::net::TcpListener;

use rand::Rng;

/// A port that was free a moment ago, and below the range that systems give to outgoing connections: it must still be
/// free when a process that was killed starts again.
///
/// # Panics
/// When no port is free.
pub fn free_port() -> u16 {
    let mut rng = rand::rng();
    (0..1000)
        .map(|_| rng.random_range(18_000..32_000))
        .find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok())
        .expect("a port is free")
}
