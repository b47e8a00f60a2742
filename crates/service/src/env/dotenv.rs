//! Reads a `.env` file by the rules of the original's reader (python-dotenv), so that a file of an existing
//! deployment means the same here: values with spaces or `$` need no quotes, which shell-like readers get wrong.

use std::path::Path;

use anyhow::Context;

/// The pairs of the file at `path`, in order; none when there is no such file.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

/// A byte-order mark, CRLF, `export `, comments and blank lines are tolerated; lines without `=` say nothing.
fn parse(text: &str) -> Vec<(String, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let name = name.strip_prefix("export ").unwrap_or(name).trim().trim_matches('\'');
    (!name.is_empty()).then(|| (name.to_owned(), parse_value(value.trim())))
}

fn parse_value(value: &str) -> String {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(&value[1..], quote).unwrap_or_else(|| value.to_owned()),
        _ => unquoted(value).to_owned(),
    }
}

/// Up to a `#` that follows a blank: `a#b` is a value, `a # b` is a value and a comment.
fn unquoted(value: &str) -> &str {
    let comment = value
        .char_indices()
        .find(|&(at, c)| c == '#' && (at == 0 || value[..at].ends_with(char::is_whitespace)));
    comment.map_or(value, |(at, _)| &value[..at]).trim_end()
}

/// Up to the closing quote; `None` when there is none. Escapes: all usual ones between `"`, only `\'` and `\\`
/// between `'`.
fn quoted(text: &str, quote: char) -> Option<String> {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == quote {
            return Some(value);
        }
        if c != '\\' {
            value.push(c);
            continue;
        }
        match (chars.next()?, quote) {
            (escaped @ ('\\' | '\''), _) | (escaped @ '"', '"') => value.push(escaped),
            ('n', '"') => value.push('\n'),
            ('r', '"') => value.push('\r'),
            ('t', '"') => value.push('\t'),
            (other, _) => value.extend(['\\', other]),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_file_means_what_it_meant_to_the_original() {
        let text = "\u{feff}A=1\r\n# c\r\n\r\nexport B = two words \r\nC=\"q # \\\"x\\\" \\n\" # c\nD='$a \\n'\nE=pa$$w#rd # c\nF=\nnonsense\nG=a=b\nH=\"open";
        let pairs = parse(text);
        let value = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(value("A"), Some("1"));
        assert_eq!(value("B"), Some("two words"));
        assert_eq!(value("C"), Some("q # \"x\" \n"));
        assert_eq!(value("D"), Some("$a \\n"));
        assert_eq!(value("E"), Some("pa$$w#rd"));
        assert_eq!(value("F"), Some(""));
        assert_eq!(value("G"), Some("a=b"));
        assert_eq!(value("H"), Some("\"open"));
        assert_eq!(pairs.len(), 8);
    }
}
