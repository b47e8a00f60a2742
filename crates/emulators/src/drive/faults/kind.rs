//! The kinds of faults, and how they are spelled.

use super::rule::Call;
use crate::drive::errors;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What a rule does; the table in [`super`] says what each looks like to the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Kind {
    /// An error answer of Drive, by its reason.
    Reason(String),
    /// The page for robots.
    Html403,
    /// A proxy's error page.
    Html502,
    /// A status without a body.
    Empty503,
    /// An error whose message is null.
    Null500,
    /// 200, and no JSON.
    NotJson,
    /// 200, and half a JSON body.
    CutJson,
    /// A compressed JSON body.
    Gzip,
    /// The connection closes.
    Close,
    /// The connection is reset.
    Reset,
    /// Everything comes later.
    Latency,
    /// A pause.
    Stall,
    /// A slow download.
    Bandwidth,
    /// A short download.
    Truncate,
    /// A download with a wrong byte.
    WrongBytes,
    /// Metadata with a wrong MD5.
    WrongMd5,
    /// An edit between listing and download.
    FileChanged,
    /// 200 instead of 206.
    IgnoreRange,
    /// An expired page token.
    PageTokenRefused,
    /// A page with few files.
    ShortPage,
    /// A page without files.
    EmptyPage,
    /// A page that comes twice.
    DuplicatePage,
    /// A budget of units.
    Quota,
}

/// No kind of fault is called so.
#[derive(Debug, Error)]
#[error("unknown kind of fault {0:?}, known are {known}", known = spellings())]
pub struct UnknownKind(String);

/// Everything that is not a reason of Drive.
const NAMED: [(&str, Kind); 22] = [
    ("html-403", Kind::Html403),
    ("html-502", Kind::Html502),
    ("empty-503", Kind::Empty503),
    ("null-500", Kind::Null500),
    ("not-json", Kind::NotJson),
    ("cut-json", Kind::CutJson),
    ("gzip", Kind::Gzip),
    ("close", Kind::Close),
    ("reset", Kind::Reset),
    ("latency", Kind::Latency),
    ("stall", Kind::Stall),
    ("bandwidth", Kind::Bandwidth),
    ("truncate", Kind::Truncate),
    ("wrong-bytes", Kind::WrongBytes),
    ("wrong-md5", Kind::WrongMd5),
    ("file-changed", Kind::FileChanged),
    ("ignore-range", Kind::IgnoreRange),
    ("page-token-refused", Kind::PageTokenRefused),
    ("short-page", Kind::ShortPage),
    ("empty-page", Kind::EmptyPage),
    ("duplicate-page", Kind::DuplicatePage),
    ("quota", Kind::Quota),
];

impl Kind {
    /// Whether the kind makes sense for a call, when the rule does not say which calls it is for.
    pub(super) fn concerns(&self, call: Call) -> bool {
        match self {
            Self::Bandwidth | Self::Truncate | Self::WrongBytes | Self::FileChanged | Self::IgnoreRange => {
                call == Call::Media
            }
            Self::PageTokenRefused | Self::ShortPage | Self::EmptyPage | Self::DuplicatePage => {
                call == Call::List
            }
            Self::Gzip | Self::CutJson | Self::NotJson | Self::WrongMd5 => call != Call::Media,
            _ => true,
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let named = NAMED.iter().find(|(name, _)| *name == text).map(|(_, kind)| kind.clone());
        let reason = || errors::is_known(text).then(|| Self::Reason(text.to_owned()));
        named.or_else(reason).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

impl TryFrom<String> for Kind {
    type Error = UnknownKind;

    fn try_from(text: String) -> Result<Self, UnknownKind> {
        text.parse()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reason(reason) => f.write_str(reason),
            named => {
                let name = NAMED.iter().find(|(_, kind)| kind == named).map_or("unnamed", |(name, _)| name);
                f.write_str(name)
            }
        }
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.to_string()
    }
}

fn spellings() -> String {
    let named = NAMED.iter().map(|(name, _)| *name);
    named.chain(errors::known_reasons()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_written_as_it_is_read_and_stands_in_the_documentation() {
        let documentation = include_str!("../faults.rs");
        let names = NAMED.iter().map(|(name, _)| *name).chain(errors::known_reasons());
        for name in names {
            assert_eq!(name.parse::<Kind>().unwrap().to_string(), name);
            assert!(documentation.contains(&format!("`{name}`")), "{name}");
        }
        assert!("no-such-kind".parse::<Kind>().is_err());
    }
}
