//! The HTTP face: health, faults, and every other request on its way to the S3 operations.

use std::cell::RefCell;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderValue, Method, StatusCode, header};
use s3s::{HttpError, HttpResponse, S3Error, S3ErrorCode, s3_error, service::S3Service};
use tower_http::cors::{Any, CorsLayer};
use tracing::{instrument::WithSubscriber as _, subscriber::NoSubscriber};
use uuid::Uuid;

use super::{
    cuts,
    faults::{self, FaultKind, Faults},
    linger::SharedBody,
    manners::Manners,
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
    pub(super) manners: Manners,
}

impl Front {
    /// The routes. No bucket can have a name with an underscore, so none is hidden by a path of ours.
    pub(super) fn router(self, fault_control: bool) -> Router {
        let mut router = Router::new().route("/_health", get(health));
        if fault_control {
            router = router.merge(faults::routes(self.faults.clone()));
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
    front.manners.sign(&mut response);
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
            Some(FaultKind::Reset | FaultKind::Refuse) => cuts::instead_of_an_answer(),
            Some(FaultKind::CutUpload) => {
                cuts::take_in(request.into_body(), strike.after_bytes).await;
                cuts::instead_of_an_answer()
            }
            Some(FaultKind::LostReply) => {
                self.operate(operation, request).await;
                cuts::instead_of_an_answer()
            }
            Some(FaultKind::CutAnswer) => {
                cuts::in_the_answer(self.operate(operation, request).await, strike.after_bytes)
            }
            Some(FaultKind::SlowAnswer) => {
                let answer = self.operate(operation, request).await;
                tokio::time::sleep(strike.late).await;
                answer
            }
        }
    }

    /// The protocol crate reports every refusal as an error and prints requests with their signatures: it is not heard,
    /// and what an operator must know is said here.
    async fn operate(&self, operation: &'static str, request: Request<SharedBody>) -> Response {
        if let Some(refusal) = self.manners.refusal(operation, request.headers()) {
            return error(refusal);
        }
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
