//! One event is one line, however long or strange what a client sent: names of files, paths and the words of other
//! systems stand in it.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
};

use serde_json::Value;

/// Longest line that is written as it is.
const LONGEST: usize = 16 * 1024;
/// To what each text in a longer line of JSON is cut.
const LONGEST_TEXT: usize = 1024;

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// For people, with colours where they look at a terminal.
    Text {
        /// Whether there are colours.
        coloured: bool,
    },
    /// For programs.
    Json,
}

/// Writes each event, which comes as one piece, as one line.
#[derive(Debug)]
pub(super) struct Lines<W> {
    to: W,
    look: Look,
}

impl<W> Lines<W> {
    pub(super) fn new(to: W, look: Look) -> Self {
        Self { to, look }
    }
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = match self.look {
            Look::Text { coloured } => plain(cut(&text), coloured),
            Look::Json => spelt_out(short(&text)),
        };
        self.to.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The line without its end, and what is too long for it.
fn cut(text: &str) -> Cow<'_, str> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    if line.len() <= LONGEST {
        return line.into();
    }
    let left_out = line.len() - LONGEST;
    format!("{}… ({left_out} bytes more)", &line[..line.floor_char_boundary(LONGEST)]).into()
}

/// The colours and weights in which the program writes.
const OWN: [&str; 9] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[3m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[34m",
    "\u{1b}[35m",
];

/// What would begin another line, or speak to a terminal beyond the program's own colours, is written out.
fn plain(line: Cow<'_, str>, coloured: bool) -> Cow<'_, str> {
    let is_strange = |c: char| (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}');
    if !line.contains(is_strange) {
        return line + "\n";
    }
    let mut plain = String::with_capacity(line.len() + 16);
    for (at, c) in line.char_indices() {
        let is_own = coloured && c == '\u{1b}' && OWN.iter().any(|own| line[at..].starts_with(own));
        if is_strange(c) && !is_own {
            let _ = write!(plain, "{}", c.escape_default());
        } else {
            plain.push(c);
        }
    }
    plain.push('\n');
    plain.into()
}

/// A line of JSON, in which what a terminal might heed is written out: JSON itself asks that only of the oldest ones.
fn spelt_out(line: Cow<'_, str>) -> Cow<'_, str> {
    let is_strange = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{2028}' | '\u{2029}');
    if !line.contains(is_strange) {
        return line;
    }
    let mut plain = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        if is_strange(c) {
            let _ = write!(plain, "\\u{:04x}", u32::from(c));
        } else {
            plain.push(c);
        }
    }
    plain.into()
}

/// A line of JSON, with its texts cut where it is too long.
fn short(line: &str) -> Cow<'_, str> {
    if line.len() <= LONGEST {
        return line.into();
    }
    let Ok(mut event) = serde_json::from_str::<Value>(line) else { return plain(cut(line), false) };
    shorten(&mut event);
    format!("{event}\n").into()
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT => {
            let left_out = text.len() - LONGEST_TEXT;
            text.truncate(text.floor_char_boundary(LONGEST_TEXT));
            let _ = write!(text, "… ({left_out} bytes more)");
        }
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::{fmt, layer::SubscriberExt as _};

    use super::*;

    /// Whoever writes into it can be asked what was written.
    #[derive(Debug, Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const HOSTILE: &str =
        "a\n2026-01-01T00:00:00Z ERROR forged: \u{1b}[2J\u{1b}]0;title\u{7}\r\u{9b}31m\u{2028}b";

    /// What is logged of a file of this name, as `look`.
    fn logged(look: Look, name: &str) -> String {
        let kept = Kept::default();
        let to = kept.clone();
        let lines = fmt::Layer::default().with_writer(move || Lines::new(to.clone(), look));
        let log = || {
            let span = tracing::info_span!("task", file_id = %name);
            span.in_scope(|| tracing::warn!(error = %name, path = name, "{name}"));
        };
        let registry = tracing_subscriber::registry();
        match look {
            Look::Json => tracing::subscriber::with_default(registry.with(lines.json()), log),
            Look::Text { coloured } => {
                tracing::subscriber::with_default(registry.with(lines.with_ansi(coloured)), log);
            }
        }
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn nothing_that_is_logged_makes_a_second_line_or_speaks_to_the_terminal() {
        for look in [Look::Text { coloured: false }, Look::Text { coloured: true }, Look::Json] {
            let log = logged(look, HOSTILE);
            assert_eq!(log.lines().count(), 1, "{look:?}: {log}");
            assert!(log.ends_with('\n') && log.contains("forged"), "{look:?}: {log}");
            let strange = |c: char| c.is_control() && c != '\n' && c != '\u{1b}';
            assert!(!log.contains(strange), "{look:?}: {log:?}");
            for spoken in ["\u{1b}[2J", "\u{1b}]"] {
                assert!(!log.contains(spoken), "{look:?}: {log:?}");
            }
            assert!(look == (Look::Text { coloured: true }) || !log.contains('\u{1b}'), "{log:?}");
        }
    }

    #[test]
    fn a_line_is_no_longer_than_it_may_be() {
        let name = "ä".repeat(1 << 20);
        for look in [Look::Text { coloured: false }, Look::Json] {
            let log = logged(look, &name);
            assert!(log.len() < LONGEST + 100 && log.lines().count() == 1, "{look:?}: {}", log.len());
            assert!(log.contains("bytes more)"), "{look:?}: {log}");
        }
        let event: Value = serde_json::from_str(&logged(Look::Json, &name)).unwrap();
        assert_eq!(event["level"], "WARN");
        let event: Value = serde_json::from_str(&logged(Look::Json, HOSTILE)).unwrap();
        assert_eq!(event["fields"]["path"], HOSTILE);
    }

    #[test]
    fn an_ordinary_line_stays_as_it_is() {
        let log = logged(Look::Text { coloured: false }, "Sommer – Größe 3 \u{1f600}.jpg");
        assert!(log.contains("Sommer – Größe 3 \u{1f600}.jpg") && log.matches('\n').count() == 1, "{log}");
    }
}
