//! A service that answers what it is told, and remembers what it was asked; and a gateway in front of three of them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};
use gateway::{App, Config};
use http_body_util::BodyExt;
use service::Env;
use tokio::net::TcpListener;
use tower::ServiceExt;
use url::Url;

/// What the service was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) uri: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What the service answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Body>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::new(200, "application/json", body.to_owned())
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// A service behind the gateway. Without an answer it says 500 in HTML, which no test expects.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stub {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

impl Stub {
    /// Starts it on a free port.
    pub(crate) async fn start() -> (Self, Url) {
        let stub = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().fallback(answer).with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (stub, url)
    }

    /// Answers the next request with this.
    pub(crate) fn will_answer(&self, answer: Answer) {
        self.answers.lock().unwrap().push_back(answer);
    }

    /// Forgets the answers that nobody asked for.
    pub(crate) fn forget_answers(&self) {
        self.answers.lock().unwrap().clear();
    }

    /// What was asked since the last call.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

async fn answer(State(stub): State<Stub>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let asked = Asked { method: parts.method, uri: parts.uri.to_string(), headers: parts.headers, body };
    stub.asked.lock().unwrap().push(asked);
    let answer = stub.answers.lock().unwrap().pop_front();
    let answer = answer.unwrap_or_else(|| Answer::new(500, "text/html", "<html>not expected</html>"));
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(answer.body).unwrap()
}

/// A gateway and the services behind it.
pub(crate) struct Stack {
    pub(crate) import: Stub,
    pub(crate) metadata: Stub,
    pub(crate) storage: Stub,
    pub(crate) gateway: Router,
}

/// An answer of the gateway, read whole.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The text of an error, which must be one of ours.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }
}

impl Stack {
    /// With the default settings.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With this `CORS_ORIGINS`.
    pub(crate) async fn with_cors(origins: Option<&str>) -> Self {
        Self::with(&[("CORS_ORIGINS", origins.unwrap_or_default())]).await
    }

    /// With these settings.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let (import, import_url) = Stub::start().await;
        let (metadata, metadata_url) = Stub::start().await;
        let (storage, storage_url) = Stub::start().await;
        let mut env = Env::from_pairs(settings.iter().copied());
        env.set("IMPORT_SERVICE_URL", import_url);
        env.set("METADATA_SERVICE_URL", metadata_url);
        env.set("STORAGE_SERVICE_URL", storage_url);
        let config = Config::from_env(&env).unwrap();
        Self { import, metadata, storage, gateway: gateway::router(App::build(config)) }
    }

    /// Everything that any service was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        [&self.import, &self.metadata, &self.storage].iter().flat_map(|stub| stub.asked()).collect()
    }

    /// Sends a request without a body.
    pub(crate) async fn ask(&self, method: &str, path: &str) -> Got {
        send(&self.gateway, Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
    }

    /// Sends JSON.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Got {
        let request = Request::post(path).header("content-type", "application/json");
        send(&self.gateway, request.body(body.to_owned().into()).unwrap()).await
    }
}

/// Sends `request` and reads the whole answer.
pub(crate) async fn send(gateway: &Router, request: Request) -> Got {
    let response = gateway.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Got { status: parts.status, headers: parts.headers, body }
}
