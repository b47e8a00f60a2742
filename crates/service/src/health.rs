//! `/health` (the process lives; never looks further, as in the original) and `/ready` (what it needs is there).

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use client::hop::{Hop, Outgoing};
use serde_json::{Map, Value, json};

use crate::extract::Json;

/// How long one dependency may take to answer.
const PROBE: Duration = Duration::from_secs(3);

/// The version that all crates of this workspace share.
const VERSION: &str = env!("CARGO_PKG_VERSION");

type Probe = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What a service needs, each with a way to ask whether it is there.
#[derive(Clone, Default)]
pub struct Dependencies {
    probes: Vec<(&'static str, Probe)>,
}

impl std::fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.probes.iter().map(|(name, _)| name)).finish()
    }
}

impl Dependencies {
    /// Nothing is needed.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds `name`. `probe` answers what is wrong in words fit for anybody: no hosts, no secrets.
    #[must_use]
    pub fn with<F, Answer>(mut self, name: &'static str, probe: F) -> Self
    where
        F: Fn() -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.probes.push((name, Arc::new(move || Box::pin(probe()))));
        self
    }

    /// Adds another service, asked by its `/health`.
    #[must_use]
    pub fn with_service(self, name: &'static str, base: &url::Url) -> Self {
        let hop = Hop::new(base.clone(), PROBE);
        self.with(name, move || {
            let hop = hop.clone();
            async move {
                let asked = Outgoing {
                    method: Method::GET,
                    path: "/health".to_owned(),
                    query: None,
                    headers: HeaderMap::new(),
                    body: Bytes::new(),
                };
                match hop.send(asked).await {
                    Ok(answer) if answer.status().is_success() => Ok(()),
                    Ok(answer) => Err(format!("answered {}", answer.status().as_u16())),
                    Err(failure) => Err(failure.kind().to_owned()),
                }
            }
        })
    }

    async fn report(&self) -> (bool, Value) {
        let asked = self.probes.iter().map(|(name, probe)| async move {
            let answer = tokio::time::timeout(PROBE, probe()).await;
            (*name, answer.unwrap_or_else(|_| Err("no answer in time".to_owned())))
        });
        let mut all_up = true;
        let mut states = Map::new();
        for (name, answer) in futures::future::join_all(asked).await {
            all_up &= answer.is_ok();
            let state = match answer {
                Ok(()) => json!({"status": "up"}),
                Err(why) => json!({"status": "down", "reason": why}),
            };
            states.insert(name.to_owned(), state);
        }
        (all_up, Value::Object(states))
    }
}

/// The routes `/health` and `/ready` of the service `name`.
pub fn routes<S: Clone + Send + Sync + 'static>(name: &'static str, needs: Dependencies) -> Router<S> {
    let health = get(move || async move { Json(json!({"service": name, "status": "healthy"})) });
    let ready = get(move || async move {
        let (all_up, dependencies) = needs.report().await;
        let (status, word) =
            if all_up { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not-ready") };
        (
            status,
            [(header::CACHE_CONTROL, "no-store")],
            Json(json!({"service": name, "status": word, "version": VERSION, "dependencies": dependencies})),
        )
            .into_response()
    });
    Router::new().route("/health", health).route("/ready", ready)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn what_hangs_is_named_in_bounded_time_and_hides_nothing() {
        let hangs = std::future::pending::<Result<(), String>>;
        let needs = Dependencies::none()
            .with("hanging", hangs)
            .with("hanging-too", hangs)
            .with("fine", || std::future::ready(Ok(())))
            .with("broken", || std::future::ready(Err("it is broken".to_owned())));
        let request = Request::get("/ready").body(axum::body::Body::empty()).unwrap();
        let asked = tokio::time::timeout(Duration::from_secs(60), routes("test", needs).oneshot(request));
        let answer = asked.await.expect("an answer, whatever hangs").unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let late = json!({"status": "down", "reason": "no answer in time"});
        assert_eq!(body["status"], "not-ready");
        assert_eq!(
            body["dependencies"],
            json!({"hanging": late, "hanging-too": late, "fine": {"status": "up"},
                "broken": {"status": "down", "reason": "it is broken"}})
        );
    }
}
