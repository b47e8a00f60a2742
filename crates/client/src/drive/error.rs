//! What Drive's errors mean: one [`Reason`] out of three shapes of JSON, HTML pages, empty and cut bodies.
//!
//! A code alone says too little: a 403 may be a quota that passes in a minute, or a file that will never be readable.

mod classify;
mod reason;

use std::{fmt, time::Duration};

use http::{Response, StatusCode};
use http_body_util::BodyExt as _;

pub use self::reason::Reason;
use crate::{
    Secret,
    hop::{AnswerBody, Failure},
};

/// Longest error body that is read.
const MAX_BODY: usize = 64 * 1024;
/// How long that may take: what came until then says why, or nothing will.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A call to Drive that failed. `Display` is fit for a browser: no URL, no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What it means.
    pub reason: Reason,
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// Drive's own words, or ours where it had none.
    pub message: String,
    /// How long Drive asks to wait.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "{status} {} ({})", self.message, self.reason.code()),
            None => write!(f, "{} ({})", self.message, self.reason.code()),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// No answer, or one that broke.
    pub fn network(failure: &Failure) -> Self {
        Self::local(Reason::Network, format!("Google Drive did not answer: {}", failure.kind()))
    }

    /// A success that is not what was asked for.
    pub fn unexpected_body() -> Self {
        Self::local(Reason::UnexpectedBody, "Google Drive sent an answer that cannot be read".to_owned())
    }

    /// A 200 to a request for the rest of a file.
    pub fn range_ignored() -> Self {
        Self::local(Reason::UnexpectedBody, "Google Drive did not continue the broken download".to_owned())
    }

    /// A page that names itself as the next one.
    pub(super) fn same_page() -> Self {
        Self::local(Reason::UnexpectedBody, "Google Drive sent a page that never ends".to_owned())
    }

    /// Pages without an end.
    pub fn endless_listing() -> Self {
        Self::local(Reason::EndlessListing, "Google Drive sent pages that never end".to_owned())
    }

    pub(super) fn too_many_redirects() -> Self {
        Self::local(Reason::UnexpectedStatus, "Google Drive redirected too often".to_owned())
    }

    fn local(reason: Reason, message: String) -> Self {
        Self { reason, status: None, message, retry_after: None }
    }

    /// Reads and classifies an answer outside 2xx. `key` is removed from its words, should they quote it.
    pub(super) async fn from_response(response: Response<AnswerBody>, key: Option<&Secret>) -> Self {
        let status = response.status();
        if leads_to_block(&response) {
            return Self::local(
                Reason::AutomatedQueries,
                "Google sends to its page against robots".to_owned(),
            );
        }
        let retry_after = response
            .headers()
            .get(http::header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(crate::retry::parse_retry_after);
        let mut body = Vec::new();
        let mut answer = response.into_body();
        let read = async {
            // a cut body is as good as a short one: what came may still say why
            while let Some(Ok(frame)) = answer.frame().await {
                body.extend_from_slice(&frame.into_data().unwrap_or_default());
                if body.len() > MAX_BODY {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(BODY_TIME, read).await;
        let mut error = Self::classify(status, &body);
        error.retry_after = retry_after;
        if let Some(key) = key.filter(|key| !key.expose().is_empty()) {
            error.message = error.message.replace(key.expose(), "***");
        }
        error
    }

    /// The meaning of an answer, from its status and body.
    pub fn classify(status: StatusCode, body: &[u8]) -> Self {
        let (reason, message) = classify::classify(status, body);
        Self { reason, status: Some(status.as_u16()), message, retry_after: None }
    }
}

/// Google's front end blocks an address also by sending it to `https://www.google.com/sorry/…`.
fn leads_to_block(response: &Response<AnswerBody>) -> bool {
    let location = response.headers().get(http::header::LOCATION).and_then(|to| to.to_str().ok());
    response.status().is_redirection() && location.is_some_and(|to| to.contains("google.com/sorry/"))
}
