//! What a person or a program reads on standard output.

use std::io::{IsTerminal, Write};

use serde_json::Value;

/// Writes one line to standard output. A reader that has gone away, as `head` does, is no error.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
}

/// Writes JSON in one line.
pub(crate) fn json(value: &Value) {
    line(&value.to_string());
}

/// Says something to the person in front of it, beside the data.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// A colour of the terminal's own palette.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Grey = 90,
}

/// A word that stands out on a terminal.
pub(crate) fn paint(word: &str, good: bool) -> String {
    coloured(word, if good { Colour::Green } else { Colour::Red })
}

/// A word in a colour, on a terminal.
pub(crate) fn coloured(word: &str, colour: Colour) -> String {
    if !std::io::stdout().is_terminal() || is_colourless() {
        return word.to_owned();
    }
    format!("\u{1b}[{}m{word}\u{1b}[0m", colour as u8)
}

/// <https://no-color.org>
fn is_colourless() -> bool {
    service::Env::from_process_without_file().get("NO_COLOR").is_some()
}

/// A text out of a stranger's folder as it may be shown on a terminal: without control characters, and not endless.
pub(crate) fn shown(text: &str) -> String {
    cleaned(text, 60)
}

/// What the server says, which may quote a stranger: as [`shown`], but a sentence or two.
pub(crate) fn sentence(text: &str) -> String {
    cleaned(text, 1000)
}

fn cleaned(text: &str, longest: usize) -> String {
    let clean = |c: char| if c.is_control() || is_direction(c) { '\u{fffd}' } else { c };
    let mut short: String = text.chars().take(longest).map(clean).collect();
    if text.chars().nth(longest).is_some() {
        short.push('…');
    }
    short
}

/// Characters that turn the direction of what follows them.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Columns as wide as their widest cell.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let row = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let lines = rows.iter().map(|cells| row(cells.iter().map(String::as_str).collect()));
    std::iter::once(row(head.to_vec())).chain(lines).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_cannot_drive_the_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\r\u{202e}gpj"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}gpj");
        assert_eq!(shown(&"x".repeat(61)).chars().count(), 61);
    }

    #[test]
    fn columns_line_up() {
        let rows = [vec!["1".to_owned(), "é".to_owned()], vec!["200".to_owned(), "b".to_owned()]];
        assert_eq!(table(&["id", "name"], &rows), "id   name\n1    é\n200  b");
    }
}
