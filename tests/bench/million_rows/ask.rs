//! Requests, and how long each took.

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use tests::Stack;
use tokio::time::Instant;

/// How long many requests took, shortest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken(Vec<Duration>);

impl Taken {
    pub(crate) fn add(&mut self, taken: Duration) {
        let place = self.0.partition_point(|known| *known < taken);
        self.0.insert(place, taken);
    }

    /// Milliseconds within which so many percent were answered.
    pub(crate) fn percent(&self, percent: usize) -> f64 {
        let place = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(place).map_or(f64::NAN, |taken| taken.as_secs_f64() * 1000.0)
    }
}

/// `GET` of a path below `/api`: the answer, and how long it took to be whole.
pub(crate) async fn get(stack: &Stack, path: &str) -> (Value, Duration) {
    let started = Instant::now();
    let answer = stack.http.get(format!("{}{path}", stack.api)).send().await.expect("the gateway answers");
    let status = answer.status();
    let body = answer.bytes().await.expect("the answer is whole");
    let taken = started.elapsed();
    assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
    (serde_json::from_slice(&body).expect("the answer is JSON"), taken)
}

/// The same path again and again.
pub(crate) async fn often(stack: &Stack, path: &str, times: usize) -> Taken {
    let mut taken = Taken::default();
    for _ in 0..times {
        taken.add(get(stack, path).await.1);
    }
    taken
}

/// The ids of a page.
pub(crate) fn ids(page: &Value) -> Vec<i64> {
    let images = page["images"].as_array().expect("a page has images");
    images.iter().map(|image| image["id"].as_i64().expect("rows have ids")).collect()
}

/// Writes one more row, as the worker does.
pub(crate) async fn insert(stack: &Stack, number: u64) -> Duration {
    let image = json!({"name": format!("inserted {number}.jpg"), "google_drive_id": format!("inserted_{number}"),
        "size": 1, "mime_type": "image/jpeg", "storage_provider": "aws",
        "storage_path": format!("{}/{}/{}_x.jpg", stack.bucket.url, tests::bucket::BUCKET, uuid::Uuid::new_v4())});
    let started = Instant::now();
    let request = stack.http.post(format!("{}/images", stack.url("metadata"))).json(&image);
    let answer = request.send().await.expect("metadata answers");
    let (status, text) = (answer.status().as_u16(), answer.text().await.expect("the answer is whole"));
    assert_eq!(status, 201, "{text}");
    started.elapsed()
}

/// What `/images/all` is.
#[derive(Debug)]
pub(crate) struct All {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    pub(crate) is_whole: bool,
}

/// Reads the list of all images as it comes, and keeps none of it. No name of a row has a brace.
pub(crate) async fn all(stack: &Stack) -> All {
    let started = Instant::now();
    let answer =
        stack.http.get(format!("{}/images/all", stack.api)).send().await.expect("the gateway answers");
    assert!(answer.status().is_success());
    let mut chunks = answer.bytes_stream();
    let (mut opened, mut closed, mut bytes) = (0_u64, 0_u64, 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.expect("the answer is whole");
        bytes += chunk.len() as u64;
        opened += chunk.iter().map(|byte| u64::from(*byte == b'{')).sum::<u64>();
        closed += chunk.iter().map(|byte| u64::from(*byte == b'}')).sum::<u64>();
    }
    let seconds = started.elapsed().as_secs_f64();
    All { rows: opened.saturating_sub(1), bytes, seconds, is_whole: opened == closed }
}
