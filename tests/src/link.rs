//! A wire between two parts of the system that a test can hold in its hand: cut it, silence it, lose an answer on it, or
//! stop the world the moment that a certain request or answer passes.
//!
//! Bytes pass unchanged, so that signatures, lengths and broken transfers stay what they are. Where HTTP is spoken,
//! messages are followed far enough to know which request and which answer is passing.

mod http;
mod pump;
mod trap;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use pump::Wire;
pub(crate) use trap::Book;
pub use trap::{Caught, Pattern, Point, Trap};

/// What kind of bytes pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1: requests can be caught.
    Http,
    /// Anything else.
    Raw,
}

/// Whether anything passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything does.
    Clear,
    /// Nothing does, and nobody is told: connections stay, new ones are made, no byte arrives. What was on its way
    /// goes on when it clears up.
    Silent,
    /// Connections are broken, and new ones refused.
    Refused,
}

/// A forwarder on a port of its own.
#[derive(Debug)]
pub struct Link {
    /// Where it listens.
    pub address: SocketAddr,
    weather: watch::Sender<Weather>,
    book: Book,
    acceptor: tokio::task::JoinHandle<()>,
}

impl Link {
    /// Forwards to `upstreams`, in turn for each new connection; those that refuse are skipped, as a load balancer does.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(protocol: Protocol, upstreams: Vec<SocketAddr>) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], crate::ports::free_port()));
        let listener = TcpListener::bind(address).await.expect("bind a port");
        let (weather, seen) = watch::channel(Weather::Clear);
        let book = Book::default();
        let wires = Wires { protocol, upstreams, next: Arc::default(), weather: seen, book: book.clone() };
        let acceptor = tokio::spawn(wires.serve(address, listener));
        Self { address, weather, book, acceptor }
    }

    /// Its address as a URL with `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Changes what passes, at once and until changed again.
    pub fn set_weather(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// The link has this `weather` for this `time`, and is clear afterwards.
    pub async fn storm(&self, weather: Weather, time: Duration) {
        self.set_weather(weather);
        tokio::time::sleep(time).await;
        self.set_weather(Weather::Clear);
    }

    /// Catches the next request that fits `pattern`, at `point`. Its connection stands still until what was caught is
    /// let go.
    pub fn catch(&self, pattern: Pattern, point: Point) -> Trap {
        Trap::set(vec![(0, self.book.clone())], pattern, point)
    }

    /// What shall happen to its requests.
    pub(crate) fn book(&self) -> Book {
        self.book.clone()
    }

    /// Loses the answers to the next `count` requests that fit: they are delivered and carried out, but whoever asked
    /// sees the connection close.
    pub fn lose_answers(&self, pattern: Pattern, count: u64) {
        self.book.lose_answers(pattern, count);
    }

    /// How many answers were lost by [`Link::lose_answers`].
    pub fn lost_answers(&self) -> u64 {
        self.book.lost_answers()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

#[derive(Clone)]
struct Wires {
    protocol: Protocol,
    upstreams: Vec<SocketAddr>,
    next: Arc<AtomicUsize>,
    weather: watch::Receiver<Weather>,
    book: Book,
}

impl Wires {
    async fn serve(mut self, address: SocketAddr, listener: TcpListener) {
        let mut wires = JoinSet::new();
        let mut listener = Some(listener);
        loop {
            let weather = *self.weather.borrow_and_update();
            if weather == Weather::Refused {
                listener = None;
            } else if listener.is_none() {
                listener = Some(bind_again(address).await);
            }
            while wires.try_join_next().is_some() {}
            let accepted = async {
                match &listener {
                    Some(listener) if weather == Weather::Clear => listener.accept().await,
                    _ => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = self.weather.changed() => if changed.is_err() { return },
                accepted = accepted => if let Ok((client, _)) = accepted {
                    wires.spawn(self.clone().carry(client));
                },
            }
        }
    }

    async fn carry(mut self, client: TcpStream) {
        let Ok((replica, server)) = self.connect().await else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let mut weather = self.weather.clone();
        let wire = Wire::new(self.protocol, replica, self.weather.clone(), self.book.clone());
        tokio::select! {
            () = wire.carry(client, server) => {}
            _ = weather.wait_for(|weather| *weather == Weather::Refused) => {}
        }
    }

    /// A connection to the next replica that takes one.
    async fn connect(&mut self) -> io::Result<(usize, TcpStream)> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut last = io::Error::other("there is no upstream");
        for offset in 0..self.upstreams.len() {
            let replica = (first + offset) % self.upstreams.len();
            match TcpStream::connect(self.upstreams[replica]).await {
                Ok(server) => return Ok((replica, server)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// Connections that have just been broken may hold the port for a moment.
async fn bind_again(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

#[cfg(test)]
mod tests;
