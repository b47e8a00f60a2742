//! How much of a service one client, or all of them, may hold by being slow or many. The defaults are for services that
//! only our own call: no honest client notices them.

use std::time::Duration;

/// What connections are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From a connection's beginning, or the first byte of a further request, to the end of the request's head: a
    /// connection that takes longer is closed.
    pub header_time: Duration,
    /// How long a connection may wait for its next request. Longer than our own clients keep connections
    /// (30 s, `client::hop`), so that none is closed just as it is used.
    pub idle_time: Duration,
    /// How long a client may take nothing of an answer that waits for it. On Linux it counts as taken in steps of about
    /// 64 KiB, elsewhere in larger ones: who takes less than that in this time takes nothing.
    pub taking_time: Duration,
    /// Longest head of a request, in bytes; what is longer is answered 431.
    pub header_bytes: usize,
    /// Open connections. One more ends an idle one, that of the address with the most connections that has been idle for
    /// longest; where none is idle, a slow client's of an address that has more, or else a stream of events. While there
    /// is none of these it is answered 503.
    /// Never more than three quarters of the files that the process may open.
    pub connections: usize,
    /// Requests carry their [`super::Peer`].
    pub names_peer: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            // the gateway, whose own client is slow, takes no faster than that one: longer than it waits for any
            taking_time: Duration::from_secs(4000),
            header_bytes: 16 * 1024,
            connections: 10_000,
            names_peer: false,
        }
    }
}
