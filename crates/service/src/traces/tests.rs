//! Spans at a collector that takes them, refuses them, or is not there.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use client::trace::Kind;
use serde_json::Value;
use tokio::{net::TcpListener, time::Instant};

use super::*;
use crate::Env;

/// How long anything here may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came to the collector.
#[derive(Clone, Default)]
struct Collector {
    bodies: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
}

impl Collector {
    /// One that gives these answers, the last one first, and then takes everything; and its address.
    async fn start(answers: &[StatusCode]) -> (Self, String) {
        let collector = Self { answers: Arc::new(Mutex::new(answers.to_vec())), ..Self::default() };
        let come = collector.clone();
        let take = move |headers: HeaderMap, body: Bytes| async move {
            let answer = come.answers.lock().unwrap().pop().unwrap_or(StatusCode::OK);
            if answer.is_success() {
                come.bodies.lock().unwrap().push((headers, serde_json::from_slice(&body).unwrap()));
            }
            answer
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (collector, url)
    }

    fn names(&self) -> Vec<String> {
        let bodies = self.bodies.lock().unwrap();
        let spans = bodies.iter().flat_map(|(_, body)| {
            body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().cloned().unwrap_or_default()
        });
        spans.map(|span| span["name"].as_str().unwrap_or_default().to_owned()).collect()
    }

    async fn has(&self, spans: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.names().len() < spans {
            assert!(Instant::now() < deadline, "only {:?} came", self.names());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn start(url: &str, shutdown: &Shutdown) -> Traces {
    let env = Env::from_pairs([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20key"),
    ]);
    Traces::start(env.reader().traces(), "a-service", &Metrics::new("test"), shutdown)
}

fn note(traces: &Traces, spans: usize) {
    for _ in 0..spans {
        traces.tracer().unwrap().start(Kind::Internal, "one", None);
    }
}

#[tokio::test]
async fn spans_arrive_with_the_headers_and_the_name_of_their_service() {
    let (collector, url) = Collector::start(&[]).await;
    let traces = start(&url, &Shutdown::new());
    note(&traces, 3);
    collector.has(3).await;
    let (headers, body) = collector.bodies.lock().unwrap()[0].clone();
    assert_eq!(
        (&headers["x-key"], &headers["content-type"]),
        (&"a key".parse().unwrap(), &"application/json".parse().unwrap())
    );
    assert_eq!(body["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"], "a-service");
}

#[tokio::test]
async fn the_last_words_are_sent_at_the_end_and_at_once() {
    let (collector, url) = Collector::start(&[]).await;
    let shutdown = Shutdown::new();
    let traces = start(&url, &shutdown);
    shutdown.stop();
    note(&traces, 700);
    traces.finish_within(PATIENCE).await;
    assert_eq!(collector.names().len(), 700);
}

#[tokio::test]
async fn what_is_refused_in_passing_comes_again_and_what_is_refused_for_good_does_not() {
    let answers = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::UNAUTHORIZED];
    let (collector, url) = Collector::start(&answers).await;
    let traces = start(&url, &Shutdown::new());
    note(&traces, 2);
    let deadline = Instant::now() + PATIENCE;
    while traces.tracer().unwrap().dropped() < 2 {
        assert!(Instant::now() < deadline, "what is refused is dropped");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    note(&traces, 1);
    collector.has(1).await;
    assert_eq!((collector.names().len(), traces.tracer().unwrap().dropped()), (1, 2));
}

#[tokio::test]
async fn a_collector_that_is_not_there_costs_spans_and_nothing_else() {
    let shutdown = Shutdown::new();
    let traces = start("http://127.0.0.1:9", &shutdown);
    let spans = ROOM + 3 * 512;
    for _ in 0..spans {
        note(&traces, 1);
        tokio::task::yield_now().await;
    }
    let dropped = traces.tracer().unwrap().dropped();
    assert!(dropped > 0 && dropped < spans as u64, "{dropped}");
    shutdown.stop();
    traces.finish_within(PATIENCE).await;
    assert_eq!(traces.tracer().unwrap().dropped(), spans as u64);
}

#[tokio::test]
async fn without_a_collector_there_is_no_tracer() {
    let traces =
        Traces::start(Env::default().reader().traces(), "a-service", &Metrics::new("test"), &Shutdown::new());
    assert!(traces.tracer().is_none());
    traces.finish().await;
}
