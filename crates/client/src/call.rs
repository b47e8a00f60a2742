//! Sends one request to one of the five services and reads its answer, the same way for all of them.

use std::sync::Arc;

use http::StatusCode;
use serde::de::DeserializeOwned;

use crate::{Error, ErrorBody, http::failure_kind};

/// Longest error body that is read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// One of the five services: its name and where it is.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) service: &'static str,
    /// Shared: services copy their clients for every request.
    pub(crate) base: Arc<url::Url>,
    pub(crate) http: reqwest::Client,
}

/// An answer of any status, read whole.
pub(crate) struct Answer {
    pub(crate) service: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
}

impl Target {
    /// The service `name` at `base`, whose path is kept as a prefix.
    pub(crate) fn new(service: &'static str, base: url::Url, http: reqwest::Client) -> Self {
        Self { service, base: Arc::new(base), http }
    }

    /// `base` joined with path segments, each percent-encoded.
    pub(crate) fn url(&self, segments: &[&str]) -> url::Url {
        let mut url = (*self.base).clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Sends `request` and reads the whole answer, whatever its status.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, Error> {
        let unreachable = |error: reqwest::Error| {
            let kind = failure_kind(&error);
            Error::Unreachable { service: self.service, kind, source: error.without_url() }
        };
        let request = match crate::request_id::current() {
            Some(id) => request.header(crate::http::REQUEST_ID, id),
            None => request,
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(http::header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(crate::retry::parse_retry_after)
            .map(|wait| wait.as_secs());
        let body = response.bytes().await.map_err(unreachable)?.to_vec();
        Ok(Answer { service: self.service, status, retry_after, body })
    }

    /// Sends `request`; a status outside 2xx is an error.
    pub(crate) async fn send_ok(&self, request: reqwest::RequestBuilder) -> Result<Answer, Error> {
        let answer = self.send(request).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(answer.into_error()) }
    }
}

impl Answer {
    /// The body as `T`.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::Body {
            service: self.service,
            reason: error.to_string(),
            body: self.text(),
        })
    }

    /// The answer as an error that carries its own words.
    pub(crate) fn into_error(self) -> Error {
        let ours = serde_json::from_slice::<ErrorBody>(&self.body).ok();
        let message = match &ours {
            Some(body) => body.error.clone(),
            None => self.status.canonical_reason().unwrap_or("error").to_owned(),
        };
        Error::Status {
            service: self.service,
            status: self.status,
            message,
            code: ours.and_then(|body| body.code),
            body: self.text(),
            retry_after: self.retry_after,
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body[..self.body.len().min(MAX_ERROR_BODY)]).into_owned()
    }
}
