//! Memory and patience are bounded, and nobody waits for ever.

use std::{net::SocketAddr, time::Duration};

use serde_json::json;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, task::JoinHandle};
use uuid::Uuid;

use crate::harness::{Stack, bytes, json as body_of, wait_for};

/// The beginning of a body that is larger than all memory for such.
const LARGE_JSON: &str = "POST /upload HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 200000000\r\n\r\n{";

#[tokio::test]
async fn many_uploads_share_little_memory_and_all_arrive() {
    let stack = Stack::start_with(|config, _| config.limits.memory_bytes = 16 << 20).await;
    let sizes = [1 << 20, 20 << 20, 100, 300_000, 17 << 20, 9 << 20, 25 << 20, 2 << 20];
    let uploads = sizes.iter().cycle().take(16).map(|length| {
        let service = &stack.service;
        async move { service.stored("a.jpg", &bytes(*length)).await.size == *length as u64 }
    });
    assert!(futures::future::join_all(uploads).await.into_iter().all(|right| right));
    assert_eq!(stack.keys().await.len(), 16);
}

#[tokio::test]
async fn a_client_that_falls_silent_gives_its_memory_back() {
    let stack = Stack::start_with(|config, _| {
        config.limits.memory_bytes = 1 << 20;
        config.limits.silence = Duration::from_millis(500);
    })
    .await;
    let mut silent = Vec::new();
    for _ in 0..4 {
        let mut socket = TcpStream::connect(stack.service.address).await.unwrap();
        let head = format!(
            "PUT /objects/{}?filename=a HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nhalf",
            Uuid::new_v4()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        silent.push(socket);
    }
    wait_for("another client is served", async || {
        stack.service.put(Uuid::new_v4(), "b", b"x", None).await.status() == 200
    })
    .await;
    assert_eq!(stack.keys().await.len(), 1);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let stack = Stack::start_with(|config, _| config.max_upload_bytes = 1000).await;
    let upload =
        |length: usize| json!({"file_data": "YWFh".repeat(length / 4), "filename": "a", "mime_type": "b"});
    let (status, answer) = stack.service.post("/upload", &upload(2000)).await;
    assert_eq!((status, answer["code"].as_str()), (413, Some("too-large")));
    assert_eq!(stack.service.post("/upload", &upload(400)).await.0, 200);
}

#[tokio::test]
async fn an_image_beyond_the_limit_is_not_stored_however_it_comes() {
    let most: usize = 20 << 20;
    let stack = Stack::start_with(move |config, _| config.max_image_bytes = Some(most as u64)).await;
    let refused = async |answer: reqwest::Response| {
        assert_eq!(answer.status(), 413);
        let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(body["code"], "image-too-large", "{body}");
        assert!(body["error"].as_str().unwrap().contains("20 MiB that MAX_IMAGE_MB"), "{body}");
    };
    let service = &stack.service;
    refused(service.put(Uuid::new_v4(), "announced", &vec![7; most + 1], None).await).await;
    // of unknown length: found out when parts of it are in the bucket already
    let in_pieces = async |bytes: usize| {
        let pieces = (0..bytes).step_by(1 << 20).map(move |at| vec![7_u8; (1 << 20).min(bytes - at)]);
        let body = reqwest::Body::wrap_stream(futures::stream::iter(pieces.map(Ok::<_, std::io::Error>)));
        let url = service.url(&format!("/objects/{}?filename=streamed", Uuid::new_v4()));
        service.http.put(url).body(body).send().await.unwrap()
    };
    refused(in_pieces(most + 1).await).await;
    assert!(stack.keys().await.is_empty(), "nothing is left of them");
    assert_eq!(in_pieces(most).await.status(), 200);
    assert_eq!(service.put(Uuid::new_v4(), "fits", &vec![7; most], None).await.status(), 200);
    let small = Stack::start_with(|config, _| config.max_image_bytes = Some(1 << 20)).await;
    let upload = |bytes: usize| {
        let data = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, vec![7_u8; bytes]);
        json!({"file_data": data, "filename": "a", "mime_type": "b"})
    };
    let (status, answer) = small.service.post("/upload", &upload((1 << 20) + 1)).await;
    assert_eq!(
        (status, &answer["code"], &answer["success"]),
        (413, &json!("image-too-large"), &json!(false))
    );
    assert_eq!(small.service.post("/upload", &upload(1 << 20)).await.0, 200);
    assert_eq!(small.keys().await.len(), 1);
}

/// An upload of `size` bytes that keeps saying something, so that it keeps its memory.
async fn hog(address: SocketAddr, size: usize) -> JoinHandle<()> {
    let head = format!(
        "PUT /objects/{}?filename=a HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n",
        Uuid::new_v4()
    );
    hog_with(address, &head).await
}

async fn hog_with(address: SocketAddr, head: &str) -> JoinHandle<()> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    tokio::spawn(async move {
        while socket.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
}

#[tokio::test]
async fn the_first_uploads_leave_memory_to_others() {
    let stack = Stack::start_with(|config, _| config.limits.memory_bytes = 3 << 20).await;
    let mut hogs = Vec::new();
    for _ in 0..8 {
        hogs.push(hog(stack.service.address, 1 << 20).await);
    }
    // until one upload has gone through, nobody knows how the bucket takes them, and bodies are held
    let small = bytes(200_000);
    let other = stack.service.put(Uuid::new_v4(), "b", &small, None);
    let other = tokio::time::timeout(Duration::from_secs(20), other).await.expect("it waits for nobody");
    assert_eq!(other.status(), 200);
    hogs.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn uploads_beyond_the_memory_are_told_to_come_back() {
    let stack = Stack::start_with(|config, _| {
        config.limits.memory_bytes = 1 << 20;
        config.limits.silence = Duration::from_millis(1500);
    })
    .await;
    let hogging = hog(stack.service.address, 1 << 20).await;
    let mut busy = None;
    wait_for("memory is taken", async || {
        let answer = stack.service.put(Uuid::new_v4(), "b", b"x", None).await;
        let is_busy = answer.status() == 503;
        busy = Some(answer);
        is_busy
    })
    .await;
    let busy = busy.unwrap();
    assert_eq!(busy.headers()["retry-after"], "1");
    assert_eq!(body_of(busy).await["code"], "storage-busy");
    hogging.abort();
}

#[tokio::test]
async fn a_json_body_that_falls_silent_gives_its_memory_back() {
    let stack = Stack::start_with(|config, _| config.limits.silence = Duration::from_millis(500)).await;
    let mut socket = TcpStream::connect(stack.service.address).await.unwrap();
    socket.write_all(LARGE_JSON.as_bytes()).await.unwrap();
    let upload = json!({"file_data": "YQ==", "filename": "a", "mime_type": "b"});
    wait_for("another client is served", async || stack.service.post("/upload", &upload).await.0 == 200)
        .await;
}

#[tokio::test]
async fn a_large_json_body_keeps_only_its_like_waiting() {
    let stack = Stack::start_with(|config, _| config.limits.silence = Duration::from_millis(1500)).await;
    let hogging = hog_with(stack.service.address, LARGE_JSON).await;
    let upload = json!({"file_data": "YQ==", "filename": "a", "mime_type": "b"});
    wait_for("memory is taken", async || stack.service.post("/upload", &upload).await.0 == 503).await;
    stack.service.stored("b", b"x").await;
    hogging.abort();
}
