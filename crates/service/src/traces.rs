//! Spans on their way to a collector of traces, by OTLP over HTTP: off unless a collector is set, and never in the way of
//! what they tell about. Those that nobody takes are dropped, and counted.
//!
//! Our own and not OpenTelemetry's: one process may be five services, a span may end in another process than it began in,
//! what is dropped is counted, and a collector that is away is told of once.

mod export;
mod json;
mod route;
mod server;
mod settings;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client::trace::Tracer;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::export::Exporter;
pub(crate) use self::route::note as note_route;
pub use self::{
    server::{Parents, before},
    settings::Settings,
};
use crate::{Metrics, Shutdown, metrics::catalogue::TRACE_SPANS_DROPPED};

/// Spans that wait for their turn; while the collector is away, more are dropped.
const ROOM: usize = 4096;
/// How long the last ones may take when everything else has stopped.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The traces of one service. Clones are one.
#[derive(Debug, Clone)]
pub struct Traces(Option<Arc<On>>);

#[derive(Debug)]
struct On {
    tracer: Tracer,
    exporter: Mutex<Option<JoinHandle<()>>>,
    finish: CancellationToken,
}

impl Traces {
    /// Sends what `service` does to the collector of `settings`, if there is one, until [`Traces::finish`]. From
    /// `shutdown` on nothing waits for company.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn start(
        settings: Option<Settings>,
        service: &'static str,
        metrics: &Metrics,
        shutdown: &Shutdown,
    ) -> Self {
        let Some(settings) = settings else { return Self(None) };
        let (tracer, spans) = Tracer::new(settings.sampler, ROOM);
        let finish = CancellationToken::new();
        let (dropped, counted) = (metrics.counter(&TRACE_SPANS_DROPPED, &[]), tracer.clone());
        metrics.when_read(move || {
            dropped.absolute(counted.dropped());
            std::future::ready(())
        });
        let exporter = Exporter::new(settings, service, tracer.clone(), spans);
        let exporter = tokio::spawn(exporter.run(shutdown.clone(), finish.clone()));
        let exporter = Mutex::new(Some(exporter));
        Self(Some(Arc::new(On { tracer, exporter, finish })))
    }

    /// What makes spans, if somebody wants them.
    pub fn tracer(&self) -> Option<&Tracer> {
        self.0.as_ref().map(|on| &on.tracer)
    }

    /// Sends what is left, within a bounded time; when everything else has stopped.
    pub async fn finish(&self) {
        self.finish_within(LAST_WORDS).await;
    }

    async fn finish_within(&self, limit: Duration) {
        let Some(on) = &self.0 else { return };
        on.finish.cancel();
        let exporter = on.exporter.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(exporter) = exporter else { return };
        let stop = exporter.abort_handle();
        if tokio::time::timeout(limit, exporter).await.is_err() {
            stop.abort();
        }
    }
}

#[cfg(test)]
mod tests;
