//! Where HTTP/1.1 messages begin and end in a stream of bytes, and what their first lines say.

/// Longest head that is understood; a longer one ends the understanding, not the transfer.
const MAX_HEAD: usize = 256 * 1024;

/// What begins or ends at a place in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A request's first line is whole, and all its header lines.
    Request {
        /// As sent.
        method: String,
        /// Path and query as sent.
        target: String,
    },
    /// The head of a final answer is whole.
    Answer,
    /// So many bytes of the body have passed as were asked for with [`Framing::mark`].
    Mark,
    /// The message is over.
    End,
}

/// Which direction is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Requests.
    Asking,
    /// Answers.
    Answering,
}

/// Follows one direction of a connection.
#[derive(Debug)]
pub(super) struct Framing {
    side: Side,
    state: State,
    /// Bytes of the body until [`Event::Mark`].
    mark: Option<u64>,
    /// The answer that comes next has no body, whatever its head says.
    bodiless: bool,
}

#[derive(Debug)]
enum State {
    Head(Vec<u8>),
    Body(u64),
    ChunkSize(Vec<u8>),
    Chunk(u64),
    Trailer(Vec<u8>),
    UntilClose,
    Ended,
}

impl Framing {
    pub(super) fn new(side: Side) -> Self {
        Self { side, state: State::Head(Vec::new()), mark: None, bodiless: false }
    }

    pub(super) fn side(&self) -> Side {
        self.side
    }

    /// True while a head is being read: nothing of it has passed, so it can still be held back whole.
    pub(super) fn is_in_head(&self) -> bool {
        matches!(self.state, State::Head(_))
    }

    /// Asks for a mark after so many bytes of the body.
    pub(super) fn mark(&mut self, bytes: u64) {
        self.mark = Some(bytes);
    }

    /// The answer that comes next is to a HEAD request.
    pub(super) fn expect_no_body(&mut self, bodiless: bool) {
        self.bodiless = bodiless;
    }

    /// Reads up to the next event: how many of `bytes` come before it, and which it is. Without one all are read.
    pub(super) fn read(&mut self, bytes: &[u8]) -> (usize, Option<Event>) {
        let mut at = 0;
        loop {
            if matches!(self.state, State::Ended) {
                self.state = State::Head(Vec::new());
                self.mark = None;
                return (at, Some(Event::End));
            }
            let Some(&byte) = bytes.get(at) else { return (at, None) };
            match &mut self.state {
                State::Head(head) => {
                    head.push(byte);
                    at += 1;
                    if head.ends_with(b"\r\n\r\n") {
                        let head = String::from_utf8_lossy(&std::mem::take(head)).into_owned();
                        if let Some(event) = self.begin(&head) {
                            return (at, Some(event));
                        }
                    } else if head.len() > MAX_HEAD {
                        self.state = State::UntilClose;
                    }
                }
                State::ChunkSize(line) => {
                    line.push(byte);
                    at += 1;
                    if byte == b'\n' {
                        let digits = String::from_utf8_lossy(line);
                        let digits = digits.split(';').next().unwrap_or_default().trim();
                        self.state = match u64::from_str_radix(digits, 16) {
                            Ok(0) => State::Trailer(Vec::new()),
                            Ok(size) => State::Chunk(size.saturating_add(2)),
                            Err(_) => State::UntilClose,
                        };
                    }
                }
                State::Trailer(line) => {
                    at += 1;
                    match byte {
                        b'\n' if line.is_empty() => self.state = State::Ended,
                        b'\n' => line.clear(),
                        b'\r' => {}
                        _ => line.push(byte),
                    }
                }
                State::Body(left) | State::Chunk(left) => {
                    let here = (bytes.len() - at) as u64;
                    let take = here.min(*left).min(self.mark.unwrap_or(u64::MAX));
                    *left -= take;
                    let done = *left == 0;
                    at += usize::try_from(take).unwrap_or(bytes.len());
                    if done {
                        let is_chunk = matches!(self.state, State::Chunk(_));
                        self.state = if is_chunk { State::ChunkSize(Vec::new()) } else { State::Ended };
                    }
                    if self.passed(take) {
                        return (at, Some(Event::Mark));
                    }
                }
                State::UntilClose => {
                    let here = (bytes.len() - at) as u64;
                    let take = here.min(self.mark.unwrap_or(u64::MAX));
                    at += usize::try_from(take).unwrap_or(bytes.len());
                    if self.passed(take) {
                        return (at, Some(Event::Mark));
                    }
                }
                State::Ended => {}
            }
        }
    }

