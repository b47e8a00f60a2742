//! The way to one server, our own services before all: HTTP/1.1 on connections that stay open, and nothing of what a
//! client of the whole web needs. Who asks drives the connection too, as part of its own task, so that no other task has to be woken on the
//! way there and back. A server behind TLS, or one whose URL has a password, is reached by [`crate::http`]'s client.

mod answer;
mod failure;
mod line;
mod pool;
mod told;

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Stream, TryStreamExt, future::BoxFuture};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use http_body::Frame;
use http_body_util::{Either, Full, StreamBody, combinators::UnsyncBoxBody};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

pub use self::{answer::AnswerBody, failure::Failure};
use self::{
    line::{Line, RequestBody, Sent},
    pool::Pool,
};
use crate::{
    InternalToken,
    http::REQUEST_ID,
    job_id::JOB_ID,
    trace::{Open, TRACEPARENT},
};

/// What a query may not hold as it is, by the URL standard.
const NOT_IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

/// The way to one service. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Hop {
    base: Arc<Url>,
    silence: Duration,
    way: Way,
    /// The ids of requests are for our own services.
    tells_request_id: bool,
    /// What our own services know us by, if they want to.
    token: Option<InternalToken>,
}

/// A request on its way to the service.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// The path below the service's own, percent-encoded; it begins with a slash.
    pub path: String,
    /// The query string.
    pub query: Option<String>,
    /// Headers, without those of the connection.
    pub headers: HeaderMap,
    /// Empty where there is none, or where it comes beside this.
    pub body: Bytes,
}

#[derive(Debug, Clone)]
enum Way {
    Plain(Arc<Plain>),
    Tls(reqwest::Client),
}

#[derive(Debug)]
struct Plain {
    host: HeaderValue,
    address: (String, u16),
    pool: Arc<Pool>,
}

impl Hop {
    /// To the service at `base`, whose path is kept as a prefix. `silence` is the longest time without a byte of the
    /// answer.
    pub fn new(base: Url, silence: Duration) -> Self {
        let hop = Self::abroad(base, silence, || crate::http::service_client(silence));
        Self { tells_request_id: true, ..hop }
    }

    /// The same to a server that is none of ours, with this client if it is behind TLS. It is told no request id.
    pub(crate) fn abroad(base: Url, silence: Duration, tls: impl FnOnce() -> reqwest::Client) -> Self {
        let way = plain(&base).map_or_else(|| Way::Tls(tls()), |plain| Way::Plain(Arc::new(plain)));
        Self { base: Arc::new(base), silence, way, tells_request_id: false, token: None }
    }

    /// Sends this token with every request: the service is one of ours.
    #[must_use]
    pub fn with_token(self, token: Option<InternalToken>) -> Self {
        Self { token, ..self }
    }

    /// Where the service is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Sends a request, to our own services under the id of the request in hand, and waits for the head of the answer.
    ///
    /// # Errors
    /// When there is no answer. A request that a service may have seen is not sent twice.
    pub async fn send(&self, mut outgoing: Outgoing) -> Result<Response<AnswerBody>, Failure> {
        let span = self.begin_span(&mut outgoing);
        let answer = Box::pin(self.send_whole(outgoing)).await;
        told::answer(span, &answer);
        answer
    }

    async fn send_whole(&self, outgoing: Outgoing) -> Result<Response<AnswerBody>, Failure> {
        match &self.way {
            Way::Plain(plain) => {
                let request = self.plain(plain, outgoing, |bytes| Either::Left(Full::new(bytes)))?;
                plain.send(request, self.silence).await
            }
            Way::Tls(http) => {
                let request = self.tls(http, outgoing);
                Ok(Response::from(request.send().await.map_err(Failure::of_tls)?).map(AnswerBody::of_tls))
            }
        }
    }

