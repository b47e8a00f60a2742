//! What is stored, and how it is told.

use base64::Engine as _;
use bytes::Bytes;
use client::storage::{NewObject, Upload};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{BUCKET, Service, Stack, bytes, config, json as body_of, md5_base64, md5_hex};

#[tokio::test]
async fn an_object_of_any_size_arrives_byte_for_byte() {
    let stack = Stack::start().await;
    for length in [0, 1, 300, 256 << 10, (256 << 10) + 1, 3 << 20, 16 << 20, (16 << 20) + 1, 40 << 20] {
        let sent = bytes(length);
        let stored = stack.service.stored("a.bin", &sent).await;
        assert_eq!((stored.size, stored.md5.as_str()), (length as u64, md5_hex(&sent).as_str()), "{length}");
        assert_eq!(stored.provider, "aws");
        assert!(stored.success && stored.key.ends_with("_a.bin") && stored.url.ends_with(&stored.key));
        assert!(stack.open(&stored.url).await.bytes().await.unwrap() == sent, "{length}");
    }
    assert_eq!(stack.unfinished().await, 0);
}

#[tokio::test]
async fn a_stream_arrives_byte_for_byte_whether_its_length_is_known_or_not() {
    let stack = Stack::start().await;
    for length in [0, 1, 1 << 20, 16 << 20, (16 << 20) + 1, 30 << 20] {
        let sent = bytes(length);
        for size_bytes in [None, Some(length as u64)] {
            let pieces: Vec<_> =
                sent.chunks(100_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            let object = NewObject {
                uuid: Uuid::new_v4(),
                filename: "a.bin".into(),
                provider: "aws".into(),
                mime_type: "image/png".into(),
                size_bytes,
                md5: Some(md5_hex(&sent)),
            };
            let body = futures::stream::iter(pieces);
            let stored = stack.service.uploads().put_object(&object, body).await.unwrap();
            assert_eq!((stored.size, stored.md5), (length as u64, md5_hex(&sent)), "{size_bytes:?}");
            assert!(stack.open(&stored.url).await.bytes().await.unwrap() == sent, "{size_bytes:?}");
        }
    }
}

/// A TIFF of 400 × 300 pixels, shown turned, that tells so behind `length` bytes of pixels.
fn tiff(length: u32) -> Vec<u8> {
    let mut file = [&b"II*\0"[..], &(length + 8).to_le_bytes(), &bytes(length as usize), &[3, 0]].concat();
    for (tag, value) in [(256_u16, 400_u32), (257, 300), (274, 6)] {
        file.extend_from_slice(&tag.to_le_bytes());
        file.extend_from_slice(&[4, 0, 1, 0, 0, 0]);
        file.extend_from_slice(&value.to_le_bytes());
    }
    file
}

#[tokio::test]
async fn a_picture_is_measured_as_it_passes_on_every_way_it_can_take() {
    let stack = Stack::start().await;
    for length in [100, 1 << 20, 17 << 20] {
        let picture = tiff(length);
        for (size_bytes, piece) in [(Some(picture.len() as u64), 9999), (None, 77_777)] {
            let pieces: Vec<_> =
                picture.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            let object = NewObject {
                uuid: Uuid::new_v4(),
                filename: "a.jpg".into(),
                provider: "aws".into(),
                mime_type: "image/jpeg".into(),
                size_bytes,
                md5: None,
            };
            let body = futures::stream::iter(pieces);
            let stored = stack.service.uploads().put_object(&object, body).await.unwrap();
            assert_eq!((stored.width, stored.height), (Some(300), Some(400)), "{length} {size_bytes:?}");
            assert_eq!(stored.content_type, "image/tiff", "whatever it was called");
        }
    }
    let answer = stack.service.put(Uuid::new_v4(), "a.png", b"\x89PNG\r\n\x1a\n and no more", None).await;
    let answer = body_of(answer).await;
    assert!(answer.get("width").is_none() && answer.get("height").is_none(), "{answer}");
}

#[tokio::test]
async fn the_same_uuid_and_name_write_the_same_object_again() {
    let stack = Stack::start().await;
    let uuid = Uuid::new_v4();
    for sent in [&bytes(500_000)[..], b"second"] {
        let answer = stack.service.put(uuid, "a.jpg", sent, Some(&md5_base64(sent))).await;
        assert_eq!(answer.status(), 200);
        let url = body_of(answer).await["url"].as_str().unwrap().to_owned();
        assert!(stack.open(&url).await.bytes().await.unwrap() == sent);
    }
    assert_eq!(stack.keys().await, [format!("{uuid}_a.jpg")]);
}

#[tokio::test]
async fn an_object_says_what_it_is_and_what_it_was_called() {
    let stack = Stack::start().await;
    for (name, first, media_type, disposition) in [
        ("é.png", &b"\x89PNG\r\n\x1a\n"[..], "image/png", "inline; filename*=UTF-8''%C3%A9.png"),
        (
            "x.jpg",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "image/svg+xml",
            "attachment; filename*=UTF-8''x.jpg",
        ),
        ("p.png", b"<html><script>", "text/html", "attachment; filename*=UTF-8''p.png"),
    ] {
        // once in memory, once streamed, once in parts
        for length in [100, 300_000, 17 << 20] {
            let mut sent = bytes(length);
            sent[..first.len()].copy_from_slice(first);
            let stored = stack.service.stored(name, &sent).await;
            assert_eq!(stored.content_type, media_type);
            let opened = stack.open(&stored.url).await;
            let header = |name: &str| opened.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), media_type);
            assert_eq!(header("content-disposition"), disposition);
            assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
        }
    }
}

