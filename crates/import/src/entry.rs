//! One entry of a job's list of stored images: JSON that passes through as it came.

use client::signature::UrlSigner;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

/// JSON, unread. Nothing here depends on what is in it, so it is neither taken apart nor put together again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Entry(Box<RawValue>);

impl Entry {
    /// The entry that `value` is written as.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(crate) fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(Self)
    }

    /// What is JSON already.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn parse(json: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(json).map(Self)
    }

    /// With addresses of objects that are good from now on.
    pub(crate) fn renewed(self, signer: &UrlSigner) -> Self {
        Self::parse(signer.renew(self.json())).unwrap_or(self)
    }

    /// The JSON.
    pub(crate) fn json(&self) -> &str {
        self.0.get()
    }
}

impl From<Value> for Entry {
    fn from(value: Value) -> Self {
        // a value can always be written
        Self::of(&value).unwrap_or_default()
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_passes_as_it_came() {
        for text in [r#"{"b":1.50,"a":1e400}"#, "[ 1,\t2 ]", r#""\ud83d""#, "null"] {
            let entry: Entry = serde_json::from_str(text).unwrap();
            assert_eq!((entry.json(), serde_json::to_string(&entry).unwrap().as_str()), (text, text));
        }
        assert_eq!(Entry::from(json!({"a": [1]})).json(), r#"{"a":[1]}"#);
    }
}
