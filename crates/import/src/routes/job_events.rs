//! `GET /import/events/{job_id}`: what happens to a job, as Server-Sent Events.
//!
//! `progress` has the job, at once when something changes and, but near its end, at most four times a second; `image`
//! one stored image, with its number as the event's id; `end` the job as it ended, and then the stream closes. A client
//! that comes back with the id of the last event it saw goes on after that. Who has seen the end gets 204, which ends a
//! browser's attempts to come back.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use client::signature::UrlSigner;
use futures::Stream;
use service::{
    ApiError,
    extract::{Path, Query},
};

use super::find_job;
use crate::{
    App,
    feeds::Watcher,
    sse::{self, Seen},
};

/// How often something is said at least: whoever is in between gives up after 30 s of silence.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
/// How soon the store is asked again for images that it could not give.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// For proxies that would hold events back.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

pub(super) async fn job_events(
    State(app): State<App>,
    job_id: Result<Path<String>, ApiError>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let job = find_job(&app, job_id).await?;
    let after = match last_seen(&headers, &query) {
        Seen::End if job.progress.end.is_some() => return Ok(StatusCode::NO_CONTENT.into_response()),
        // nobody was ever sent that: all that came of it would be missed
        Seen::Image(number) if number > job.progress.imported => 0,
        Seen::End => 0,
        Seen::Image(number) => number,
    };
    let signer = app.config.url_signer.clone();
    let body = Body::from_stream(events(app.feeds.watch(&app, &job), signer, after, HEARTBEAT_EVERY));
    let head = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (UNBUFFERED, "no"),
    ];
    Ok((head, body).into_response())
}

/// A browser that comes back repeats the address it began with: the header is newer.
fn last_seen(headers: &HeaderMap, query: &Query) -> Seen {
    let header = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    header.or_else(|| query.get("last_event_id")).map_or(Seen::Image(0), Seen::parse)
}

/// The events of a job, written as they are read: a slow reader is told less often.
fn events(
    watcher: Watcher,
    signer: Option<UrlSigner>,
    after: u64,
    heartbeat_every: Duration,
) -> impl Stream<Item = Result<String, Infallible>> {
    let (mut watcher, mut after) = (watcher, after);
    async_stream::stream! {
        yield Ok(sse::opening());
        loop {
            let look = watcher.look();
            // an image is told before a progress that counts it
            while after < look.newest {
                match watcher.images(after).await {
                    Ok(images) => {
                        let Some(last) = images.last() else { break };
                        after = last.number;
                        let told = images.iter().map(|image| {
                            let renewed = signer.as_ref().map(|signer| signer.renew(&image.json));
                            let json = renewed.as_deref().unwrap_or(&image.json);
                            sse::event("image", Some(&image.number.to_string()), json)
                        });
                        yield Ok(told.collect());
                    }
                    Err(error) => {
                        tracing::debug!(error = %service::error::chain(&error), "read stored images");
                        yield Ok(sse::HEARTBEAT.to_owned());
                        tokio::time::sleep(ASK_AGAIN_AFTER).await;
                    }
                }
            }
            let job = serde_json::to_string(&look.job).unwrap_or_default();
            if look.job.state.is_final() {
                yield Ok(sse::event("end", Some(sse::END_ID), &job));
                return;
            }
            yield Ok(sse::event("progress", None, &job));
            loop {
                match tokio::time::timeout(heartbeat_every, watcher.has_news()).await {
                    Ok(true) => break,
                    // the service stops, or the job is gone: the client comes back, or learns that
                    Ok(false) => return,
                    Err(_) => yield Ok(sse::HEARTBEAT.to_owned()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{extract::FromRequestParts, http::Request};
    use client::{drive::DriveRef, ids::DriveId};
    use futures::StreamExt;
    use service::{Env, Shutdown};

    use super::*;
    use crate::{
        Config,
        store::{NewJob, Page},
    };

    #[tokio::test]
    async fn while_nothing_happens_something_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let env = Env::from_pairs([("DATA_DIR", dir.path().to_str().unwrap())]);
        let app = App::build(Config::from_env(&env).unwrap(), Shutdown::new()).await.unwrap();
        let new = NewJob {
            id: "j".into(),
            folder: DriveRef { id: DriveId::parse("album").unwrap(), resource_key: None },
            folder_name: None,
            request_id: None,
            recursive: false,
            retry_of: None,
            most_running: None,
        };
        let page = Page { next_token: Some("more".into()), ..Page::default() };
        let (job, _held) = app.store.create_job(&new, page, &app.lease().await.unwrap()).await.unwrap();
        let watcher = app.feeds.watch(&app, &job);
        let mut events = Box::pin(events(watcher, None, 0, Duration::from_millis(10)));
        let mut next = async || events.next().await.unwrap().unwrap();
        assert!(next().await.starts_with("retry: "));
        assert!(next().await.starts_with("event: progress\n"));
        for _ in 0..3 {
            assert_eq!(next().await, sse::HEARTBEAT);
        }
    }

    #[tokio::test]
    async fn the_header_is_newer_than_the_address() {
        for (uri, header, seen) in [
            ("/", None, Seen::Image(0)),
            ("/?last_event_id=3", None, Seen::Image(3)),
            ("/?last_event_id=3", Some("9"), Seen::Image(9)),
            ("/?last_event_id=3", Some("end"), Seen::End),
        ] {
            let mut request = Request::get(uri);
            if let Some(id) = header {
                request = request.header("Last-Event-ID", id);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let query = Query::from_request_parts(&mut parts, &()).await.unwrap();
            assert_eq!(last_seen(&parts.headers, &query), seen, "{uri} {header:?}");
        }
    }
}