#[tokio::test]
async fn the_originals_upload_stores_small_and_large() {
    let stack = Stack::start().await;
    for (length, uuid) in [(0, None), (5, Some(Uuid::new_v4())), (9 << 20, None), (20 << 20, None)] {
        let sent = bytes(length);
        let upload = Upload {
            file_data: base64::engine::general_purpose::STANDARD.encode(&sent),
            filename: "a b.txt".into(),
            mime_type: "text/plain".into(),
            provider: "aws".into(),
            uuid,
        };
        let uploaded = stack.service.client().upload(&upload).await.unwrap();
        assert!(uuid.is_none_or(|uuid| uploaded.url.contains(&format!("/{uuid}_"))), "{uploaded:?}");
        assert!(uploaded.success && uploaded.url.ends_with("_a%20b.txt"));
        let opened = stack.open(&uploaded.url).await;
        assert_eq!(opened.headers()["content-type"], "text/plain");
        assert!(opened.bytes().await.unwrap() == sent, "{length}");
    }
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_and_says_why() {
    let stack = Stack::start().await;
    let id = Uuid::new_v4();
    for (path, md5, words) in [
        ("/objects/nonsense?filename=a".to_owned(), None, "UUID"),
        (format!("/objects/{}?filename=a", id.simple()), None, "UUID"),
        (format!("/objects/{id}"), None, "filename"),
        (format!("/objects/{id}?filename=a&provider=gcp"), None, "Invalid storage provider"),
        (format!("/objects/{id}?filename=a"), Some("nonsense"), "Content-MD5"),
    ] {
        let mut request = stack.service.http.put(stack.service.url(&path)).body("x");
        if let Some(md5) = md5 {
            request = request.header("content-md5", md5);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400, "{path}");
        let error = body_of(answer).await["error"].as_str().unwrap().to_owned();
        assert!(error.contains(words), "{path}: {error}");
    }
    assert!(stack.keys().await.is_empty());
}

#[tokio::test]
async fn without_a_bucket_the_service_runs_and_says_what_to_set() {
    let mut config = config("http://127.0.0.1:1");
    config.bucket = None;
    let service = Service::start(config).await;
    let health = service.http.get(service.url("/health")).send().await.unwrap();
    assert_eq!(body_of(health).await, json!({"service": "storage-service", "status": "healthy"}));
    let put = service.put(Uuid::new_v4(), "a", b"x", None).await;
    assert_eq!(put.status(), 500);
    let upload = json!({"file_data": "", "filename": "a", "mime_type": "b"});
    let ready = service.http.get(service.url("/ready")).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    for answer in [
        body_of(put).await,
        service.post("/upload", &upload).await.1,
        service.post("/delete", &json!({"file_path": "x"})).await.1,
        body_of(ready).await,
    ] {
        let text = answer.to_string();
        assert!(text.contains("AWS_BUCKET_NAME") && text.contains("EMBEDDED_S3_URL"), "{text}");
    }
}

#[tokio::test]
async fn ready_tells_whether_the_bucket_is_there() {
    let stack = Stack::start().await;
    let ready = stack.service.http.get(stack.service.url("/ready")).send().await.unwrap();
    assert_eq!(body_of(ready).await["dependencies"]["s3"]["status"], "up");
    let missing = Stack::start_with(|config, _| config.bucket.as_mut().unwrap().name = "other".into()).await;
    let ready = missing.service.http.get(missing.service.url("/ready")).send().await.unwrap();
    let answer = body_of(ready).await;
    assert_eq!(answer["dependencies"]["s3"]["status"], "down");
    assert!(answer.to_string().contains("NoSuchBucket") && !answer.to_string().contains(BUCKET), "{answer}");
    let down = Service::start(config("http://127.0.0.1:1")).await;
    let ready = down.http.get(down.url("/ready")).send().await.unwrap();
    let answer = body_of(ready).await;
    assert_eq!(answer["dependencies"]["s3"]["reason"], "could not connect");
}
