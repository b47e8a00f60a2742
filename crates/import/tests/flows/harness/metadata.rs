//! A stand-in for metadata that knows some images.

use axum::{Router, routing::post};
use serde_json::{Value, json};
use service::extract::Json;
use tokio::{net::TcpListener, task::AbortHandle};

/// A running stand-in; stops when it is dropped.
pub(crate) struct Metadata {
    pub(crate) url: String,
    serving: AbortHandle,
}

impl Metadata {
    /// Knows images with these Drive ids, each with the MD5 that it was made of.
    pub(crate) async fn knowing(images: &[(&str, &str)]) -> Self {
        let rows: Vec<Value> = images.iter().map(|(id, md5)| row(id, md5)).collect();
        Self::answering(Router::new().route(
            "/images/known",
            post(move |body: Json<Value>| {
                let asked = body.0["google_drive_ids"].as_array().unwrap().clone();
                let known: Vec<_> =
                    rows.iter().filter(|row| asked.contains(&row["google_drive_id"])).cloned().collect();
                async move { Json(json!({ "images": known })) }
            }),
        ))
        .await
    }

    /// One of the original, which has no such route.
    pub(crate) async fn original() -> Self {
        Self::answering(Router::new()).await
    }

    async fn answering(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let serving =
            tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() }).abort_handle();
        Self { url, serving }
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
