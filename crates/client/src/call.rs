//! Sends one request to one of the five services and reads its answer, the same way for all of them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::{
    Error, ErrorBody, InternalToken,
    hop::{AnswerBody, Failure, Hop, Outgoing},
    http::failure_kind,
};

/// Longest error body that is read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// How calls reach a service.
#[derive(Debug, Clone)]
pub enum Calls {
    /// With this client.
    With(reqwest::Client),
    /// Over connections of their own.
    Within {
        /// Given up after this time without a byte of the answer.
        silence: Duration,
        /// What the service knows the caller by, if it wants to.
        token: Option<InternalToken>,
    },
}

impl From<reqwest::Client> for Calls {
    fn from(http: reqwest::Client) -> Self {
        Self::With(http)
    }
}

impl From<Duration> for Calls {
    fn from(silence: Duration) -> Self {
        Self::Within { silence, token: None }
    }
}

impl From<(Duration, Option<InternalToken>)> for Calls {
    fn from((silence, token): (Duration, Option<InternalToken>)) -> Self {
        Self::Within { silence, token }
    }
}

/// One of the five services: its name and where it is.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) service: &'static str,
    /// Shared: services copy their clients for every request.
    pub(crate) base: Arc<Url>,
    http: Caller,
}

#[derive(Debug, Clone)]
enum Caller {
    Web(reqwest::Client),
    Hop(Hop),
}

/// A request that is being put together.
#[derive(Debug)]
pub(crate) struct Call {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Result<Bytes, serde_json::Error>,
}

/// An answer of any status, read whole.
pub(crate) struct Answer {
    pub(crate) service: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Bytes,
}

impl Target {
    /// The service `name` at `base`, whose path is kept as a prefix.
    pub(crate) fn new(service: &'static str, base: Url, calls: impl Into<Calls>) -> Self {
        let http = match calls.into() {
            Calls::With(http) => Caller::Web(http),
            Calls::Within { silence, token } => {
                // the paths of calls are whole
                let mut root = base.clone();
                root.set_path("");
                Caller::Hop(Hop::new(root, silence).with_token(token))
            }
        };
        Self { service, base: Arc::new(base), http }
    }

    /// `base` joined with path segments, each percent-encoded.
    pub(crate) fn url(&self, segments: &[&str]) -> Url {
        let mut url = (*self.base).clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Sends `call` and reads the whole answer, whatever its status.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, Error> {
        // callers hold futures of many calls, of which one is under way
        Box::pin(self.answer_to(call)).await
    }

    async fn answer_to(&self, call: Call) -> Result<Answer, Error> {
        let Call { method, url, headers, body } = call;
        let body = body.map_err(|error| unreachable(self.service, "request was not written", error))?;
        match &self.http {
            Caller::Web(http) => {
                let mut request = http.request(method, url).headers(headers);
                if let Some(id) = crate::request_id::current() {
                    request = request.header(crate::http::REQUEST_ID, id);
                }
                if let Some(id) = crate::job_id::current() {
                    request = request.header(crate::job_id::JOB_ID, id);
                }
                if !body.is_empty() {
                    request = request.body(body);
                }
                Answer::of_web(self.service, request.send().await).await
            }
            Caller::Hop(hop) => {
                let (path, query) = (url.path().to_owned(), url.query().map(str::to_owned));
                let answer = hop.send(Outgoing { method, path, query, headers, body }).await;
                Answer::of_hop(self.service, answer).await
            }
        }
    }

    /// Sends `call`; a status outside 2xx is an error.
    pub(crate) async fn send_ok(&self, call: Call) -> Result<Answer, Error> {
        self.send(call).await?.ok()
    }
}

fn unreachable(
    service: &'static str,
    kind: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::Unreachable { service, kind, source: Box::new(source) }
}

/// Seconds of a `Retry-After` header.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    value.and_then(crate::retry::parse_retry_after).map(|wait| wait.as_secs())
}

impl Call {
    pub(crate) fn get(url: Url) -> Self {
        Self::of(Method::GET, url)
    }

    pub(crate) fn post(url: Url) -> Self {
        Self::of(Method::POST, url)
    }

    pub(crate) fn delete(url: Url) -> Self {
        Self::of(Method::DELETE, url)
    }

    fn of(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Ok(Bytes::new()) }
    }

    /// With a JSON body.
    pub(crate) fn json<T: Serialize>(mut self, body: &T) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = serde_json::to_vec(body).map(Bytes::from);
        self
    }
}

impl Answer {
    /// What a call over a [`Hop`] came to, read whole.
    pub(crate) async fn of_hop(
        service: &'static str,
        answer: Result<http::Response<AnswerBody>, Failure>,
    ) -> Result<Self, Error> {
        let failed = |failure: Failure| unreachable(service, failure.kind(), failure);
        let (head, body) = answer.map_err(failed)?.into_parts();
        let body = body.collect().await.map_err(failed)?.to_bytes();
        Ok(Self { service, status: head.status, retry_after: retry_after(&head.headers), body })
    }

    async fn of_web(
        service: &'static str,
        answer: Result<reqwest::Response, reqwest::Error>,
    ) -> Result<Self, Error> {
        let failed = |error: reqwest::Error| unreachable(service, failure_kind(&error), error.without_url());
        let answer = answer.map_err(failed)?;
        let (status, retry_after) = (answer.status(), retry_after(answer.headers()));
        Ok(Self { service, status, retry_after, body: answer.bytes().await.map_err(failed)? })
    }

    /// Itself; a status outside 2xx is an error.
    pub(crate) fn ok(self) -> Result<Self, Error> {
        if self.status.is_success() { Ok(self) } else { Err(self.into_error()) }
    }

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
