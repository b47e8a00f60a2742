//! Times as they are stored and as they are answered.

use chrono::{DateTime, SecondsFormat, Utc};

/// Now, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    Utc::now().timestamp_millis()
}

/// A time as RFC 3339 in UTC.
pub(crate) fn rfc3339(at_ms: i64) -> Option<String> {
    DateTime::from_timestamp_millis(at_ms).map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}
