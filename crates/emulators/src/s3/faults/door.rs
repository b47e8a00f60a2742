//! The way in, which a fault can shut: then connections are refused as by a server that does not run.

use std::{io, net::SocketAddr, time::Duration};

use axum::serve::Listener;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::Instant,
};

/// How long to wait before the address is tried again that somebody else has taken meanwhile.
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// Says until when nobody gets in; clones are one.
#[derive(Debug, Clone)]
pub(in super::super) struct Door {
    shut_until: watch::Sender<Option<Instant>>,
}

impl Default for Door {
    fn default() -> Self {
        Self { shut_until: watch::Sender::new(None) }
    }
}

impl Door {
    /// Lets nobody in for so long.
    pub(super) fn shut_for(&self, time: Duration) {
        let until = Instant::now() + time;
        self.shut_until
            .send_modify(|before| *before = Some(before.map_or(until, |before| before.max(until))));
    }

    /// Lets everybody in.
    pub(super) fn open(&self) {
        self.shut_until.send_replace(None);
    }

    /// True while nobody gets in.
    pub(super) fn is_shut(&self) -> bool {
        self.shut_until.borrow().is_some_and(|until| until > Instant::now())
    }

    async fn shutting(&self) {
        let mut changes = self.shut_until.subscribe();
        while !self.is_shut() {
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    async fn opening(&self) {
        let mut changes = self.shut_until.subscribe();
        loop {
            let until = *changes.borrow_and_update();
            let Some(until) = until.filter(|until| *until > Instant::now()) else { return };
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                _ = changes.changed() => {}
            }
        }
    }
}

/// A listener that is closed while the door is shut, and bound again afterwards.
#[derive(Debug)]
pub(in super::super) struct DoorListener {
    address: SocketAddr,
    socket: Option<TcpListener>,
    door: Door,
}

impl DoorListener {
    pub(in super::super) fn new(socket: TcpListener, door: Door) -> io::Result<Self> {
        Ok(Self { address: socket.local_addr()?, socket: Some(socket), door })
    }
}

impl Listener for DoorListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let Some(socket) = &mut self.socket else {
                self.door.opening().await;
                match TcpListener::bind(self.address).await {
                    Ok(socket) => self.socket = Some(socket),
                    Err(_) => tokio::time::sleep(TRY_AGAIN).await,
                }
                continue;
            };
            tokio::select! {
                biased;
                () = self.door.shutting() => self.socket = None,
                (stream, peer) = Listener::accept(socket) => {
                    // small answers must not wait for an acknowledgement of the previous packet
                    let _ = stream.set_nodelay(true);
                    return (stream, peer);
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
