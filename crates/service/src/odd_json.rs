//! JSON as Python reads it: with `NaN`, `Infinity` and `-Infinity` among the numbers. Pure.

/// The numbers that JSON cannot say.
const ODD: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// `text` with `null` for odd numbers outside of texts: then it is JSON, if nothing else was wrong with it.
pub fn without_odd_numbers(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            let (quoted, after) = rest.split_at(end_of_text(rest));
            plain.push_str(quoted);
            rest = after;
        } else if let Some(after) = ODD.iter().find_map(|odd| rest.strip_prefix(odd)) {
            plain.push_str("null");
            rest = after;
        } else {
            plain.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    plain
}

/// Where the quoted text at the start of `rest` ends.
fn end_of_text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::without_odd_numbers;

    #[test]
    fn only_odd_numbers_outside_of_texts_are_replaced() {
        for (text, plain) in [
            (r#"{"a":NaN,"b":[-Infinity, Infinity]}"#, r#"{"a":null,"b":[null, null]}"#),
            (r#"{"NaN":"\"Infinity é"}"#, r#"{"NaN":"\"Infinity é"}"#),
            (r#"["NaN"#, r#"["NaN"#),
            ("-NaN", "-null"),
            ("", ""),
        ] {
            assert_eq!(without_odd_numbers(text), plain);
        }
    }
}
