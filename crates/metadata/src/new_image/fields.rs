//! Single fields of a JSON body, each read or refused by name.

use serde_json::{Map, Number, Value};

use super::Refused;

/// A field that must be there, whatever is in it.
pub(super) fn required<'a>(fields: &'a Map<String, Value>, name: &'static str) -> Result<&'a Value, Refused> {
    fields.get(name).ok_or(Refused::Missing(name))
}

/// A field that is there and not null.
pub(super) fn optional<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// A text; the original's databases also took numbers and truth values, and stored their text.
pub(super) fn text(fields: &Map<String, Value>, field: &'static str) -> Result<String, Refused> {
    match required(fields, field)? {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(yes) => Ok(u8::from(*yes).to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Refused::Wrong { field, must_be: "a text" }),
    }
}

/// Refuses a text of more than so many characters.
pub(super) fn limit(text: &str, field: &'static str, most: usize) -> Result<(), Refused> {
    // the databases count characters
    if text.chars().nth(most).is_some() { Err(Refused::TooLong { field, most }) } else { Ok(()) }
}

/// A text of at most so many characters, if it is there.
pub(super) fn optional_text(
    fields: &Map<String, Value>,
    field: &'static str,
    most: usize,
) -> Result<Option<String>, Refused> {
    match optional(fields, field) {
        None => Ok(None),
        Some(Value::String(text)) => {
            limit(text, field, most)?;
            Ok(Some(text.clone()))
        }
        Some(_) => Err(Refused::Wrong { field, must_be: "a text" }),
    }
}

/// Bytes: a whole number, a decimal text, or (as both of the original's databases stored them) `2.0` and `true`.
pub(super) fn size(value: &Value, field: &'static str) -> Result<i64, Refused> {
    let whole = match value {
        Value::Number(number) => whole_number(number),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(yes) => Some(i64::from(*yes)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    whole.ok_or(Refused::Wrong { field, must_be: "a whole number of bytes" })
}

fn whole_number(number: &Number) -> Option<i64> {
    /// From here on a float cannot hold every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < EXACT)?;
    format!("{float:.0}").parse().ok()
}

/// So many hexadecimal digits, in lower case, if they are there.
pub(super) fn hex_digits(
    fields: &Map<String, Value>,
    field: &'static str,
    digits: usize,
) -> Result<Option<String>, Refused> {
    optional(fields, field).map(|value| hex_text(value, field, digits)).transpose()
}

/// So many (32 or 64) hexadecimal digits, in lower case.
pub(super) fn hex_text(value: &Value, field: &'static str, digits: usize) -> Result<String, Refused> {
    let must_be = if digits == 32 { "32 hexadecimal digits" } else { "64 hexadecimal digits" };
    match value.as_str() {
        Some(hex) if hex.len() == digits && hex.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            Ok(hex.to_ascii_lowercase())
        }
        _ => Err(Refused::Wrong { field, must_be }),
    }
}

/// A number of pixels, if it is there.
pub(super) fn pixels(fields: &Map<String, Value>, field: &'static str) -> Result<Option<u32>, Refused> {
    let Some(value) = optional(fields, field) else { return Ok(None) };
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.map(Some).ok_or(Refused::Wrong { field, must_be: "a whole number of pixels" })
}

/// A type such as `image/jpeg`, in lower case and without parameters, if it is there.
pub(super) fn media_type(
    fields: &Map<String, Value>,
    field: &'static str,
    most: usize,
) -> Result<Option<String>, Refused> {
    let Some(text) = optional_text(fields, field, most)? else { return Ok(None) };
    let is_token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    match text.split_once('/') {
        Some((kind, subtype)) if is_token(kind) && is_token(subtype) => Ok(Some(text.to_ascii_lowercase())),
        _ => Err(Refused::Wrong { field, must_be: "a type such as image/jpeg" }),
    }
}
