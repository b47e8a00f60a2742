//! What a service counts of itself, and `/metrics`, where Prometheus reads it.
//!
//! Each service has a registry of its own and not one for the process: `image-import up` runs five services in one, and
//! each of them shows its own numbers, under its own name as the label `service`. What there is to count stands in
//! [`catalogue`], and nothing else is counted.

pub mod catalogue;
mod codes;
mod drive;
mod reading;
mod requests;
mod streams;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use ::metrics::{Counter, Gauge, Histogram};
use ::metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString};
use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

pub(crate) use self::requests::NoteRoute;
pub use self::{
    catalogue::{Kind, Metric},
    drive::{Call, CountedDrive},
};
use self::{reading::Reading, requests::Requests};
use crate::Shutdown;

/// How often what was measured is brought together: until then each value is held.
const UPKEEP: Duration = Duration::from_secs(5);
/// What Prometheus reads.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const METADATA: Metadata<'static> = Metadata::new("image_import", Level::INFO, None);

/// Says at once what it is asked.
type Look = Arc<dyn Fn() + Send + Sync>;

/// The numbers of one service. Clones are one.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    service: &'static str,
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    requests: Requests,
    /// What is looked at when somebody wants to know.
    looks: Mutex<Vec<Look>>,
    /// What must be asked for.
    readings: Mutex<Vec<Reading>>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Metrics").field(&self.inner.service).finish()
    }
}

impl Metrics {
    /// The numbers of `service`, kept until `shutdown`.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn start(service: &'static str, shutdown: &Shutdown) -> Self {
        let metrics = Self::new(service);
        metrics.keep(shutdown);
        metrics
    }

    /// Brings what was measured together now and then, until `shutdown`: else only reading does.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn keep(&self, shutdown: &Shutdown) {
        let (handle, stop) = (self.inner.handle.clone(), shutdown.clone());
        shutdown.spawn(async move {
            while stop.sleep(UPKEEP).await {
                handle.run_upkeep();
            }
        });
    }

    /// The numbers of `service`, brought together only when they are read.
    ///
    /// # Panics
    /// Never: the buckets in the catalogue are constant.
    pub fn new(service: &'static str) -> Self {
        let mut builder = PrometheusBuilder::new().add_global_label("service", service);
        for metric in catalogue::ALL {
            if let Kind::Histogram(buckets) = metric.kind {
                let name = Matcher::Full(metric.name.to_owned());
                builder = builder.set_buckets_for_metric(name, buckets).expect("no list of buckets is empty");
            }
        }
        let recorder = builder.build_recorder();
        for metric in catalogue::ALL {
            let (name, help) = (KeyName::from(metric.name), SharedString::from(metric.help));
            match metric.kind {
                Kind::Counter => recorder.describe_counter(name, None, help),
                Kind::Gauge => recorder.describe_gauge(name, None, help),
                Kind::Histogram(_) => recorder.describe_histogram(name, None, help),
            }
        }
        let handle = recorder.handle();
        let (requests, looks, readings) = (Requests::default(), Mutex::default(), Mutex::default());
        let inner = Inner { service, recorder, handle, requests, looks, readings };
        let metrics = Self { inner: Arc::new(inner) };
        metrics.errors_from_zero();
        metrics
    }

    /// A number that only grows. `labels` are the values of the metric's labels, in the order of the catalogue; each must
    /// be one of few, and nothing of a user's. Keep what comes back where it is counted often.
    pub fn counter(&self, metric: &'static Metric, labels: &[&str]) -> Counter {
        let key = key_of(metric, labels);
        self.inner.recorder.register_counter(&key, &METADATA)
    }

    /// A number that goes up and down.
    pub fn gauge(&self, metric: &'static Metric, labels: &[&str]) -> Gauge {
        let key = key_of(metric, labels);
        self.inner.recorder.register_gauge(&key, &METADATA)
    }

    /// Values by size.
    pub fn histogram(&self, metric: &'static Metric, labels: &[&str]) -> Histogram {
        let key = key_of(metric, labels);
        self.inner.recorder.register_histogram(&key, &METADATA)
    }

    /// Counters of one metric with these labels begin at 0: one that is first seen with its first number shows Prometheus
    /// no growth.
    pub fn from_zero<const LABELS: usize>(
        &self,
        metric: &'static Metric,
        labels: impl IntoIterator<Item = [&'static str; LABELS]>,
    ) {
        for labels in labels {
            self.counter(metric, &labels).increment(0);
        }
    }

    /// Has `look` set gauges, at once, whenever somebody wants to see them.
    pub fn when_seen(&self, look: impl Fn() + Send + Sync + 'static) {
        lock(&self.inner.looks).push(Arc::new(look));
    }

    /// Has `read` set gauges when somebody wants to see them: once for all who want to at the same time, and so seldom that
    /// it costs little. Who wants to see them waits 20 ms at most; what comes later is shown the next time.
    pub fn when_read<F, Done>(&self, read: F)
    where
        F: Fn() -> Done + Send + Sync + 'static,
        Done: Future<Output = ()> + Send + 'static,
    {
        lock(&self.inner.readings).push(Reading::new(read));
    }

    /// How much of a pool is in use, and how much there is: `read` says both when somebody wants to see them.
    pub fn pool(&self, name: &'static str, read: impl Fn() -> (usize, usize) + Send + Sync + 'static) {
        let in_use = self.gauge(&catalogue::POOL_IN_USE, &[name]);
        let capacity = self.gauge(&catalogue::POOL_CAPACITY, &[name]);
        self.when_seen(move || {
            let (used, all) = read();
            in_use.set(number(used));
            capacity.set(number(all));
        });
    }

    /// The route `/metrics`.
    pub(crate) fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let metrics = self.clone();
        let shown = get(move || {
            let metrics = metrics.clone();
            async move { metrics.show().await }
        });
        Router::new().route("/metrics", shown)
    }

    async fn show(&self) -> Response {
        let readings = lock(&self.inner.readings).clone();
        futures::future::join_all(readings.iter().map(Reading::refresh)).await;
        let looks = lock(&self.inner.looks).clone();
        for look in &looks {
            look();
        }
        ([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-store")], self.inner.handle.render())
            .into_response()
    }
}

fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As numbers are shown: whole up to 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "no pool is that large")]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}

fn key_of(metric: &'static Metric, values: &[&str]) -> Key {
    debug_assert_eq!(metric.labels.len(), values.len(), "labels of {}", metric.name);
    let labels = metric.labels.iter().zip(values).map(|(name, value)| Label::new(*name, (*value).to_owned()));
    Key::from_parts(metric.name, labels.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
