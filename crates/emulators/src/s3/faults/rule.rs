//! One rule of the fault book. The module above explains every field.

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// 503 `SlowDown`.
    SlowDown,
    /// 500 `InternalError`.
    InternalError,
    /// 403 `AccessDenied`.
    AccessDenied,
    /// 200 with an error in the body, as the completion of a multipart upload or a copy can answer; nothing is done.
    ErrorInBody,
    /// The connection is closed before anything is done.
    Reset,
    /// The connection is closed in the middle of the request's body; nothing is done.
    CutUpload,
    /// All is done, then the connection is closed instead of an answer.
    LostReply,
    /// All is done, then the connection is closed in the middle of the answer's body.
    CutAnswer,
    /// All is done, later.
    Latency,
    /// All is done at once, and answered later.
    SlowAnswer,
    /// The connection is closed before anything is done, as are all others that ask, and for a while none is accepted.
    Refuse,
}

impl FaultKind {
    /// True when other faults may happen to the same request.
    pub(super) fn is_only_a_delay(self) -> bool {
        self == Self::Latency
    }

    /// True when `seconds` of a rule says something else than how long the request is held up first.
    pub(super) fn has_own_seconds(self) -> bool {
        matches!(self, Self::SlowAnswer | Self::Refuse)
    }
}

/// What shall go wrong, how often, and for whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultRule {
    /// What happens.
    pub kind: FaultKind,
    /// The operation it happens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// Text in the key it happens to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How often it happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How many matching requests pass first.
    #[serde(default)]
    pub skip: u64,
    /// After how many matching requests `count` and `skip` begin anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Whether `count`, `skip` and `every` hold for each key on its own.
    #[serde(default)]
    pub per_key: bool,
    /// The part of the matching requests that it happens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Chooses these requests.
    #[serde(default)]
    pub seed: u64,
    /// How long the request, its answer or everybody is held up.
    #[serde(default)]
    pub seconds: f64,
    /// How long after it was added the rule holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<f64>,
    /// After how many bytes a body is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_bytes: Option<u64>,
}

impl FaultRule {
    /// A rule that always fires, on every request.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            on: None,
            key: None,
            count: None,
            skip: 0,
            every: None,
            per_key: false,
            probability: None,
            seed: 0,
            seconds: 0.0,
            for_seconds: None,
            after_bytes: None,
        }
    }

    /// Only on this operation.
    #[must_use]
    pub fn on(self, operation: impl Into<String>) -> Self {
        Self { on: Some(operation.into()), ..self }
    }

    /// Only so often.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self { count: Some(count), ..self }
    }

    /// Bursts: so many in a row of every so many.
    #[must_use]
    pub fn bursts(self, count: u64, every: u64) -> Self {
        Self { count: Some(count), every: Some(every), ..self }
    }

    /// Only on this part of the requests, chosen by `seed`.
    #[must_use]
    pub fn part(self, probability: f64, seed: u64) -> Self {
        Self { probability: Some(probability), seed, ..self }
    }

    /// Holding up what the kind holds up for so long.
    #[must_use]
    pub fn seconds(self, seconds: f64) -> Self {
        Self { seconds, ..self }
    }

    /// Only for so long from now.
    #[must_use]
    pub fn lasting(self, seconds: f64) -> Self {
        Self { for_seconds: Some(seconds), ..self }
    }

    pub(super) fn concerns(&self, operation: &str, key: &str) -> bool {
        self.on.as_deref().is_none_or(|only| only == operation)
            && self.key.as_deref().is_none_or(|text| key.contains(text))
    }
}
