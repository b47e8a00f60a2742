//! Images that cannot be read as they should: other keys than they seem, and S3 servers and clients in trouble.

use emulators::s3::{FaultKind, FaultRule};
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    content::{error, header, png},
    harness::{BUCKET, Service, Stack, config, json},
    stub::{Stub, answer, refusal},
};

#[tokio::test]
async fn keys_are_tried_as_they_are_then_decoded_and_only_keys_of_images() {
    let stack = Stack::start().await;
    let slashed = stack.stored_by_the_original("holiday/1 +%.png", "image/png", &png(100)).await;
    let answer = stack.service.get(&slashed, &[]).await;
    assert_eq!(answer.status(), 200);
    let name = "inline; filename=\"holiday_1 +_.png\"; filename*=UTF-8''holiday%2F1%20+%25.png";
    assert_eq!(header(&answer, "content-disposition"), name);
    let spaced = stack.stored_by_the_original("a b.png", "image/png", &png(100)).await;
    let escaped = spaced.replace(' ', "%20");
    assert_eq!(stack.service.get(&escaped, &[]).await.bytes().await.unwrap(), png(100));
    // both are there: each is itself
    let put = stack.s3.put_object().bucket(BUCKET).key(&escaped).body(png(50).into());
    put.send().await.unwrap();
    assert_eq!(stack.service.get(&escaped, &[]).await.bytes().await.unwrap(), png(50));
    assert_eq!(stack.service.get(&spaced, &[]).await.bytes().await.unwrap(), png(100));

    let (backup, thumbnail) = ("backup.tar", format!("thumbnails/{}/320.webp", Uuid::new_v4()));
    stack.put_directly(backup).await;
    stack.put_directly(&thumbnail).await;
    let gone = format!("{}_gone.png", Uuid::new_v4());
    for key in
        [backup, &thumbnail, &gone, &format!("{spaced}/../../{BUCKET}/{backup}"), &format!("{spaced}\0")]
    {
        for headers in [&[][..], &[("range", "bytes=0-1")], &[("range", "bytes=-1")], &[("if-match", "*")]] {
            let answer = stack.service.get(key, headers).await;
            assert_eq!(error(answer).await, (404, "no-such-object".to_owned()), "{key} {headers:?}");
        }
        let head = stack.service.read(Method::HEAD, key, &[]).await;
        assert_eq!((head.status().as_u16(), header(&head, "cache-control")), (404, "no-store"), "{key}");
    }
    let no_text = stack.service.http.get(stack.service.url("/objects/%ff")).send().await.unwrap();
    assert_eq!(error(no_text).await.0, 404);
}

#[tokio::test]
async fn a_body_that_s3_cuts_never_looks_complete() {
    let stack = Stack::start().await;
    let sent = png(3 << 20);
    let key = stack.service.stored("a.png", &sent).await.key;
    for headers in [&[][..], &[("range", "bytes=1-3000000")]] {
        stack.faults.clear();
        stack.faults.add(FaultRule { after_bytes: Some(1 << 20), ..FaultRule::new(FaultKind::CutAnswer) });
        let answer = stack.service.get(&key, headers).await;
        assert!(answer.status().is_success());
        assert!(answer.bytes().await.is_err(), "{headers:?}");
    }
}

#[tokio::test]
async fn a_beginning_that_breaks_is_read_again() {
    let stack = Stack::start().await;
    let sent = png(3 << 20);
    let key = stack.service.stored("a.png", &sent).await.key;
    for kind in [FaultKind::SlowDown, FaultKind::Reset, FaultKind::CutAnswer] {
        stack.faults.clear();
        stack.faults.add(FaultRule { after_bytes: Some(100), ..FaultRule::new(kind) }.times(2));
        assert!(stack.service.get(&key, &[]).await.bytes().await.unwrap() == sent, "{kind:?}");
    }
}

#[tokio::test]
async fn trouble_with_s3_is_told_and_can_be_tried_again_where_it_may_pass() {
    let stack = Stack::start().await;
    let key = stack.service.stored("a.png", &png(1000)).await.key;
    let conditional = [("if-none-match", "\"x\"")];
    for headers in [&[][..], &conditional] {
        stack.faults.clear();
        stack.faults.add(FaultRule::new(FaultKind::AccessDenied));
        let answer = stack.service.get(&key, headers).await;
        assert_eq!(header(&answer, "cache-control"), "no-store");
        assert_eq!(answer.status(), 500);
        let body: Value = json(answer).await;
        assert_eq!(body["code"], "s3-read-denied");
        assert!(body["hint"].as_str().unwrap().contains("s3:GetObject"), "{body}");
        stack.faults.clear();
        stack.faults.add(FaultRule::new(FaultKind::SlowDown));
        let answer = stack.service.get(&key, headers).await;
        assert_eq!(header(&answer, "retry-after"), "2");
        assert_eq!(error(answer).await, (503, "s3-unavailable".to_owned()));
    }
}

#[tokio::test]
async fn a_missing_bucket_is_not_a_missing_image() {
    let stub = Stub::start(|seen| {
        Some(if seen.is("get") {
            refusal("404 Not Found", "NoSuchBucket", "The specified bucket does not exist")
        } else {
            answer("404 Not Found", &[])
        })
    })
    .await;
    let service = Service::start(config(&stub.endpoint)).await;
    let key = format!("{}_a.png", Uuid::new_v4());
    for method in [Method::GET, Method::HEAD] {
        let answer = service.read(method, &key, &[]).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "cache-control")), (500, "no-store"));
    }
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_sends_the_whole_and_says_so() {
    let stub = Stub::start(|_| {
        Some("HTTP/1.1 200 OK\r\netag: bare\r\ncontent-length: 12\r\n\r\nhello, world".to_owned())
    })
    .await;
    let service = Service::start(config(&stub.endpoint)).await;
    let key = format!("{}_a.txt", Uuid::new_v4());
    for range in ["", "bytes=0-4", "bytes=7-"] {
        let answer = service.get(&key, &[("range", range)]).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "etag")), (200, "\"bare\""), "{range}");
        assert_eq!(answer.text().await.unwrap(), "hello, world", "{range}");
    }
    let answer = service.get(&key, &[("range", "bytes=12-")]).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "content-range")), (416, "bytes */12"));
}

#[tokio::test]
async fn clients_that_do_not_read_do_not_keep_others_waiting_for_ever() {
    let stack = Stack::start_with(|config, _| {
        (config.limits.streams, config.limits.silence) = (3, std::time::Duration::from_secs(2));
    })
    .await;
    let key = stack.service.stored("a.png", &png(16 << 20)).await.key;
    let mut asleep = Vec::new();
    let refused = loop {
        let answer = stack.service.get(&key, &[]).await;
        if answer.status() != 200 {
            break answer;
        }
        asleep.push(answer);
        assert!(asleep.len() <= 3, "nobody is refused");
    };
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (503, "1"));
    assert_eq!(asleep.len(), 3);
    crate::harness::wait_for("a turn is given back", async || {
        stack.service.get(&key, &[]).await.status() == 200
    })
    .await;
    let cut = asleep.swap_remove(0);
    assert!(cut.bytes().await.is_err(), "what was given up does not look complete");
}
