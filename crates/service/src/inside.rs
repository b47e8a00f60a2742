//! Only for those inside: with `INTERNAL_TOKEN` a service answers nobody who does not send it, but for its health.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use client::{
    InternalToken,
    internal_token::{REFUSED, SCHEME},
};
use tower::ServiceExt;

use crate::ApiError;

/// What anybody may ask: containers and monitors do.
const OPEN: [&str; 3] = ["/health", "/ready", "/metrics"];

/// Lets only those at `routes` who send `token`; without one nothing changes.
pub fn before(token: Option<InternalToken>, routes: Router) -> Router {
    let Some(token) = token else { return routes };
    let guarded = Arc::new((token, routes));
    Router::new().fallback(move |request: Request| answer(Arc::clone(&guarded), request))
}

async fn answer(guarded: Arc<(InternalToken, Router)>, request: Request) -> Response {
    let (token, routes) = &*guarded;
    if !OPEN.contains(&request.uri().path()) && !token.is_in(request.headers()) {
        tracing::debug!("a request without the token of the services was refused");
        return ApiError::unauthorized(
            SCHEME,
            "This service answers only the other services of its system: INTERNAL_TOKEN must be the same for all of them.",
        )
        .code(REFUSED)
        .into_response();
    }
    let Ok(answer) = routes.clone().oneshot(request).await;
    answer
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use client::Secret;

    use super::*;
    use crate::{cors::Cors, serve::finish_with};

    fn service(token: Option<&str>) -> Router {
        let token = token.map(|text| InternalToken::new(&Secret::new(text)).unwrap());
        let answer = || get(|| async { "here" }).post(|| async { "done" });
        let routes = ["/health", "/ready", "/metrics", "/images", "/images/{id}"]
            .into_iter()
            .fold(Router::new(), |routes, path| routes.route(path, answer()));
        finish_with(routes, Cors::any(), |routes| before(token, routes))
    }

    async fn ask(service: &Router, method: &str, path: &str, token: Option<&str>) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("x-internal-token", token);
        }
        service.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_stranger_learns_nothing_but_that_the_service_lives() {
        let guarded = service(Some("the-services-know-it"));
        for path in
            ["/images", "/images/7", "/nothing/here", "/health/", "/%69mages", "//images", "/metrics/x"]
        {
            for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS"] {
                for token in [None, Some(""), Some("the-services-know-i"), Some("the-services-know-it-not")] {
                    let answer = ask(&guarded, method, path, token).await;
                    assert_eq!(answer.status(), 401, "{method} {path} {token:?}");
                    assert_eq!(answer.headers()["www-authenticate"], "X-Internal-Token");
                }
            }
        }
        for path in OPEN {
            assert_eq!(ask(&guarded, "GET", path, None).await.status(), 200, "{path}");
        }
    }

    #[tokio::test]
    async fn the_other_services_are_answered_as_ever() {
        for (token, sent) in
            [(Some("the-services-know-it"), Some("the-services-know-it")), (None, None), (None, Some("x"))]
        {
            let service = service(token);
            for (method, path, status) in [
                ("GET", "/images", 200),
                ("POST", "/images/7", 200),
                ("GET", "/nothing", 404),
                ("PUT", "/images", 405),
            ] {
                assert_eq!(ask(&service, method, path, sent).await.status(), status, "{method} {path}");
            }
        }
    }
}
