//! The fault book and the counts over HTTP. They ask for no credentials: for tests only.

use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::Serialize;

use super::{FaultRule, Faults};

/// The paths. No bucket can have a name with an underscore, so none is hidden.
pub(in super::super) fn routes<S: Clone + Send + Sync + 'static>(faults: Faults) -> Router<S> {
    let book = get(show_faults).post(add_faults).put(replace_faults).delete(clear_faults);
    Router::new()
        .route("/__faults", book)
        .route("/__stats", get(show_stats).delete(reset_stats))
        .with_state(faults)
}

async fn show_faults(State(faults): State<Faults>) -> Response {
    shown(&faults.report())
}

async fn add_faults(State(faults): State<Faults>, body: Bytes) -> Response {
    change(&faults, &body, |_| ())
}

async fn replace_faults(State(faults): State<Faults>, body: Bytes) -> Response {
    change(&faults, &body, Faults::clear)
}

async fn clear_faults(State(faults): State<Faults>) -> StatusCode {
    faults.clear();
    StatusCode::NO_CONTENT
}

async fn show_stats(State(faults): State<Faults>) -> Response {
    shown(&faults.stats())
}

async fn reset_stats(State(faults): State<Faults>) -> StatusCode {
    faults.reset_stats();
    StatusCode::NO_CONTENT
}

fn change(faults: &Faults, body: &[u8], first: impl FnOnce(&Faults)) -> Response {
    match rules(body) {
        Ok(rules) => {
            first(faults);
            faults.extend(rules);
            shown(&faults.report())
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

/// One rule or a list of rules.
fn rules(body: &[u8]) -> serde_json::Result<Vec<FaultRule>> {
    if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice(body)
    } else {
        Ok(vec![serde_json::from_slice(body)?])
    }
}

fn shown<T: Serialize>(what: &T) -> Response {
    match serde_json::to_string(what) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
