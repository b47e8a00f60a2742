//! A service for tests of connections, and raw clients of it.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::Notify,
};

use super::*;

pub(super) const SHORT: Duration = Duration::from_millis(40);
pub(super) const LONG: Duration = Duration::from_secs(3600);
/// No limit at all.
pub(super) const NONE: Limits = Limits {
    header_time: LONG,
    idle_time: LONG,
    taking_time: LONG,
    header_bytes: 16 * 1024,
    connections: 10_000,
    names_peer: false,
};
pub(super) const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n";

/// A service with `limits`. `GET /held` tells when it has come, and answers once it is released.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) shutdown: Shutdown,
    pub(super) came: Arc<Notify>,
    pub(super) release: Arc<Notify>,
}

impl Server {
    pub(super) async fn start(limits: Limits) -> Self {
        Self::start_with(limits, Router::new()).await
    }

    pub(super) async fn start_with(limits: Limits, routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, came, release) = (Shutdown::new(), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (stopping, tells, released) = (shutdown.clone(), Arc::clone(&came), Arc::clone(&release));
        let held = get(move || async move {
            tells.notify_one();
            released.notified().await;
            "held"
        });
        let routes = routes.route("/", get(|| async { "here" })).route("/held", held);
        tokio::spawn(async move { serve_within(limits, listener, routes, &stopping).await });
        Self { address, shutdown, came, release }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A connection from an address of the loopback network, the last part of which is `last`.
    pub(super) async fn connect_from(&self, last: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, last], 0).into()).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    /// Returns once all connections have been looked at: one that says nothing has been closed.
    pub(super) async fn has_looked(&self) {
        assert_eq!(self.connect().await.read(&mut [0; 16]).await.unwrap(), 0);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.stop();
    }
}

/// The head and body of one small answer.
pub(super) async fn answer(client: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut piece = [0; 1024];
    while !text.ends_with(b"here") && !text.ends_with(b"held") {
        let length = client.read(&mut piece).await.unwrap();
        if length == 0 {
            break;
        }
        text.extend_from_slice(&piece[..length]);
    }
    String::from_utf8(text).unwrap()
}

pub(super) async fn ask(client: &mut TcpStream) -> String {
    client.write_all(ASK).await.unwrap();
    answer(client).await
}

/// Everything that is answered to `sent`, until the connection ends; it must end by itself.
pub(super) async fn last_words(client: &mut TcpStream, sent: &[u8]) -> String {
    client.write_all(sent).await.unwrap();
    let mut text = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, client.read_to_end(&mut text)).await;
    let text = String::from_utf8(text).unwrap();
    ended.expect("the connection ends").unwrap_or_else(|error| panic!("{error} after {text}"));
    text
}

/// How long a test waits for what must come.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
