//! What the services know one another by: `INTERNAL_TOKEN`, in a header of every call between them.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use subtle::ConstantTimeEq;

use crate::Secret;

/// The header.
pub const HEADER: HeaderName = HeaderName::from_static("x-internal-token");

/// The scheme of the 401, in `WWW-Authenticate`, for who does not send it.
pub const SCHEME: &str = "X-Internal-Token";
/// `code` of the 401 for who does not send it.
pub const REFUSED: &str = "internal-token";

/// The token, as it is sent. `Debug` does not show it.
#[derive(Clone)]
pub struct InternalToken(HeaderValue);

impl InternalToken {
    /// The token with this text; none where no header can carry it.
    pub fn new(text: &Secret) -> Option<Self> {
        let mut value = HeaderValue::from_str(text.expose()).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    /// Adds it to the headers of a call, in place of any that stands there.
    pub fn add_to(&self, headers: &mut HeaderMap) {
        headers.insert(HEADER, self.0.clone());
    }

    /// Whether the headers of a request hold it. Compared in constant time.
    pub fn is_in(&self, headers: &HeaderMap) -> bool {
        headers.get(HEADER).is_some_and(|given| given.as_bytes().ct_eq(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for InternalToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> InternalToken {
        InternalToken::new(&Secret::new(text)).unwrap()
    }

    #[test]
    fn only_the_same_token_lets_in() {
        let (mine, mut headers) = (token("canary-of-the-services"), HeaderMap::new());
        assert!(!mine.is_in(&headers));
        for other in ["canary-of-the-service", "canary-of-the-servicez", "canary-of-the-services!", ""] {
            token(other).add_to(&mut headers);
            assert!(!mine.is_in(&headers), "{other}");
        }
        mine.add_to(&mut headers);
        assert!(mine.is_in(&headers));
        assert!(!format!("{mine:?} {headers:?}").contains("canary"), "{mine:?} {headers:?}");
    }

    #[test]
    fn what_no_header_can_carry_is_no_token() {
        assert!(InternalToken::new(&Secret::new("two\nlines")).is_none());
    }
}
