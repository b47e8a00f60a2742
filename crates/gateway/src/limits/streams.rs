//! Open streams of events, each of which holds a connection for as long as its client likes.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{body::Body, http::header, response::Response};
use futures::StreamExt;
use service::ApiError;

/// In how many seconds one may have ended.
const TRY_AGAIN_SECS: u64 = 5;

/// The streams that are open.
#[derive(Debug)]
pub(super) struct Streams {
    most: usize,
    open: Open,
}

type Open = Arc<Mutex<HashMap<IpAddr, usize>>>;

impl Streams {
    /// At most `most` of one client.
    pub(super) fn new(most: usize) -> Self {
        Self { most, open: Open::default() }
    }

    /// One more of `client`, if it may have it.
    pub(super) fn open(&self, client: IpAddr) -> Result<Stream, ApiError> {
        let mut open = lock(&self.open);
        let count = open.entry(client).or_default();
        if *count >= self.most {
            let message = format!(
                "{} streams of events are open from your address, and more are not allowed: close one, or ask for \
                 the status of the job instead.",
                self.most
            );
            let refused = ApiError::too_many_requests(message).code("too-many-streams");
            return Err(refused.retry_after(TRY_AGAIN_SECS));
        }
        *count += 1;
        Ok(Stream { client, open: Arc::clone(&self.open) })
    }
}

fn lock(open: &Open) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of one stream; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Stream {
    client: IpAddr,
    open: Open,
}

impl Stream {
    /// `answer`, which keeps the place while it lasts if it is a stream of events.
    pub(crate) fn kept_by(self, answer: Response) -> Response {
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
            answer.map(|body| {
                Body::from_stream(body.into_data_stream().inspect(move |_| {
                    let _place = &self;
                }))
            })
        } else {
            answer
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        if let Some(count) = open.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}
