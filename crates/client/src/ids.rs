//! Identifiers that must not be mixed up.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The id of an import job: a UUID v4 in our own jobs, any text in those of other clients.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub String);

impl JobId {
    /// A new random id (UUID v4).
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a file or folder in Google Drive. Only [`DriveId::parse`] makes one, so that it can be put into a
/// Drive query or a path without escaping.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct DriveId(String);

impl DriveId {
    /// The longest id that is accepted. Ids in use have 19 to 72 characters; Google promises no length.
    pub const MAX_LENGTH: usize = 128;

    /// `text` as an id: 1 to 128 characters out of `A-Z a-z 0-9 _ -`; `None` otherwise.
    pub fn parse(text: &str) -> Option<Self> {
        let known = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len());
        (fits && text.bytes().all(known)).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DriveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DriveId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a Google Drive id"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::DriveId;

    #[test]
    fn only_text_that_needs_no_escaping_is_a_drive_id() {
        for good in ["a", "1i_rViDYPnCJERqClTVXxgT2BlbBozvsl", "0B-_x"] {
            assert!(DriveId::parse(good).is_some(), "{good}");
        }
        for bad in ["", "it's", "a b", "a/b", "é", &"x".repeat(129)] {
            assert!(DriveId::parse(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_the_same_in_a_query_in_a_path_and_in_a_header(text in prop_oneof!["\\PC{0,20}", "[A-Za-z0-9_'%/ -]{1,140}"]) {
            if let Some(id) = DriveId::parse(&text) {
                let encoded: String = url::form_urlencoded::byte_serialize(id.as_str().as_bytes()).collect();
                prop_assert_eq!(encoded, text.clone());
                let url = url::Url::parse(&format!("https://h/files/{id}")).unwrap();
                prop_assert_eq!(url.path(), format!("/files/{text}"));
                prop_assert!(http::HeaderValue::from_str(id.as_str()).is_ok());
            }
        }
    }
}
