//! `S3_OBJECT_ACL`.

use emulators::s3::AclMode;
use serde_json::json;
use storage::ObjectAcl;
use uuid::Uuid;

use crate::{
    harness::{Service, Stack, bytes, config, json as body_of},
    stub::{Stub, answer, refusal},
};

#[tokio::test]
async fn no_upload_fails_because_the_bucket_refuses_acls() {
    let stack = Stack::start_with(|_, s3| s3.acls = AclMode::Refuse).await;
    let lengths = [0, 100, 1 << 20, 5 << 20, 16 << 20, 20 << 20, 2 << 20, 3 << 20];
    let all_at_once = lengths.map(|length| {
        let service = &stack.service;
        async move { service.stored("a.jpg", &bytes(length)).await }
    });
    for stored in futures::future::join_all(all_at_once).await {
        let there = stack.open(&stored.url).await;
        assert_eq!(there.bytes().await.unwrap().len() as u64, stored.size);
    }
    let upload = json!({"file_data": "YQ==", "filename": "a", "mime_type": "b"});
    assert_eq!(stack.service.post("/upload", &upload).await.0, 200);
}

#[tokio::test]
async fn once_refused_no_acl_is_sent_again() {
    let stub = Stub::start(|seen| {
        Some(if seen.header("x-amz-acl").is_some() {
            refusal("400 Bad Request", "AccessControlListNotSupported", "The bucket does not allow ACLs")
        } else {
            answer("200 OK", &[])
        })
    })
    .await;
    let service = Service::start(config(&stub.endpoint)).await;
    for length in [2 << 20, 2 << 20, 10] {
        service.stored("a.jpg", &bytes(length)).await;
    }
    let puts: Vec<_> = stub.seen().into_iter().filter(|seen| seen.is("put")).collect();
    let with_acl = puts.iter().filter(|seen| seen.header("x-amz-acl").is_some()).count();
    assert_eq!((with_acl, puts.len()), (1, 4));
}

#[tokio::test]
async fn a_bucket_that_begins_to_refuse_acls_costs_one_retry_at_most() {
    let stub = Stub::start(|seen| {
        Some(if seen.header("x-amz-acl").is_some() && !seen.body.is_empty() {
            refusal("400 Bad Request", "AccessControlListNotSupported", "The bucket does not allow ACLs")
        } else {
            answer("200 OK", &[])
        })
    })
    .await;
    let service = Service::start(config(&stub.endpoint)).await;
    service.stored("empty", b"").await;
    let refused = service.put(Uuid::new_v4(), "a.jpg", &bytes(1 << 20), None).await;
    assert_eq!(refused.status(), 503);
    service.stored("a.jpg", &bytes(1 << 20)).await;
}

#[tokio::test]
async fn a_fixed_setting_is_kept() {
    let always = Stack::start_with(|config, s3| {
        config.object_acl = ObjectAcl::PublicRead;
        s3.acls = AclMode::Refuse;
    })
    .await;
    let answer = always.service.put(Uuid::new_v4(), "a", b"x", None).await;
    assert_eq!(answer.status(), 500);
    let error = body_of(answer).await["error"].as_str().unwrap().to_owned();
    assert!(error.contains("AccessControlListNotSupported"), "{error}");
    assert!(always.keys().await.is_empty());

    let never = Stack::start_with(|config, s3| {
        config.object_acl = ObjectAcl::None;
        s3.anonymous_reads = false;
    })
    .await;
    let stored = never.service.stored("a", b"x").await;
    assert_eq!(never.open(&stored.url).await.status(), 403);

    let by_default = Stack::start_with(|_, s3| s3.anonymous_reads = false).await;
    let stored = by_default.service.stored("a", b"x").await;
    assert_eq!(by_default.open(&stored.url).await.status(), 200);
}