    /// Counts bytes of a body; true when the mark is reached.
    fn passed(&mut self, bytes: u64) -> bool {
        let Some(left) = &mut self.mark else { return false };
        *left -= bytes.min(*left);
        let is_reached = *left == 0;
        if is_reached {
            self.mark = None;
        }
        is_reached
    }

    fn begin(&mut self, head: &str) -> Option<Event> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let headers: Vec<(String, &str)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()))
            .collect();
        let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| *value);
        let is_chunked =
            header("transfer-encoding").is_some_and(|v| v.to_ascii_lowercase().ends_with("chunked"));
        let length = header("content-length").and_then(|value| value.parse().ok());
        match self.side {
            Side::Asking => {
                self.state = body(is_chunked, Some(length.unwrap_or(0)));
                Some(Event::Request { method: first.to_owned(), target: second.to_owned() })
            }
            Side::Answering => {
                let status: u16 = second.parse().unwrap_or(0);
                if (100..200).contains(&status) {
                    self.state = State::Head(Vec::new());
                    return None;
                }
                let has_none = self.bodiless || status == 204 || status == 304;
                self.state = if has_none { State::Ended } else { body(is_chunked, length) };
                Some(Event::Answer)
            }
        }
    }
}

fn body(is_chunked: bool, length: Option<u64>) -> State {
    match length {
        _ if is_chunked => State::ChunkSize(Vec::new()),
        Some(0) => State::Ended,
        Some(length) => State::Body(length),
        None => State::UntilClose,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All events of a stream that arrives in pieces of `length` bytes, each with the number of bytes before it.
    fn events(side: Side, stream: &str, length: usize) -> Vec<(usize, Event)> {
        let mut framing = Framing::new(side);
        let (mut found, mut before) = (Vec::new(), 0);
        for piece in stream.as_bytes().chunks(length) {
            let mut rest = piece;
            loop {
                let (read, event) = framing.read(rest);
                rest = &rest[read..];
                before += read;
                match event {
                    Some(event) => found.push((before, event)),
                    None => break,
                }
            }
        }
        found
    }

    fn request(method: &str, target: &str) -> Event {
        Event::Request { method: method.to_owned(), target: target.to_owned() }
    }

    #[test]
    fn requests_are_told_apart_however_they_arrive() {
        let stream = "POST /a?b HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /c HTTP/1.1\r\n\r\n";
        for size in [1, 7, 1000] {
            let seen = events(Side::Asking, stream, size);
            let expected = [
                (41, request("POST", "/a?b")),
                (46, Event::End),
                (65, request("GET", "/c")),
                (65, Event::End),
            ];
            assert_eq!(seen, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn answers_in_chunks_end_where_they_end() {
        let stream = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                      3\r\nabc\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        for size in [1, 5, 1000] {
            let kinds: Vec<_> =
                events(Side::Answering, stream, size).into_iter().map(|(_, event)| event).collect();
            assert_eq!(kinds, [Event::Answer, Event::End, Event::Answer, Event::End], "in pieces of {size}");
        }
    }

    #[test]
    fn a_mark_lies_inside_the_body() {
        let mut framing = Framing::new(Side::Answering);
        let stream = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
        let (head, event) = framing.read(stream);
        assert_eq!(event, Some(Event::Answer));
        framing.mark(4);
        assert_eq!(framing.read(&stream[head..]), (4, Some(Event::Mark)));
        assert_eq!(framing.read(&stream[head + 4..]), (6, Some(Event::End)));
    }
}
