//! Sockets that wait for connections, and what is set on those that come.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Connections that may wait to be accepted; systems allow fewer unless told otherwise (Linux: `net.core.somaxconn`).
/// Those beyond it are not refused: their clients try again after a second.
const BACKLOG: u32 = 4096;
/// Bytes that may wait in the system before they are sent. What the client has not taken stands in our hands, so that a
/// slow client that takes something is told from one that takes nothing: by default megabytes would have to go first.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 128 * 1024;

/// Listens on `address`, with room for many that come at once.
///
/// # Errors
/// When the address is taken, or may not be used.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // a service that is started again finds its port free; elsewhere this would let two have it
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Sets what holds for every connection. Where something cannot be set it is only slower.
pub(super) fn settle(socket: &TcpStream) {
    // small answers must not wait for an acknowledgement of the previous packet
    let _ = socket.set_nodelay(true);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket2::SockRef::from(socket).set_tcp_notsent_lowat(UNSENT);
}
