//! One service behind the gateway: calls it, and says in plain words when it is not there.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{Response, StatusCode, header},
};
use client::{
    InternalToken,
    hop::{AnswerBody, Failure, Hop, Outgoing},
    internal_token::SCHEME,
};
use service::ApiError;
use url::Url;

use crate::json::{self, Kind};

/// A service, and the connections to it.
#[derive(Debug)]
pub(crate) struct Backend {
    /// As the original's errors call it: `Import`, `Metadata`.
    title: &'static str,
    /// The way to it.
    pub(crate) hop: Hop,
    /// The last answer that was found to be JSON.
    last_json: Mutex<Bytes>,
}

impl Backend {
    /// The service at `base`, whose path is kept as a prefix. It is given up after `silence` without a byte,
    /// and knows us by `token`.
    pub(crate) fn new(
        title: &'static str,
        base: Url,
        silence: Duration,
        token: Option<&InternalToken>,
    ) -> Self {
        let hop = Hop::new(base, silence).with_token(token.cloned());
        Self { title, hop, last_json: Mutex::default() }
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

    /// True where the service wants another token of us than we have: no matter of who asks, who may have the right one.
    pub(crate) fn refuses_us(&self, answer: &Response<AnswerBody>) -> bool {
        let is_refused = answer.status() == StatusCode::UNAUTHORIZED
            && answer.headers().get(header::WWW_AUTHENTICATE).is_some_and(|scheme| scheme == SCHEME);
        if is_refused {
            tracing::error!(
                service = self.title,
                "it does not take our INTERNAL_TOKEN: that must be the same everywhere"
            );
        }
        is_refused
    }

    /// True when a whole answer is JSON. Many ask for the same: an answer that comes again is not read through again.
    pub(crate) fn is_json(&self, answer: &Bytes) -> bool {
        let last = || self.last_json.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last().clone();
        if !answer.is_empty() && known == answer {
            return true;
        }
        let is_json = json::kind(answer) != Kind::Other;
        if is_json {
            *last() = answer.clone();
        }
        is_json
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
    use axum::http::{HeaderMap, Method};

    use super::*;

    #[tokio::test]
    async fn a_service_that_stays_silent_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let service = Backend::new("Import", base, Duration::from_millis(50), None);
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

    #[test]
    fn an_answer_that_is_no_json_is_never_taken_for_the_last_one() {
        let service =
            Backend::new("Import", "http://127.0.0.1:9".parse().unwrap(), Duration::from_secs(1), None);
        for (answer, is_json) in
            [("", false), ("{}", true), ("{}", true), ("{", false), ("{", false), ("[]", true), ("", false)]
        {
            assert_eq!(service.is_json(&Bytes::from(answer)), is_json, "{answer}");
        }
    }
}
