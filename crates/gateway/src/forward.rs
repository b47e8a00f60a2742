//! Takes a request to its service and the answer back: status and bytes untouched, streamed, nothing held whole but
//! the small bodies of requests.

use axum::{
    extract::Request,
    http::{Method, header},
    response::Response,
};
use client::hop::Outgoing;
use service::{ApiError, extract};

use crate::{
    App, answer,
    backend::Backend,
    body::{self, Whole},
    cross_site, events, headers,
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
    match route.answers {
        Answers::Events => {
            let reader = events::Reader::of(request.headers());
            Ok(reader.answer(stream_of(app, route, request).await))
        }
        Answers::Json | Answers::Anything => answer_of(app, route, request).await,
    }
}

/// A stream of events, if its client may have one more.
async fn stream_of(app: &App, route: &'static Route, request: Request) -> Result<Response, ApiError> {
    let stream = app.limits.stream(app.limits.client(&request))?;
    answer_of(app, route, request).await.map(|answer| stream.kept_by(answer))
}

async fn answer_of(app: &App, route: &'static Route, request: Request) -> Result<Response, ApiError> {
    let service = route.to.of(app);
    let (parts, body) = request.into_parts();
    let path =
        target::path(route.path, route.at, parts.uri.path()).map_err(|why| no_target(why, route, service))?;
    let job = target::job_id(route.path, parts.uri.path());
    if let Some(id) = &job {
        tracing::Span::current().record("job_id", &**id);
    }
    let query = target::query(route.query, parts.uri.query());
    let mut going_on = headers::going_on(&parts.headers);
    let mut whole = Whole::default();
    if parts.method == Method::POST {
        let is_the_originals = route.answers == Answers::Json;
        // those of the original take nothing but JSON
        if !is_the_originals {
            cross_site::check(&app.cors, &parts.headers)?;
        }
        whole = body::read(&app.limits, &parts.headers, body, is_the_originals).await?;
        if is_the_originals {
            must_be_json(service, &whole.bytes)?;
        }
        if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
            going_on.insert(header::CONTENT_TYPE, kind.clone());
        }
    }
    let is_conditional = answer::is_conditional(&going_on);
    let method = upstream_method(route, parts.method);
    let outgoing = Outgoing { method, path, query, headers: going_on, body: whole.bytes };
    let received = client::job_id::scope(job, service.send(outgoing)).await?;
    drop(whole.room);
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

/// The body that starts an import must be JSON, as in the original, whatever state the import service is in.
fn must_be_json(service: &Backend, bytes: &[u8]) -> Result<(), ApiError> {
    match json::kind(bytes) {
        Kind::Json => Ok(()),
        Kind::OutOfRange => Err(service.unavailable("Out of range float values are not JSON compliant")),
        Kind::Other => extract::parse_json(bytes).map(drop),
    }
}