    /// The same, with a body that comes bit by bit, in place of that of `outgoing`; a failure of its own ends the
    /// connection. The body moves only while the answer is waited for.
    ///
    /// # Errors
    /// When there is no answer, or the body failed.
    pub async fn send_stream(
        &self,
        mut outgoing: Outgoing,
        body: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Result<Response<AnswerBody>, Failure> {
        let span = self.begin_span(&mut outgoing);
        let answer = Box::pin(self.send_in_bits(outgoing, body)).await;
        told::answer(span, &answer);
        answer
    }

    async fn send_in_bits(
        &self,
        outgoing: Outgoing,
        body: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Result<Response<AnswerBody>, Failure> {
        match &self.way {
            Way::Plain(plain) => {
                let body = UnsyncBoxBody::new(StreamBody::new(body.map_ok(Frame::data)));
                let request = self.plain(plain, outgoing, |_| Either::Right(body))?;
                plain.send(request, self.silence).await
            }
            Way::Tls(http) => {
                let request = self.tls(http, outgoing).body(reqwest::Body::wrap_stream(body));
                Ok(Response::from(request.send().await.map_err(Failure::of_tls)?).map(AnswerBody::of_tls))
            }
        }
    }

    /// A call of one of our own services is a part of the span in hand, and the service is told.
    fn begin_span(&self, outgoing: &mut Outgoing) -> Option<Open> {
        let span = self.tells_request_id.then(|| told::call(&self.base, outgoing)).flatten()?;
        if let Ok(here) = HeaderValue::try_from(span.active().context().to_string()) {
            outgoing.headers.insert(TRACEPARENT, here);
        }
        Some(span)
    }

    fn plain(
        &self,
        plain: &Plain,
        outgoing: Outgoing,
        body: impl FnOnce(Bytes) -> RequestBody,
    ) -> Result<Request<RequestBody>, Failure> {
        let mut request = Request::new(body(outgoing.body));
        *request.uri_mut() = target(self.base.path(), &outgoing.path, outgoing.query.as_deref())?;
        *request.method_mut() = outgoing.method;
        *request.headers_mut() = outgoing.headers;
        let headers = request.headers_mut();
        headers.insert(header::HOST, plain.host.clone());
        headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        if let Some(id) = self.request_id() {
            headers.insert(REQUEST_ID, id);
        }
        if let Some(id) = self.job_id() {
            headers.insert(JOB_ID, id);
        }
        if let Some(token) = &self.token {
            token.add_to(headers);
        }
        Ok(request)
    }

    fn tls(&self, http: &reqwest::Client, mut outgoing: Outgoing) -> reqwest::RequestBuilder {
        if let Some(token) = &self.token {
            token.add_to(&mut outgoing.headers);
        }
        let mut url = (*self.base).clone();
        url.set_path(&format!("{}{}", prefix(self.base.path()), outgoing.path));
        url.set_query(outgoing.query.as_deref());
        let mut request = http.request(outgoing.method, url).headers(outgoing.headers);
        if let Some(id) = self.request_id() {
            request = request.header(REQUEST_ID, id);
        }
        if let Some(id) = self.job_id() {
            request = request.header(JOB_ID, id);
        }
        if outgoing.body.is_empty() { request } else { request.body(outgoing.body) }
    }

    fn job_id(&self) -> Option<HeaderValue> {
        let id = self.tells_request_id.then(crate::job_id::current).flatten()?;
        HeaderValue::from_str(&id).ok()
    }

    fn request_id(&self) -> Option<HeaderValue> {
        let id = self.tells_request_id.then(crate::request_id::current).flatten()?;
        HeaderValue::try_from(id).ok()
    }
}

impl Plain {
    /// Boxed: it is large, and callers hold futures of many requests, of which one is under way.
    fn send(
        &self,
        request: Request<RequestBody>,
        silence: Duration,
    ) -> BoxFuture<'_, Result<Response<AnswerBody>, Failure>> {
        Box::pin(self.send_now(request, silence))
    }

    async fn send_now(
        &self,
        mut request: Request<RequestBody>,
        silence: Duration,
    ) -> Result<Response<AnswerBody>, Failure> {
        while let Some(line) = self.pool.take() {
            match line.send(request, silence).await? {
                Sent::Answered(answer, line) => return Ok(self.answer(answer, line, silence)),
                // it was closed while it was idle, and nothing of the request has left
                Sent::Not(back) => request = back,
            }
        }
        let line = Line::connect(&self.address).await?;
        match line.send(request, silence).await? {
            Sent::Answered(answer, line) => Ok(self.answer(answer, line, silence)),
            Sent::Not(_) => Err(Failure::Closed),
        }
    }

    fn answer(
        &self,
        answer: Response<hyper::body::Incoming>,
        line: Line,
        silence: Duration,
    ) -> Response<AnswerBody> {
        answer.map(|body| AnswerBody::of_plain(body, line, Arc::clone(&self.pool), silence))
    }
}

/// The parts of a URL that needs no TLS and says nothing of who calls.
fn plain(base: &Url) -> Option<Plain> {
    let host = base.host_str()?;
    if base.scheme() != "http" || !base.username().is_empty() || base.password().is_some() {
        return None;
    }
    let named = base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Some(Plain {
        host: HeaderValue::try_from(named).ok()?,
        // brackets belong to the URL, not to the address
        address: (host.trim_matches(['[', ']']).to_owned(), base.port_or_known_default()?),
        pool: Arc::default(),
    })
}

fn prefix(path: &str) -> &str {
    path.trim_end_matches('/')
}

fn target(base: &str, path: &str, query: Option<&str>) -> Result<Uri, Failure> {
    let mut target = format!("{}{path}", prefix(base));
    if let Some(query) = query {
        target.push('?');
        target.extend(utf8_percent_encode(query, NOT_IN_QUERY));
    }
    Uri::try_from(target).map_err(|_| Failure::NoRequest)
}

#[cfg(test)]
mod tests;
