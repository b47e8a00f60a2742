//! One rule of the fault book, as it is written down.

use super::kind::Kind;
use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;

/// The three calls that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    /// `files.list`, 100 units.
    List,
    /// `files.get`, 5 units.
    Get,
    /// `files.get?alt=media`, 200 units.
    Media,
}

impl Call {
    /// What the call costs, refused or not.
    pub(crate) fn units(self) -> u64 {
        match self {
            Self::List => 100,
            Self::Get => 5,
            Self::Media => 200,
        }
    }
}

/// How a short download announces its length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Length {
    /// By the Content-Length of the whole.
    #[default]
    Announced,
    /// Not at all: the end of the connection is the end of the body.
    None,
    /// In chunks, of which the last never comes.
    Chunked,
}

/// What shall go wrong, how often, and for whom. The module above explains every field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// What happens.
    #[serde(alias = "reason")]
    pub kind: Kind,
    /// The call it happens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Call>,
    /// Id or name of the file, or of the listed folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How often it happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How many matching calls pass first.
    #[serde(default)]
    pub skip: u64,
    /// Whether `count` and `skip` hold for each file on its own.
    #[serde(default, alias = "per_file")]
    pub per_file: bool,
    /// The part of the matching calls that it happens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Chooses these calls.
    #[serde(default)]
    pub seed: u64,
    /// Another HTTP status than the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Another text than the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Text of the Retry-After header.
    #[serde(default, alias = "retry_after", deserialize_with = "text_or_number")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// Error format, 1 or 2, whatever the caller asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<u8>,
    /// False leaves `status` and `details` out of an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<bool>,
    /// How long, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// How many bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How many files on a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<usize>,
    /// How a short download announces its length.
    #[serde(default)]
    pub length: Length,
    /// Whether another byte is wrong each time.
    #[serde(default)]
    pub vary: bool,
    /// Size of a quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u64>,
}

impl Rule {
    /// A rule that always fires, on every call that the kind makes sense for.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            on: None,
            file: None,
            count: None,
            skip: 0,
            per_file: false,
            probability: None,
            seed: 0,
            status: None,
            message: None,
            retry_after: None,
            format: None,
            details: None,
            seconds: None,
            bytes: None,
            items: None,
            length: Length::Announced,
            vary: false,
            units: None,
        }
    }

    /// A rule that answers with one of Drive's reasons.
    pub fn reason(reason: impl Into<String>) -> Self {
        Self::new(Kind::Reason(reason.into()))
    }

    /// Only on this call.
    #[must_use]
    pub fn on(self, call: Call) -> Self {
        Self { on: Some(call), ..self }
    }

    /// Only for this file, by id or name, or for listings of this folder.
    #[must_use]
    pub fn file(self, id_or_name: impl Into<String>) -> Self {
        Self { file: Some(id_or_name.into()), ..self }
    }

    /// Only so often.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self { count: Some(count), ..self }
    }

    /// With this HTTP status.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// The pause of `latency` and `stall`, the window of `quota`.
    pub(super) fn pause(&self) -> Duration {
        Duration::try_from_secs_f64(self.seconds.unwrap_or(1.0)).unwrap_or(Duration::MAX)
    }

    /// Whether the rule is the whole answer, so that only one such rule can hold for a call.
    pub(super) fn is_answer(&self) -> bool {
        match self.kind {
            Kind::Reason(_)
            | Kind::Html403
            | Kind::Html502
            | Kind::Empty503
            | Kind::Null500
            | Kind::NotJson => true,
            Kind::Close | Kind::Reset => self.bytes.is_none(),
            _ => false,
        }
    }

    /// Whether the rule is about this call and this target at all.
    pub(super) fn concerns(&self, call: Call, mut names: impl Iterator<Item = impl AsRef<str>>) -> bool {
        let call_fits = self.on.map_or_else(|| self.kind.concerns(call), |on| on == call);
        call_fits && self.file.as_deref().is_none_or(|wanted| names.any(|name| name.as_ref() == wanted))
    }
}

/// `"Retry-After": 2` is as good as `"2"`.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(u64),
    }
    Ok(Option::<Either>::deserialize(deserializer)?.map(|either| match either {
        Either::Text(text) => text,
        Either::Number(number) => number.to_string(),
    }))
}
