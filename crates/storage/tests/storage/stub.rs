//! An S3 server that stores nothing and shows every byte that reaches it.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A request as far as it has arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Request line and headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// False while bytes are missing.
    pub(crate) is_whole: bool,
    /// The connection is gone.
    pub(crate) is_closed: bool,
}

impl Seen {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn is(&self, method: &str) -> bool {
        self.head.starts_with(&format!("{method} "))
    }
}

type Answer = dyn Fn(&Seen) -> Option<String> + Send + Sync;

/// The server.
pub(crate) struct Stub {
    pub(crate) endpoint: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Stub {
    /// A server that answers each whole request with what `answer` makes (status line, headers and body), or never.
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let (all, answer): (_, Arc<Answer>) = (Arc::clone(&seen), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(converse(socket, Arc::clone(&all), Arc::clone(&answer)));
            }
        });
        Self { endpoint, seen }
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The first `PUT`, as far as it has come.
    pub(crate) fn put(&self) -> Option<Seen> {
        self.seen().into_iter().find(|seen| seen.is("put"))
    }
}

async fn converse(mut socket: TcpStream, all: Arc<Mutex<Vec<Seen>>>, answer: Arc<Answer>) {
    let mut buffer = Vec::with_capacity(64 * 1024);
    loop {
        let Some(head) = read_head(&mut socket, &mut buffer).await else { return };
        let seen = Seen { head, ..Seen::default() };
        let length: usize = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
        let number = {
            let mut all = all.lock().unwrap();
            all.push(seen);
            all.len() - 1
        };
        let seen = loop {
            {
                let seen = &mut all.lock().unwrap()[number];
                let wanted = length - seen.body.len();
                seen.body.extend(buffer.drain(..wanted.min(buffer.len())));
                seen.is_whole = seen.body.len() == length;
                if seen.is_whole {
                    break seen.clone();
                }
            }
            if !matches!(socket.read_buf(&mut buffer).await, Ok(1..)) {
                all.lock().unwrap()[number].is_closed = true;
                return;
            }
        };
        let Some(answer) = answer(&seen) else { continue };
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read_head(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = buffer.drain(..end + 4).collect();
            return Some(String::from_utf8(head).unwrap().to_ascii_lowercase());
        }
        if !matches!(socket.read_buf(buffer).await, Ok(1..)) {
            return None;
        }
    }
}

/// An answer with `status` (number and words) and these header lines, without a body.
pub(crate) fn answer(status: &str, headers: &[&str]) -> String {
    let mut text = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n");
    for header in headers {
        text += header;
        text += "\r\n";
    }
    text + "\r\n"
}

/// An error as S3 tells it.
pub(crate) fn refusal(status: &str, code: &str, message: &str) -> String {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/xml\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
