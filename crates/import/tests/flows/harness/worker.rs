//! A stand-in for the worker: ours, or the original's.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::AbortHandle};
use url::Url;

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Says which file an outcome is about, and can cancel.
    Ours,
    /// Neither.
    Original,
    /// Answers 503.
    Down,
}

#[derive(Debug)]
struct Book {
    kind: Kind,
    batches: Vec<Value>,
    cancelled: Vec<String>,
    refused: usize,
}

/// A running stand-in; stops when it is dropped.
pub(crate) struct Worker {
    pub(crate) url: Url,
    book: Arc<Mutex<Book>>,
    serving: AbortHandle,
}

impl Worker {
    pub(crate) async fn start(kind: Kind) -> Self {
        let book = Book { kind, batches: Vec::new(), cancelled: Vec::new(), refused: 0 };
        let book = Arc::new(Mutex::new(book));
        let routes = Router::new()
            .route("/process-batch", post(process_batch))
            .route("/health", get(|| async { "{}" }))
            .fallback(cancel)
            .with_state(book.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let serving =
            tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() }).abort_handle();
        Self { url, book, serving }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// From now on it behaves like this.
    pub(crate) fn becomes(&self, kind: Kind) {
        self.book().kind = kind;
    }

    /// Every batch it accepted.
    pub(crate) fn batches(&self) -> Vec<Value> {
        self.book().batches.clone()
    }

    /// Sizes of the batches it accepted.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        self.book().batches.iter().map(|batch| batch["files"].as_array().unwrap().len()).collect()
    }

    /// Ids of all files it accepted, in order.
    pub(crate) fn file_ids(&self) -> Vec<String> {
        let files = |batch: &Value| batch["files"].as_array().unwrap().clone();
        let id = |file: Value| file["id"].as_str().unwrap().to_owned();
        self.book().batches.iter().flat_map(files).map(id).collect()
    }

    /// Jobs it was told to cancel.
    pub(crate) fn cancelled(&self) -> Vec<String> {
        self.book().cancelled.clone()
    }

    /// Calls that it refused.
    pub(crate) fn refused(&self) -> usize {
        self.book().refused
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn process_batch(State(book): State<Arc<Mutex<Book>>>, body: Bytes) -> Response {
    let mut book = book.lock().unwrap();
    let batch: Value = serde_json::from_slice(&body).unwrap();
    let size = batch["files"].as_array().unwrap().len();
    let mut answer = json!({"job_id": batch["job_id"], "batch_size": size, "message": format!("Processing {size} images")});
    match book.kind {
        Kind::Down => {
            book.refused += 1;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Kind::Ours => answer["reports_results"] = true.into(),
        Kind::Original => {}
    }
    book.batches.push(batch);
    (StatusCode::ACCEPTED, answer.to_string()).into_response()
}

async fn cancel(State(book): State<Arc<Mutex<Book>>>, uri: Uri) -> Response {
    let mut book = book.lock().unwrap();
    let job = uri.path().strip_prefix("/jobs/").and_then(|rest| rest.strip_suffix("/cancel"));
    match (job, book.kind) {
        (_, Kind::Down) => {
            book.refused += 1;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        (Some(job), Kind::Ours) => {
            book.cancelled.push(job.to_owned());
            (StatusCode::ACCEPTED, json!({"success": true, "cancelled": 0}).to_string()).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
