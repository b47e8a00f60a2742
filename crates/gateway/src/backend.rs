//! One service behind the gateway: calls it, and says in plain words when it is not there.

use std::time::Duration;

use axum::{
    body::Bytes,
    http::{HeaderMap, Method},
};
use client::http::{REQUEST_ID, failure_kind};
use service::ApiError;
use url::Url;

/// A service, and the connections to it.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    /// As the original's errors call it: `Import`, `Metadata`.
    title: &'static str,
    /// Where it is; a path is kept as a prefix.
    pub(crate) base: Url,
    /// Gives up after the time given to [`Backend::new`] without a byte.
    pub(crate) http: reqwest::Client,
    silence: Duration,
}

/// A request on its way to a service.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    /// Empty where there is none.
    pub(crate) body: Bytes,
}

impl Backend {
    /// The service at `base`; `http` must be one that waits for `silence`.
    pub(crate) fn new(title: &'static str, base: Url, http: reqwest::Client, silence: Duration) -> Self {
        Self { title, base, http, silence }
    }

    /// How long it, or a client that sends to it, may be silent.
    pub(crate) fn silence(&self) -> Duration {
        self.silence
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(&self, request: &Outgoing) -> Result<reqwest::Response, ApiError> {
        let first = match self.try_send(request).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        // a service may close an idle connection just as we use it; asking again does nothing twice
        let was_cut = !first.is_timeout() && !first.is_connect();
        let answer =
            if was_cut && request.method.is_safe() { self.try_send(request).await } else { Err(first) };
        answer.map_err(|error| self.broke(error))
    }

    async fn try_send(&self, request: &Outgoing) -> Result<reqwest::Response, reqwest::Error> {
        let mut call = self.http.request(request.method.clone(), self.url(request));
        call = call.headers(request.headers.clone());
        if let Some(id) = client::request_id::current() {
            call = call.header(REQUEST_ID, id);
        }
        if !request.method.is_safe() {
            call = call.body(request.body.clone());
        }
        call.send().await
    }

    fn url(&self, request: &Outgoing) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}", self.base.path().trim_end_matches('/'), request.path));
        url.set_query(request.query.as_deref());
        url
    }

    /// The 503 for a call that got no answer. Hosts and URLs go neither to the client nor into the log.
    pub(crate) fn broke(&self, error: reqwest::Error) -> ApiError {
        self.unavailable(failure_kind(&error)).caused_by(&error.without_url())
    }

    /// The 503 with the original's prefix.
    pub(crate) fn unavailable(&self, why: &str) -> ApiError {
        ApiError::unavailable("service-unavailable", format!("{} service unavailable: {why}", self.title))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_service_that_stays_silent_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let silence = Duration::from_millis(50);
        let service = Backend::new("Import", base, client::http::service_client(silence), silence);
        let request = Outgoing {
            method: Method::GET,
            path: "/import/status/j".into(),
            query: None,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let error = service.send(&request).await.unwrap_err();
        assert_eq!(error.status(), 503);
        assert_eq!(error.message(), "Import service unavailable: timed out");
    }

    #[test]
    fn a_path_of_the_service_itself_is_kept() {
        let http = client::http::service_client(Duration::from_secs(1));
        let service = Backend::new("Import", "http://h/pre/".parse().unwrap(), http, Duration::from_secs(1));
        let request = Outgoing {
            method: Method::GET,
            path: "/images/a%2Fb".into(),
            query: Some("x=%C3%A9&y".into()),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        assert_eq!(service.url(&request).as_str(), "http://h/pre/images/a%2Fb?x=%C3%A9&y");
    }
}
