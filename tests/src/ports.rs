//! Ports for processes that tests stop and start again.

use std::{
    net::{TcpListener, UdpSocket},
    sync::Mutex,
};

use rand::Rng;

/// What says to the tests of all processes that a port is taken, even while nobody listens there: the UDP port of the
/// same number, held until this process ends.
static CLAIMS: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());

/// A port that no other test takes, below the range that systems give to outgoing connections: it must still be free
/// when a process that was killed starts again.
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
        .find(|&first| claim(first, count))
        .expect("ports are free")
}

/// Takes all of them, or none.
fn claim(first: u16, count: u16) -> bool {
    let claims: Option<Vec<_>> = (first..first + count).map(claim_one).collect();
    let is_taken = claims.is_some();
    CLAIMS.lock().expect("nobody panics with it").extend(claims.into_iter().flatten());
    is_taken
}

fn claim_one(port: u16) -> Option<UdpSocket> {
    let claim = UdpSocket::bind(("127.0.0.1", port)).ok()?;
    TcpListener::bind(("127.0.0.1", port)).ok().map(|_| claim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice() {
        let first = free_ports(3);
        assert!(!claim(first + 2, 1) && !claim(first.saturating_sub(1), 2));
        assert!(claim_one(first + 1).is_none());
    }
}
