//! Takes spans, some at a time, to the collector: at most [`MOST`] in one body, tried again while it is away. What it
//! refuses is dropped.

use std::time::Duration;

use axum::http::header;
use client::{
    retry::Backoff,
    trace::{Span, Tracer},
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{json, settings::Settings};
use crate::Shutdown;

/// Spans in one body.
const MOST: usize = 512;
/// How long the first one waits for others.
const COMPANY: Duration = Duration::from_secs(1);
/// The same while the service stops.
const LITTLE_COMPANY: Duration = Duration::from_millis(50);
/// How long the collector may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Waits between tries.
const AGAIN: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(30) };

/// The way to the collector.
pub(super) struct Exporter {
    settings: Settings,
    service: String,
    tracer: Tracer,
    spans: mpsc::Receiver<Span>,
    http: Option<reqwest::Client>,
    /// It was told that the collector takes nothing.
    is_told: bool,
}

/// Why the collector did not take spans.
#[derive(Debug)]
struct Refusal {
    why: String,
    /// It may take them later.
    is_passing: bool,
}

impl Exporter {
    pub(super) fn new(
        settings: Settings,
        service: &'static str,
        tracer: Tracer,
        spans: mpsc::Receiver<Span>,
    ) -> Self {
        let service = settings.service_name.clone().unwrap_or_else(|| service.to_owned());
        let http = client::http::builder(TIMEOUT).timeout(TIMEOUT).build().ok();
        Self { settings, service, tracer, spans, http, is_told: false }
    }

    /// Sends until `finish`, and then what is left.
    pub(super) async fn run(mut self, shutdown: Shutdown, finish: CancellationToken) {
        loop {
            let batch = self.gather(&shutdown, &finish).await;
            if batch.is_empty() {
                return;
            }
            self.deliver(&batch, &shutdown, &finish).await;
        }
    }

    /// The next spans; none when it is to finish and none are left.
    async fn gather(&mut self, shutdown: &Shutdown, finish: &CancellationToken) -> Vec<Span> {
        let mut batch = Vec::new();
        tokio::select! {
            biased;
            _ = self.spans.recv_many(&mut batch, MOST) => {}
            () = finish.cancelled() => return batch,
        }
        let was_stopping = shutdown.is_stopping();
        let too_late = Instant::now() + if was_stopping { LITTLE_COMPANY } else { COMPANY };
        while batch.len() < MOST && !finish.is_cancelled() {
            let room = MOST - batch.len();
            tokio::select! {
                _ = self.spans.recv_many(&mut batch, room) => {}
                () = tokio::time::sleep_until(too_late) => break,
                () = finish.cancelled() => {}
                () = shutdown.stopping(), if !was_stopping => break,
            }
        }
        while batch.len() < MOST
            && let Ok(span) = self.spans.try_recv()
        {
            batch.push(span);
        }
        batch
    }

    /// Sends them until they are taken, refused, or it is to finish.
    async fn deliver(&mut self, batch: &[Span], shutdown: &Shutdown, finish: &CancellationToken) {
        let body = json::export(&self.service, batch);
        let mut tries = 0;
        loop {
            let Err(refusal) = self.send(body.clone()).await else {
                if std::mem::take(&mut self.is_told) {
                    tracing::info!(service = self.service, "the collector takes traces again");
                }
                return;
            };
            if !std::mem::replace(&mut self.is_told, true) {
                tracing::warn!(
                    service = self.service,
                    why = refusal.why,
                    "the collector of OTEL_EXPORTER_OTLP_ENDPOINT does not take traces; nothing else suffers"
                );
            }
            if !refusal.is_passing || finish.is_cancelled() {
                self.tracer.drop_some(batch.len() as u64);
                return;
            }
            tries += 1;
            let was_stopping = shutdown.is_stopping();
            tokio::select! {
                () = tokio::time::sleep(AGAIN.wait(tries, None)) => {}
                () = shutdown.stopping(), if !was_stopping => {}
                () = finish.cancelled() => {}
            }
        }
    }

    async fn send(&self, body: Vec<u8>) -> Result<(), Refusal> {
        let refused = |why: &str, is_passing| Refusal { why: why.to_owned(), is_passing };
        let http = self.http.as_ref().ok_or_else(|| refused("there is no HTTP client", false))?;
        let request = http
            .post(self.settings.endpoint.clone())
            .headers(self.settings.headers.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        let answer = request.send().await;
        let answer = answer.map_err(|error| refused(client::http::failure_kind(&error), true))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let is_passing = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
        Err(refused(&format!("HTTP {}", status.as_u16()), is_passing))
    }
}
