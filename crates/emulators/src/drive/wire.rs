//! TCP connections that can be cut on purpose: closed or reset in the middle of an answer, or instead of one.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const RESET: u8 = 2;

/// Accepts connections that know how to end badly.
#[derive(Debug)]
pub(crate) struct WireListener(pub(crate) TcpListener);

/// One such connection.
#[derive(Debug)]
pub(crate) struct WireStream {
    tcp: TcpStream,
    state: Arc<AtomicU8>,
}

/// The other end of the rope: lets a handler end the connection that its request came over.
#[derive(Debug, Clone)]
pub(crate) struct WireHandle {
    state: Arc<AtomicU8>,
}

impl WireHandle {
    /// Nothing more is sent; the caller sees the end of the connection.
    pub(crate) fn close(&self) {
        self.state.store(CLOSED, Ordering::Release);
    }

    /// The same by a TCP reset.
    pub(crate) fn reset(&self) {
        self.state.store(RESET, Ordering::Release);
    }
}

impl WireStream {
    /// The error that makes the HTTP server drop the connection, once the rope is pulled.
    fn broken(&self) -> Option<io::Error> {
        let open = self.state.load(Ordering::Acquire) == OPEN;
        (!open).then(|| io::Error::new(ErrorKind::ConnectionReset, "cut on purpose"))
    }
}

impl Drop for WireStream {
    fn drop(&mut self) {
        if self.state.load(Ordering::Acquire) == RESET {
            // With no time to linger, dropping the socket sends a reset; if that cannot be set, it closes.
            let _ = self.tcp.set_zero_linger();
        }
    }
}

impl Listener for WireListener {
    type Io = WireStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (WireStream, SocketAddr) {
        let (tcp, address) = Listener::accept(&mut self.0).await;
        // Small answers must not wait for the caller's acknowledgement; without it they are only slower.
        let _ = tcp.set_nodelay(true);
        (WireStream { tcp, state: Arc::new(AtomicU8::new(OPEN)) }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, WireListener>> for WireHandle {
    fn connect_info(stream: IncomingStream<'_, WireListener>) -> Self {
        Self { state: Arc::clone(&stream.io().state) }
    }
}

impl AsyncRead for WireStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for WireStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.tcp).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.tcp).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // An orderly end would come before the reset.
        match self.broken() {
            Some(_) => Poll::Ready(Ok(())),
            None => Pin::new(&mut self.tcp).poll_shutdown(cx),
        }
    }
}
