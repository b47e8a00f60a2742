//! One connection: bytes in both directions, held where a trap says so.

use std::{collections::VecDeque, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Mutex, watch},
};

use super::{
    Protocol, Weather,
    http::{Event, Framing, Side},
    trap::{Book, Fate, Go, Point, Sprung},
};

/// Bytes read at once.
const PIECE: usize = 16 * 1024;

/// What both directions of a connection know.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    protocol: Protocol,
    replica: usize,
    weather: watch::Receiver<Weather>,
    book: Book,
    /// Requests that have no answer yet.
    asked: Arc<Mutex<VecDeque<Asked>>>,
}

#[derive(Debug)]
struct Asked {
    is_head: bool,
    fate: Fate,
}

/// The connection is to be closed.
struct Closed;

impl From<std::io::Error> for Closed {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

impl Wire {
    pub(super) fn new(
        protocol: Protocol,
        replica: usize,
        weather: watch::Receiver<Weather>,
        book: Book,
    ) -> Self {
        Self { protocol, replica, weather, book, asked: Arc::default() }
    }

    /// Carries bytes until one side breaks off or both have ended.
    pub(super) async fn carry(self, client: TcpStream, server: TcpStream) {
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let (asking, answering) = (self.clone(), self);
        // when answers end there is nobody left to ask; when requests end the last answer is still to come
        tokio::select! {
            _ = answering.pump(Side::Answering, from_server, to_client) => {}
            Err(Closed) = asking.pump(Side::Asking, from_client, to_server) => {}
        }
    }

    async fn pump(
        mut self,
        side: Side,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
    ) -> Result<(), Closed> {
        let mut piece = vec![0; PIECE];
        let mut direction = Direction { framing: Framing::new(side), held: Vec::new(), current: None };
        loop {
            let read = from.read(&mut piece).await?;
            self.clear_up().await?;
            if read == 0 {
                to.write_all(&direction.held).await?;
                to.shutdown().await?;
                return Ok(());
            }
            match self.protocol {
                Protocol::Raw => to.write_all(&piece[..read]).await?,
                Protocol::Http => self.pass(&mut direction, &piece[..read], &mut to).await?,
            }
        }
    }

    /// Waits for the end of silence.
    async fn clear_up(&mut self) -> Result<(), Closed> {
        self.weather.wait_for(|weather| *weather != Weather::Silent).await.map(drop).map_err(|_| Closed)
    }

    async fn pass(
        &mut self,
        direction: &mut Direction,
        bytes: &[u8],
        to: &mut OwnedWriteHalf,
    ) -> Result<(), Closed> {
        let mut rest = bytes;
        loop {
            if direction.framing.side() == Side::Answering && direction.framing.is_in_head() {
                let is_head = self.asked.lock().await.front().is_some_and(|asked| asked.is_head);
                direction.framing.expect_no_body(is_head);
            }
            let (read, event) = direction.framing.read(rest);
            direction.held.extend_from_slice(&rest[..read]);
            rest = &rest[read..];
            match event {
                Some(event) => self.happens(direction, event, to).await?,
                None if direction.framing.is_in_head() => return Ok(()),
                None => return direction.flush(to).await,
            }
        }
    }

    /// Decides what becomes of the bytes that are held, and passes them on.
    async fn happens(
        &mut self,
        direction: &mut Direction,
        event: Event,
        to: &mut OwnedWriteHalf,
    ) -> Result<(), Closed> {
        match event {
            Event::Request { method, target } => {
                let mut fate = self.book.fate(&method, &target);
                let trap = fate.trap.take_if(|trap| trap.point == Point::Asked);
                self.asked.lock().await.push_back(Asked { is_head: method == "HEAD", fate });
                self.hold(trap).await?;
                direction.flush(to).await
            }
            Event::Answer => {
                let fate = self.asked.lock().await.pop_front().map(|asked| asked.fate).unwrap_or_default();
                if fate.is_answer_lost {
                    return Err(Closed);
                }
                match fate.trap {
                    Some(trap) if trap.point == Point::Answered => self.hold(Some(trap)).await?,
                    trap => direction.current = trap,
                }
                if let Some(Sprung { point: Point::Middle(bytes), .. }) = direction.current {
                    direction.framing.mark(bytes);
                }
                direction.flush(to).await
            }
            Event::Mark => {
                direction.flush(to).await?;
                self.hold(direction.current.take()).await
            }
            Event::End => {
                direction.flush(to).await?;
                self.hold(direction.current.take()).await
            }
        }
    }

    async fn hold(&mut self, trap: Option<Sprung>) -> Result<(), Closed> {
        let Some(trap) = trap else { return Ok(()) };
        match trap.hold(self.replica).await {
            Go::On => self.clear_up().await,
            Go::Cut => Err(Closed),
        }
    }
}

/// One direction of the connection.
struct Direction {
    framing: Framing,
    /// Read and not yet passed on.
    held: Vec<u8>,
    /// The trap of the answer that is passing.
    current: Option<Sprung>,
}

impl Direction {
    async fn flush(&mut self, to: &mut OwnedWriteHalf) -> Result<(), Closed> {
        to.write_all(&self.held).await?;
        self.held.clear();
        Ok(())
    }
}
