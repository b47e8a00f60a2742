//! A stand-in for metadata that knows some images.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    routing::{MethodRouter, post},
};
use serde_json::{Value, json};
use service::extract::Json;
use tokio::{net::TcpListener, task::AbortHandle};

/// A running stand-in; stops when it is dropped.
pub(crate) struct Metadata {
    pub(crate) url: String,
    asked: Arc<AtomicUsize>,
    serving: AbortHandle,
}

impl Metadata {
    /// Knows images with these Drive ids, each with the MD5 that it was made of.
    pub(crate) async fn knowing(images: &[(&str, &str)]) -> Self {
        let rows: Vec<Value> = images.iter().map(|(id, md5)| row(id, md5)).collect();
        Self::answering(post(move |body: Json<Value>| {
            let asked = body.0["google_drive_ids"].as_array().unwrap().clone();
            let known: Vec<_> =
                rows.iter().filter(|row| asked.contains(&row["google_drive_id"])).cloned().collect();
            async move { Json(json!({ "images": known })) }
        }))
        .await
    }

    /// Takes questions, and never answers.
    pub(crate) async fn silent() -> Self {
        Self::answering(post(std::future::pending::<()>)).await
    }

    /// One of the original, which has no such route.
    pub(crate) async fn original() -> Self {
        Self::answering(post(async || StatusCode::NOT_FOUND)).await
    }

    /// It is gone: connections are refused.
    pub(crate) async fn stopped(self) -> Self {
        self.serving.abort();
        super::eventually("it stops", || async { self.serving.is_finished().then_some(()) }).await;
        self
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    async fn answering(answer: MethodRouter) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let counted = answer.layer(axum::middleware::map_request(move |request: Request| {
            count.fetch_add(1, Ordering::Relaxed);
            async move { request }
        }));
        let routes = Router::new().route("/images/known", counted);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let serving =
            tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() }).abort_handle();
        Self { url, asked, serving }
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn row(id: &str, md5: &str) -> Value {
    json!({"id": 1, "name": "n", "google_drive_id": id, "size": 10, "mime_type": "image/jpeg", "storage_path": "p",
        "storage_provider": "aws", "created_at": null, "source_md5": md5})
}
