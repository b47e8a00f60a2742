//! The id that follows one request through all services: set once where a request comes in (or a stored task is
//! taken up), sent on by every call made meanwhile.

tokio::task_local! {
    static CURRENT: String;
}

/// Longest id that is taken over from a caller.
const MAX_LENGTH: usize = 64;

/// Runs `work` under `id`.
pub async fn scope<F: Future>(id: String, work: F) -> F::Output {
    CURRENT.scope(id, work).await
}

/// The id of the request in hand, if any.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// `given` if it can be trusted in logs and headers (1 to 64 characters out of `A-Z a-z 0-9 . _ -`), else a new one.
pub fn accept(given: Option<&str>) -> String {
    given.filter(|text| is_safe(text)).map_or_else(made, str::to_owned)
}

pub(crate) fn is_safe(text: &str) -> bool {
    (1..=MAX_LENGTH).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-'))
}

/// Random, and without asking the system for every one.
fn made() -> String {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::accept;

    #[test]
    fn a_hostile_request_id_is_replaced() {
        assert_eq!(accept(Some("abc-1.2_Z")), "abc-1.2_Z");
        for bad in [None, Some(""), Some("a b"), Some("a\nb"), Some(&*"x".repeat(65))] {
            let made = accept(bad);
            assert_eq!(made.len(), 32, "{bad:?}");
        }
    }
}
