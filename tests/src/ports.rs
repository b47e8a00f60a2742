//! Ports for processes that tests stop and start again.

use std::net::TcpListener;

use rand::Rng;

/// A port that was free a moment ago, and below the range that systems give to outgoing connections: it must still be
/// free when a process that was killed starts again.
///
/// # Panics
/// When no port is free.
pub fn free_port() -> u16 {
    free_ports(1)
}

/// The first of so many such ports in a row.
///
/// # Panics
/// When there are none.
pub fn free_ports(count: u16) -> u16 {
    let mut rng = rand::rng();
    (0..1000)
        .map(|_| rng.random_range(18_000..32_000))
        .find(|&first| (first..first + count).all(is_free))
        .expect("ports are free")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
