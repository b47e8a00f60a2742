//! The HTTP face: health, faults, and every other request on its way to the S3 operations.

use std::{cell::RefCell, io};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Method, StatusCode, header};
use s3s::{HttpError, HttpResponse, S3Error, S3ErrorCode, s3_error, service::S3Service};
use tower_http::cors::{Any, CorsLayer};
use tracing::{instrument::WithSubscriber as _, subscriber::NoSubscriber};
use uuid::Uuid;

use super::{
    faults::{FaultKind, FaultRule, Faults},
    linger::SharedBody,
    operation,
    refusal::CAUSE,
    store::Store,
    xml::escape_controls,
};

/// Operations whose answer is a stranger's bytes, not ours to touch.
const READS: [&str; 2] = ["GetObject", "HeadObject"];

/// What answers requests.
#[derive(Clone)]
pub(super) struct Front {
    pub(super) s3: S3Service,
    pub(super) store: Store,
    pub(super) faults: Faults,
}

impl Front {
    /// The routes. No bucket can have a name with an underscore, so none is hidden by a path of ours.
    pub(super) fn router(self, fault_control: bool) -> Router {
        let mut router = Router::new().route("/_health", get(health));
        if fault_control {
            let faults = get(list_faults).post(add_faults).put(replace_faults).delete(clear_faults);
            router = router.route("/__faults", faults);
        }
        router.fallback(serve).layer(browsers()).with_state(self)
    }
}

/// Pages of every origin may read, and see the headers of what they read.
fn browsers() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers(Any)
        .expose_headers(Any)
}

async fn health(State(front): State<Front>) -> Response {
    let (status, body) = if front.store.is_healthy().await {
        (StatusCode::OK, r#"{"service":"embedded-s3","status":"healthy"}"#)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, r#"{"service":"embedded-s3","status":"unhealthy"}"#)
    };
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn list_faults(State(front): State<Front>) -> Response {
    match serde_json::to_string(&front.faults.report()) {
        Ok(report) => ([(header::CONTENT_TYPE, "application/json")], report).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn add_faults(State(front): State<Front>, body: Bytes) -> Response {
    match rules(&body) {
        Ok(rules) => {
            front.faults.extend(rules);
            list_faults(State(front)).await
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

async fn replace_faults(State(front): State<Front>, body: Bytes) -> Response {
    match rules(&body) {
        Ok(rules) => {
            front.faults.clear();
            front.faults.extend(rules);
            list_faults(State(front)).await
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

async fn clear_faults(State(front): State<Front>) -> StatusCode {
    front.faults.clear();
    StatusCode::NO_CONTENT
}

/// One rule or a list of rules.
fn rules(body: &[u8]) -> serde_json::Result<Vec<FaultRule>> {
    if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice(body)
    } else {
        Ok(vec![serde_json::from_slice(body)?])
    }
}

async fn serve(State(front): State<Front>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = SharedBody::new(body);
    let headers = parts.headers.clone();
    let request = Request::from_parts(parts, body.clone());
    let mut response = front.answer(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        body.linger(&headers).await;
    }
    let id = Uuid::new_v4().simple().to_string().to_uppercase();
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-amz-request-id", id);
    }
    response
}

impl Front {
    async fn answer(&self, request: Request<SharedBody>) -> Response {
        let Some(operation) = operation::name(request.method(), request.uri(), request.headers()) else {
            return error(s3_error!(
                MethodNotAllowed,
                "The specified method is not allowed against this resource."
            ));
        };
        let strike = self.faults.strike(operation, &operation::key(request.uri()));
        if !strike.delay.is_zero() {
            tokio::time::sleep(strike.delay).await;
        }
        match strike.kind {
            None | Some(FaultKind::Latency) => self.operate(operation, request).await,
            Some(FaultKind::SlowDown) => error(s3_error!(SlowDown, "Please reduce your request rate.")),
            Some(FaultKind::AccessDenied) => error(s3_error!(AccessDenied, "Access Denied")),
            Some(FaultKind::InternalError) => error(internal_error()),
            Some(FaultKind::ErrorInBody) => {
                let mut response = error(internal_error());
                *response.status_mut() = StatusCode::OK;
                response
            }
            Some(FaultKind::Reset) => cut(),
            Some(FaultKind::LostReply) => {
                self.operate(operation, request).await;
                cut()
            }
        }
    }

    /// The protocol crate reports every refusal as an error and prints requests with their signatures: it is not heard,
    /// and what an operator must know is said here.
    async fn operate(&self, operation: &'static str, request: Request<SharedBody>) -> Response {
        let call = async {
            let request = request.map(s3s::Body::http_body_unsync);
            let answer = self.s3.call(request).with_subscriber(NoSubscriber::default()).await;
            (answer, CAUSE.with(RefCell::take))
        };
        let (answer, cause) = CAUSE.scope(RefCell::new(None), call).await;
        let mut response = response(answer);
        if !READS.contains(&operation) {
            response = escape_controls(response).await;
        }
        let status = response.status().as_u16();
        if let Some(cause) = cause {
            tracing::error!(operation, status, cause, "S3 request failed");
        } else {
            tracing::debug!(operation, status, "S3 request");
        }
        response
    }
}

fn response(answer: Result<HttpResponse, HttpError>) -> Response {
    match answer {
        Ok(response) => response.map(Body::new),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn error(error: S3Error) -> Response {
    error.to_http_response().map_or_else(
        |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |response| response.map(Body::new),
    )
}

fn internal_error() -> S3Error {
    S3Error::with_message(S3ErrorCode::InternalError, "We encountered an internal error. Please try again.")
}

/// An answer whose body fails at once, upon which the server closes the connection without having sent a byte.
fn cut() -> Response {
    let broken =
        stream::once(async { Err::<Bytes, _>(io::Error::other("the connection is cut on purpose")) });
    Body::from_stream(broken).into_response()
}
