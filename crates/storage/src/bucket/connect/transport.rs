//! How requests travel to S3: HTTP/1.1 on connections that stay open, with small buffers. The SDK's own client does not
//! let its buffers be bounded, and they are most of what an upload would hold.

use std::{
    io,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use aws_sdk_s3::{config::SharedHttpClient, primitives::SdkBody};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use axum::BoxError;
use client::trace::{self, Kind, Open};
use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{Either, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector as Tcp},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;
use tower::Service;

/// Bytes that are kept for a connection while S3 takes none, and read from it at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// Longest error that is read of S3, in bytes: they are held whole.
const MOST_OF_ERROR: usize = 1024 * 1024;
/// Longest answer that is no object, in bytes: a list of a thousand keys, each of a thousand bytes, in full escape.
const MOST_OF_ANSWER: usize = 16 * 1024 * 1024;

/// The S3 client's way to its server. `idle` is how long a connection may lie unused.
pub(super) fn transport(connect_timeout: Duration, idle: Duration) -> SharedHttpClient {
    let transport = Transport(Arc::new(connections(connect_timeout, idle)));
    let transport = SharedHttpConnector::new(transport);
    http_client_fn(move |_, _| transport.clone())
}

fn connections(connect_timeout: Duration, idle: Duration) -> Client<InTime, SdkBody> {
    let mut tcp = Tcp::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect_timeout));
    let tls = HttpsConnectorBuilder::new().with_tls_config(tls()).https_or_http().enable_http1();
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(idle)
        .http1_max_buf_size(BUFFER_BYTES)
        .build(InTime { https: tls.wrap_connector(tcp), most: connect_timeout })
}

/// Certificates of the system, where it has any (a private authority may be among them), and the bundled ones.
fn tls() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

/// Makes connections, TLS included, in time: whoever listens may yet never answer a handshake.
#[derive(Debug, Clone)]
struct InTime {
    https: HttpsConnector<Tcp>,
    most: Duration,
}

impl Service<Uri> for InTime {
    type Response = <HttpsConnector<Tcp> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = timeout(self.most, self.https.call(to));
        Box::pin(async move { connecting.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))? })
    }
}

#[derive(Debug)]
struct Transport(Arc<Client<InTime, SdkBody>>);

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = Arc::clone(&self.0);
        let span = trace::child(Kind::Client, "S3");
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            note_request(span.as_ref(), &request);
            let is_object = is_object(request.method(), request.uri());
            let answer = client.request(request).await;
            note_answer(span, answer.as_ref().ok());
            let answer = answer.map_err(|error| ConnectorError::io(error.into()))?;
            let most = most_of(answer.status(), is_object);
            let answer = answer.map(|body| match most {
                Some(most) => Either::Left(Limited::new(body, most)),
                None => Either::Right(body),
            });
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Whether the answer is an object, which is read piece by piece; every other answer is held whole.
fn is_object(method: &Method, uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    method == Method::GET && query.split('&').any(|field| field == "x-id=GetObject")
}

/// How many bytes of an answer are read, if there is a limit.
fn most_of(status: StatusCode, is_object: bool) -> Option<usize> {
    match (status.is_success(), is_object) {
        (true, true) => None,
        (true, false) => Some(MOST_OF_ANSWER),
        (false, _) => Some(MOST_OF_ERROR),
    }
}

/// Neither path nor query: keys hold names of strangers' files, and a query may be signed.
fn note_request(span: Option<&Open>, request: &Request<SdkBody>) {
    let Some(span) = span.map(Open::active) else { return };
    span.rename(format!("S3 {}", request.method()));
    span.set("http.request.method", request.method().as_str());
    if let Some(host) = request.uri().host() {
        span.set("server.address", host);
    }
}

/// It ends with the head of the answer.
fn note_answer<B>(span: Option<Open>, answer: Option<&Response<B>>) {
    let Some(span) = span else { return };
    match answer {
        Some(answer) => span.active().answered(answer.status().as_u16()),
        None => span.active().fail("no answer"),
    }
    drop(span);
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_that_answers_no_handshake_is_given_up() {
        client::http::install_tls();
        // the system accepts, and nobody answers
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let request = HttpRequest::get(format!("https://{}/", silent.local_addr().unwrap())).unwrap();
        let connector = Transport(Arc::new(connections(Duration::from_millis(50), Duration::from_secs(1))));
        let asked = timeout(Duration::from_secs(20), connector.call(request)).await;
        assert!(asked.expect("it is given up").is_err());
    }
}
