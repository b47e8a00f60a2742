//! Streams of events that are open: each holds a connection for as long as its client likes.

use ::metrics::Gauge;
use axum::{body::Body, http::header, response::Response};
use futures::StreamExt;

use super::{Metrics, catalogue::EVENT_STREAMS};

/// One that is open, until this is dropped.
struct Open(Gauge);

impl Open {
    fn new(gauge: Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl Metrics {
    /// This service answers with streams of events: their number is shown while there are none, too.
    pub fn has_event_streams(&self) {
        self.gauge(&EVENT_STREAMS, &[]).increment(0.0);
    }

    /// `response`, counted while it lasts if it is a stream of events.
    pub(super) fn counting_streams(&self, response: Response) -> Response {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
            return response;
        }
        let open = Open::new(self.gauge(&EVENT_STREAMS, &[]));
        response.map(|body| {
            Body::from_stream(body.into_data_stream().inspect(move |_| {
                let _open = &open;
            }))
        })
    }
}
