//! Server-Sent Events as text: what a browser's `EventSource` reads. Pure.

use std::fmt::Write;

/// After how long a browser connects again, in milliseconds.
const RETRY_MS: u32 = 2_000;
/// The id of the last event: who comes back with it has seen everything.
pub(crate) const END_ID: &str = "end";
/// Said when there is nothing to say, so that nobody in between takes the silence for an end.
pub(crate) const HEARTBEAT: &str = ": still here\n\n";

/// Begins a stream.
pub(crate) fn opening() -> String {
    format!("retry: {RETRY_MS}\n\n")
}

/// How far a client that comes back has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Everything up to this stored image; 0 for none.
    Image(u64),
    /// The end.
    End,
}

impl Seen {
    /// Reads a last event id. What we never sent counts as nothing seen.
    pub(crate) fn parse(id: &str) -> Self {
        match id.trim() {
            END_ID => Self::End,
            number => Self::Image(number.parse().unwrap_or(0)),
        }
    }
}

/// One event. `data` is JSON in one line.
pub(crate) fn event(name: &str, id: Option<&str>, data: &str) -> String {
    let mut text = format!("event: {name}\n");
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    // JSON escapes line breaks; this holds whatever it is given
    for line in data.split(['\n', '\r']) {
        let _ = writeln!(text, "data: {line}");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_lines_and_an_empty_line() {
        assert_eq!(event("image", Some("7"), "{\"a\":1}"), "event: image\nid: 7\ndata: {\"a\":1}\n\n");
        assert_eq!(event("progress", None, "{}"), "event: progress\ndata: {}\n\n");
        assert_eq!(event("x", None, "a\nevent: y"), "event: x\ndata: a\ndata: event: y\n\n");
    }

    #[test]
    fn a_last_event_id_says_how_far_somebody_has_read() {
        for (id, seen) in [
            ("7", Seen::Image(7)),
            (" 7 ", Seen::Image(7)),
            ("end", Seen::End),
            ("", Seen::Image(0)),
            ("-1", Seen::Image(0)),
            ("x", Seen::Image(0)),
            ("99999999999999999999999", Seen::Image(0)),
        ] {
            assert_eq!(Seen::parse(id), seen, "{id}");
        }
    }
}
