//! Recorded requests and answers of the original, and what it means that ours are the same.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// One recorded pair.
#[derive(Debug, Clone, Deserialize)]
pub struct Transcript {
    /// Which service answered.
    pub service: String,
    /// What is shown.
    pub case: String,
    /// The database behind it.
    pub db: String,
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub response: Response,
}

/// A recorded request.
#[derive(Debug, Clone, Deserialize)]
pub struct Request {
    /// As sent.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// As sent.
    pub headers: serde_json::Map<String, Value>,
    /// As sent; each character is a byte.
    pub body: Option<String>,
}

/// A recorded answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Response {
    /// As answered.
    pub status: u16,
    /// As answered, what varies replaced by placeholders such as `<uuid>`.
    pub body: Option<String>,
}

/// Every recorded pair of one service and database.
///
/// # Panics
/// When the file is damaged.
pub fn transcripts(service: &str, db: &str) -> Vec<Transcript> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/transcripts.json");
    let text = std::fs::read_to_string(path).expect("the recorded answers are there");
    let mut all: Vec<Transcript> = serde_json::from_str(&text).expect("the recorded answers are well-formed");
    all.retain(|transcript| transcript.service == service && transcript.db == db);
    all
}

impl Transcript {
    /// The recorded body as JSON; `None` for the HTML pages of the framework.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(self.response.body.as_deref()?).ok()
    }

    /// Sends the recorded request to `base`.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn replay(&self, http: &reqwest::Client, base: &str) -> (u16, Value) {
        let method = self.request.method.parse().expect("a recorded method");
        let mut request = http.request(method, format!("{base}{}", self.request.path));
        for (name, value) in &self.request.headers {
            let own = ["host", "content-length", "connection", "transfer-encoding", "accept-encoding"];
            if !own.contains(&name.to_ascii_lowercase().as_str()) {
                request = request.header(name, value.as_str().unwrap_or_default());
            }
        }
        if let Some(body) = &self.request.body {
            // recorded byte by byte where it is no UTF-8
            let latin1 = body.chars().map(|c| u8::try_from(u32::from(c))).collect::<Result<Vec<_>, _>>();
            let raw = self.case.contains("utf8") || self.case.contains("bom");
            let bytes = if raw { latin1.expect("recorded as bytes") } else { body.clone().into_bytes() };
            if !bytes.is_empty() {
                request = request.body(bytes);
            }
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("{}: {error}", self.case));
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap_or_else(|error| panic!("{}: {error}", self.case));
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

/// Says where `ours` lacks something that `recorded` has. More fields in objects are fine: the contract only grows.
///
/// # Errors
/// The first difference, with its path.
pub fn compare(recorded: &Value, ours: &Value) -> Result<(), String> {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            for (name, value) in recorded {
                let other = ours.get(name).ok_or_else(|| format!(".{name} is missing"))?;
                compare(value, other).map_err(|at| format!(".{name}{at}"))?;
            }
            Ok(())
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            if recorded.len() != ours.len() {
                return Err(format!(" has {} elements instead of {}", ours.len(), recorded.len()));
            }
            for (index, (value, other)) in recorded.iter().zip(ours).enumerate() {
                compare(value, other).map_err(|at| format!("[{index}]{at}"))?;
            }
            Ok(())
        }
        (Value::String(pattern), Value::String(text)) if fits(pattern, text) => Ok(()),
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => Ok(()),
        _ if recorded == ours => Ok(()),
        _ => Err(format!(" is {ours} instead of {recorded}")),
    }
}

/// `text` against a recorded one in which `<uuid>`, `<timestamp>` and `<timestamp.ffffff>` stand for what varies.
fn fits(pattern: &str, text: &str) -> bool {
    let Some(start) = pattern.find('<') else { return pattern == text };
    let Some(end) = pattern[start..].find('>').map(|end| start + end) else { return pattern == text };
    let Some(rest) = text.strip_prefix(&pattern[..start]) else { return false };
    let length = match &pattern[start..=end] {
        "<uuid>" => 36,
        "<timestamp>" => 19,
        "<timestamp.ffffff>" => 26,
        _ => return pattern == text,
    };
    rest.is_char_boundary(length) && rest.len() >= length && fits(&pattern[end + 1..], &rest[length..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::compare;

    #[test]
    fn more_fields_are_fine_and_other_values_are_not() {
        let recorded = json!({"a": 1.0, "b": "x <uuid> y", "c": [1]});
        let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";
        assert_eq!(
            compare(&recorded, &json!({"a": 1, "b": format!("x {uuid} y"), "c": [1], "d": 2})),
            Ok(())
        );
        assert!(compare(&recorded, &json!({"a": 1, "b": "x short y", "c": [1]})).is_err());
        assert!(compare(&recorded, &json!({"a": 2, "b": format!("x {uuid} y"), "c": [1]})).is_err());
        assert!(compare(&recorded, &json!({"b": format!("x {uuid} y"), "c": [1]})).is_err());
        assert!(compare(&recorded, &json!({"a": 1, "b": format!("x {uuid} y"), "c": []})).is_err());
    }
}
