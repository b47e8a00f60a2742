//! A collector of traces that takes everything and can say what came.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use serde_json::Value;
use tokio::net::TcpListener;

/// What came: headers and body of each request.
type Come = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// The collector.
pub(super) struct Collector {
    /// Its address.
    pub(super) url: String,
    come: Come,
}

/// A span as it was told.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) has_failed: bool,
    attributes: Value,
}

impl Collector {
    /// Starts it.
    pub(super) async fn start() -> Self {
        let come = Come::default();
        let kept = Arc::clone(&come);
        let take = move |headers: HeaderMap, body: Bytes| async move {
            let text = String::from_utf8(body.to_vec()).expect("it is text");
            kept.lock().expect("nobody panics with it").push((headers, text));
            "{}"
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let routes = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, come }
    }

    /// All spans so far.
    pub(super) fn told(&self) -> Vec<Told> {
        let bodies = self.come.lock().expect("nobody panics with it");
        bodies.iter().flat_map(|(_, body)| read(body)).collect()
    }

    /// All that came, as text.
    pub(super) fn bodies(&self) -> String {
        let come = self.come.lock().expect("nobody panics with it");
        come.iter().map(|(_, body)| body.as_str()).collect()
    }

    /// The values that a header had.
    pub(super) fn headers(&self, name: &str) -> Vec<String> {
        let come = self.come.lock().expect("nobody panics with it");
        let values =
            come.iter().filter_map(|(headers, _)| headers.get(name)?.to_str().ok().map(str::to_owned));
        let mut values: Vec<_> = values.collect();
        values.dedup();
        values
    }
}

impl Told {
    /// An attribute that is a text; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.attribute(name)["stringValue"].as_str().unwrap_or_default()
    }

    /// An attribute that is a number; 0 where there is none.
    pub(super) fn number(&self, name: &str) -> i64 {
        let number = self.attribute(name)["intValue"].as_str().unwrap_or_default();
        number.parse().unwrap_or_default()
    }

    fn attribute(&self, name: &str) -> &Value {
        let attributes = self.attributes.as_array().into_iter().flatten();
        let found = attributes.into_iter().find(|attribute| attribute["key"] == name);
        found.map_or(&Value::Null, |attribute| &attribute["value"])
    }
}

fn read(body: &str) -> Vec<Told> {
    let body: Value = serde_json::from_str(body).expect("it is JSON");
    let resource = &body["resourceSpans"][0];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let service = text(&resource["resource"]["attributes"][0]["value"]["stringValue"]);
    let spans = resource["scopeSpans"][0]["spans"].as_array().expect("spans");
    spans
        .iter()
        .map(|span| Told {
            service: service.clone(),
            name: text(&span["name"]),
            trace: text(&span["traceId"]),
            id: text(&span["spanId"]),
            parent: span["parentSpanId"].as_str().map(str::to_owned),
            has_failed: span["status"]["code"] == 2,
            attributes: span["attributes"].clone(),
        })
        .collect()
}
