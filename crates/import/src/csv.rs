//! Comma-separated values as RFC 4180 has them, and as a spreadsheet may open them without harm. Pure.

/// Tells a spreadsheet that what follows is UTF-8.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";
/// What a spreadsheet takes for the beginning of a formula; the wide forms too.
const STARTS_FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// One line of cells.
pub(crate) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (number, cell) in cells.into_iter().enumerate() {
        if number > 0 {
            line.push(',');
        }
        push_cell(&mut line, cell);
    }
    line.push_str("\r\n");
    line
}

/// Names come out of strangers' folders: what would be a formula becomes text by an apostrophe before it, and what would
/// steer a terminal, or end the text for a reader, becomes a replacement character.
fn push_cell(line: &mut String, cell: &str) {
    let is_formula = cell.trim_start_matches(' ').starts_with(STARTS_FORMULA);
    if !is_formula && !cell.contains(['"', ',', '\r', '\n']) {
        line.extend(cell.chars().map(shown));
        return;
    }
    line.push('"');
    if is_formula {
        line.push('\'');
    }
    for c in cell.chars() {
        if c == '"' {
            line.push('"');
        }
        line.push(shown(c));
    }
    line.push('"');
}

fn shown(c: char) -> char {
    if c.is_control() && !matches!(c, '\t' | '\r' | '\n') { char::REPLACEMENT_CHARACTER } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        for (cell, written) in [
            ("plain", "plain"),
            ("", ""),
            ("a, b", "\"a, b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("grüße 🦀", "grüße 🦀"),
            ("a\u{0}b\u{1b}[31m", "a\u{fffd}b\u{fffd}[31m"),
            ("\u{9b}1, x", "\"\u{fffd}1, x\""),
        ] {
            assert_eq!(line([cell]), format!("{written}\r\n"));
        }
        assert_eq!(line(["a", "", "b"]), "a,,b\r\n");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for cell in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "  =1",
            "＝1",
            "=HYPERLINK(\"http://x\",\"y\")",
        ] {
            let written = line([cell]);
            assert!(written.starts_with("\"'"), "{written:?}");
            assert!(written.ends_with("\"\r\n"), "{written:?}");
        }
        assert_eq!(line(["a=1"]), "a=1\r\n");
    }
}
