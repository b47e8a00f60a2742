//! Takes a request to its service and the answer back: status and bytes untouched, streamed, nothing held whole but
//! the small bodies of requests.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, Method, header},
    response::Response,
};
use client::hop::Outgoing;
use futures::StreamExt;
use service::{
    ApiError,
    extract::{self, MAX_JSON_BODY},
};

use crate::{
    App, answer,
    backend::Backend,
    events, headers,
    json::{self, Kind},
    routes::{Answers, Route},
    target::{self, NoTarget},
};

/// Forwards `request`, which matched `route`.
pub(crate) async fn forward(
    app: &App,
    route: &'static Route,
    request: Request,
) -> Result<Response, ApiError> {
    let comes_back = route.answers == Answers::Events && events::is_event_source(request.headers());
    let answer = answer_of(app, route, request).await;
    if comes_back { Ok(events::or_come_back(answer)) } else { answer }
}

async fn answer_of(app: &App, route: &'static Route, request: Request) -> Result<Response, ApiError> {
    let service = route.to.of(app);
    let (parts, body) = request.into_parts();
    let path =
        target::path(route.path, route.at, parts.uri.path()).map_err(|why| no_target(why, route, service))?;
    let query = target::query(route.query, parts.uri.query());
    let mut going_on = headers::going_on(&parts.headers);
    let mut bytes = Bytes::new();
    if parts.method == Method::POST {
        bytes = read_body(route, service, &parts.headers, body).await?;
        if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
            going_on.insert(header::CONTENT_TYPE, kind.clone());
        }
    }
    let is_conditional = answer::is_conditional(&going_on);
    let method = upstream_method(route, parts.method);
    let outgoing = Outgoing { method, path, query, headers: going_on, body: bytes };
    let received = service.send(outgoing).await?;
    if service.refuses_us(&received) {
        return Err(service.unavailable("it takes this gateway for a stranger"));
    }
    match route.answers {
        Answers::Json => answer::json(service, received, is_conditional).await,
        Answers::Anything | Answers::Events => Ok(answer::anything(received)),
    }
}

/// The original asks its services with `GET` where it is asked with `HEAD`: only so can it see that the answer is JSON.
fn upstream_method(route: &Route, asked: Method) -> Method {
    if asked == Method::HEAD && route.answers == Answers::Json { Method::GET } else { asked }
}

fn no_target(why: NoTarget, route: &Route, service: &Backend) -> ApiError {
    match (why, route.answers) {
        // the original's HTTP library drops the dots, and what it then asks for is no page of the service
        (NoTarget::Dots, Answers::Json) => service.unavailable("it has no page of that name"),
        _ => extract::not_found(),
    }
}

/// The whole body, read before anything is called, so that a service never waits for a slow client. The one that starts
/// an import must be JSON, as in the original, whatever state the import service is in.
async fn read_body(
    route: &Route,
    service: &Backend,
    headers: &HeaderMap,
    body: Body,
) -> Result<Bytes, ApiError> {
    let must_be_json = route.answers == Answers::Json;
    if must_be_json {
        extract::require_json(headers)?;
    }
    let bytes = collect(body, service).await?;
    if must_be_json {
        match json::kind(&bytes) {
            Kind::Json => {}
            Kind::OutOfRange => {
                return Err(service.unavailable("Out of range float values are not JSON compliant"));
            }
            Kind::Other => drop(extract::parse_json(&bytes)?),
        }
    }
    Ok(bytes)
}

async fn collect(body: Body, service: &Backend) -> Result<Bytes, ApiError> {
    if axum::body::HttpBody::size_hint(&body).lower() > MAX_JSON_BODY as u64 {
        return Err(extract::larger_than(MAX_JSON_BODY));
    }
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    loop {
        match tokio::time::timeout(service.silence(), chunks.next()).await {
            Ok(None) => return Ok(whole.into()),
            Ok(Some(Ok(chunk))) if whole.len() + chunk.len() > MAX_JSON_BODY => {
                return Err(extract::larger_than(MAX_JSON_BODY));
            }
            Ok(Some(Ok(chunk))) => whole.extend_from_slice(&chunk),
            Ok(Some(Err(_))) => return Err(ApiError::bad_request("The body ended before it was complete.")),
            Err(_) => return Err(ApiError::request_timeout("The rest of the body did not come.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_client_that_stops_sending_is_told_so() {
        let silence = Duration::from_millis(20);
        let service = Backend::new("Import", "http://127.0.0.1:9".parse().unwrap(), silence, None);
        let body = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(collect(body, &service).await.unwrap_err().status(), 408);
    }
}
