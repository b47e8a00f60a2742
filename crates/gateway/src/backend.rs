//! One service behind the gateway: calls it, and says in plain words when it is not there.

use std::time::Duration;

use axum::http::Response;
use client::hop::{AnswerBody, Failure, Hop, Outgoing};
use service::ApiError;
use url::Url;

/// A service, and the connections to it.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    /// As the original's errors call it: `Import`, `Metadata`.
    title: &'static str,
    /// The way to it.
    pub(crate) hop: Hop,
    silence: Duration,
}

impl Backend {
    /// The service at `base`, whose path is kept as a prefix. It is given up after `silence` without a byte.
    pub(crate) fn new(title: &'static str, base: Url, silence: Duration) -> Self {
        Self { title, hop: Hop::new(base, silence), silence }
    }

    /// How long it, or a client that sends to it, may be silent.
    pub(crate) fn silence(&self) -> Duration {
        self.silence
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(&self, request: Outgoing) -> Result<Response<AnswerBody>, ApiError> {
        // a service may close an idle connection just as we use it; asking again does nothing twice
        let again = request.method.is_safe().then(|| request.clone());
        let answer = match (self.hop.send(request).await, again) {
            (Err(failure), Some(again)) if failure.was_cut() => self.hop.send(again).await,
            (answer, _) => answer,
        };
        answer.map_err(|failure| self.broke(&failure))
    }

    /// The 503 for a call that got no answer. Hosts and URLs go neither to the client nor into the log.
    pub(crate) fn broke(&self, failure: &Failure) -> ApiError {
        self.unavailable(failure.kind()).caused_by(failure)
    }

    /// The 503 with the original's prefix.
    pub(crate) fn unavailable(&self, why: &str) -> ApiError {
        ApiError::unavailable("service-unavailable", format!("{} service unavailable: {why}", self.title))
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Bytes,
        http::{HeaderMap, Method},
    };

    use super::*;

    #[tokio::test]
    async fn a_service_that_stays_silent_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let service = Backend::new("Import", base, Duration::from_millis(50));
        let request = Outgoing {
            method: Method::GET,
            path: "/import/status/j".into(),
            query: None,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let error = service.send(request).await.unwrap_err();
        assert_eq!(error.status(), 503);
        assert_eq!(error.message(), "Import service unavailable: timed out");
    }
}
