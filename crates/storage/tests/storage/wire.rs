//! What reaches S3, byte by byte: even a server that would keep half an object never gets a wrong one whole.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use uuid::Uuid;

use crate::{
    harness::{Service, bytes, config, json, md5_base64, md5_hex, wait_for},
    stub::{Seen, Stub, answer, refusal},
};

async fn ok() -> (Stub, Service) {
    let stub = Stub::start(|_| Some(answer("200 OK", &[]))).await;
    let service = Service::start(config(&stub.endpoint)).await;
    // settles whether the bucket takes ACLs
    service.stored("first", b"").await;
    (stub, service)
}

fn second_put(stub: &Stub) -> Option<Seen> {
    stub.seen().into_iter().filter(|seen| seen.is("put")).nth(1)
}

#[tokio::test]
async fn the_last_bytes_wait_until_all_are_known_to_be_right() {
    let (stub, service) = ok().await;
    let sent = bytes(8 << 20);
    let answer = service.put(Uuid::new_v4(), "a.jpg", &sent, Some(&md5_base64(b"others"))).await;
    assert_eq!(answer.status(), 422);
    wait_for("the request to S3 is broken off", async || {
        second_put(&stub).is_some_and(|put| put.is_closed && !put.is_whole)
    })
    .await;
    assert_eq!(second_put(&stub).unwrap().header("content-length"), Some("8388608"));
}

#[tokio::test]
async fn bytes_pass_before_the_last_ones_have_come() {
    let (stub, service) = ok().await;
    let sent = bytes(4 << 20);
    let mut socket = TcpStream::connect(service.address).await.unwrap();
    let head = format!(
        "PUT /objects/{}?filename=a HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        Uuid::new_v4(),
        sent.len()
    );
    let (most, rest) = sent.split_at(sent.len() - 1);
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(most).await.unwrap();
    wait_for("most bytes pass", async || {
        second_put(&stub).is_some_and(|put| put.body.len() > sent.len() / 2 && !put.is_whole)
    })
    .await;
    socket.write_all(rest).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(second_put(&stub).unwrap().body == sent);
}

#[tokio::test]
async fn a_put_is_plain_and_exact() {
    let (stub, service) = ok().await;
    let sent = bytes(400_000);
    let stored = service.put(Uuid::new_v4(), "a b.jpg", &sent, Some(&md5_base64(&sent))).await;
    assert_eq!(stored.status(), 200);
    let put = second_put(&stub).unwrap();
    assert!(put.head.starts_with("put /img-bucket/") && put.head.contains("_a%20b.jpg"), "{}", put.head);
    assert_eq!(put.header("content-length"), Some("400000"));
    // headers are in lower case here
    assert_eq!(put.header("content-md5").map(str::to_owned), Some(md5_base64(&sent).to_ascii_lowercase()));
    assert_eq!(put.header("x-amz-acl"), Some("public-read"));
    assert_eq!(put.header("x-amz-content-sha256"), Some("unsigned-payload"));
    assert_eq!((put.header("transfer-encoding"), put.header("content-encoding")), (None, None));
    assert!(put.header("x-amz-checksum-crc32").is_none() && put.header("x-amz-trailer").is_none());
    assert!(put.body == sent);
}

#[tokio::test]
async fn an_object_that_s3_stored_wrong_is_removed() {
    for length in [10, 1 << 20] {
        let other = md5_hex(b"others");
        let stub = Stub::start(move |seen| {
            let etag = format!("etag: \"{other}\"");
            Some(if seen.is("put") && seen.body.len() == length {
                answer("200 OK", &[&etag])
            } else {
                answer("200 OK", &[])
            })
        })
        .await;
        let service = Service::start(config(&stub.endpoint)).await;
        service.stored("first", b"").await;
        let answer = service.put(Uuid::new_v4(), "a.jpg", &bytes(length), None).await;
        assert_eq!(answer.status(), 503);
        assert_eq!(json(answer).await["code"], "s3-unavailable");
        let deleted = stub.seen().into_iter().find(|seen| seen.is("delete")).unwrap();
        assert!(deleted.head.contains("_a.jpg"), "{}", deleted.head);
    }
}

#[tokio::test]
async fn a_server_without_multipart_gets_large_objects_in_one_request() {
    let stub = Stub::start(|seen| {
        Some(if seen.is("post") {
            answer("405 Not Allowed", &["content-type: text/html"])
        } else {
            answer("201 Created", &[])
        })
    })
    .await;
    let service = Service::start(config(&stub.endpoint)).await;
    let sent = bytes(20 << 20);
    let stored = service.stored("large.png", &sent).await;
    assert_eq!(stored.md5, md5_hex(&sent));
    assert!(stub.put().unwrap().body == sent);
}

#[tokio::test]
async fn a_silent_s3_is_given_up() {
    let stub = Stub::start(|seen| {
        let settles = seen.header("content-length") == Some("0");
        settles.then(|| answer("200 OK", &[]))
    })
    .await;
    let mut config = config(&stub.endpoint);
    config.limits.silence = std::time::Duration::from_millis(300);
    let service = Service::start(config).await;
    service.stored("first", b"").await;
    let answer = service.put(Uuid::new_v4(), "a.jpg", &bytes(1 << 20), None).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(json(answer).await["code"], "s3-unavailable");
}

#[tokio::test]
async fn an_early_refusal_is_told_while_the_client_is_still_sending() {
    let denying = Stub::start(|_| Some(refusal("403 Forbidden", "AccessDenied", "Access Denied"))).await;
    let service = Service::start(config(&denying.endpoint)).await;
    let answer = service.put(Uuid::new_v4(), "a.jpg", &bytes(30 << 20), None).await;
    assert_eq!(answer.status(), 500);
    let body = json(answer).await;
    assert_eq!(
        body["error"],
        "An error occurred (AccessDenied) when calling the CreateMultipartUpload operation: Access Denied"
    );
    assert_eq!((body["success"].as_bool(), body["code"].as_str()), (Some(false), Some("s3-error")));
    assert!(body["hint"].as_str().unwrap().contains("S3_OBJECT_ACL=none"), "{body}");
}
