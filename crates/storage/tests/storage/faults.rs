//! S3 on bad days.

use emulators::s3::{FaultKind, FaultRule};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{SECRET_KEY, Service, Stack, bytes, config, json as body_of};

#[tokio::test]
async fn what_is_in_memory_is_sent_again() {
    let stack = Stack::start().await;
    for kind in [
        FaultKind::SlowDown,
        FaultKind::InternalError,
        FaultKind::Reset,
        FaultKind::LostReply,
        FaultKind::CutUpload,
        FaultKind::CutAnswer,
    ] {
        for operation in ["PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"] {
            stack.faults.clear();
            stack.faults.add(FaultRule::new(kind).on(operation).times(1));
            let sent = bytes(if operation == "PutObject" { 1000 } else { 17 << 20 });
            let stored = stack.service.stored("a.jpg", &sent).await;
            assert!(stack.open(&stored.url).await.bytes().await.unwrap() == sent, "{kind:?} {operation}");
            assert_eq!(stack.faults.report()[0].fired, 1, "{kind:?} {operation}");
        }
    }
}

#[tokio::test]
async fn a_completion_is_believed_only_when_it_is_one() {
    let stack = Stack::start().await;
    let sent = bytes(17 << 20);
    for times in [1, 4] {
        stack.faults.clear();
        stack.faults.add(FaultRule::new(FaultKind::ErrorInBody).on("CompleteMultipartUpload").times(times));
        let stored = stack.service.stored("a.jpg", &sent).await;
        assert!(stack.open(&stored.url).await.bytes().await.unwrap() == sent, "{times}");
    }
    let before = stack.keys().await;
    stack.faults.clear();
    stack.faults.add(FaultRule::new(FaultKind::ErrorInBody).on("CompleteMultipartUpload"));
    let answer = stack.service.put(Uuid::new_v4(), "a.jpg", &sent, None).await;
    assert_eq!(
        (answer.status().as_u16(), body_of(answer).await["code"].as_str()),
        (503, Some("s3-unavailable"))
    );
    assert_eq!(
        (stack.unfinished().await, stack.keys().await),
        (0, before),
        "an aborted upload leaves nothing"
    );
}

#[tokio::test]
async fn a_completion_whose_answers_are_all_lost_is_found_by_looking() {
    let stack = Stack::start().await;
    let sent = bytes(17 << 20);
    // the first one completes; to the next ones there is no such upload any more
    stack.faults.add(FaultRule::new(FaultKind::LostReply).on("CompleteMultipartUpload").times(3));
    stack.faults.add(FaultRule::new(FaultKind::SlowDown).on("HeadObject").times(2));
    let stored = stack.service.stored("a.jpg", &sent).await;
    assert!(stack.open(&stored.url).await.bytes().await.unwrap() == sent);
    assert_eq!((stack.unfinished().await, stack.keys().await), (0, vec![stored.key]));
}

#[tokio::test]
async fn an_abort_whose_answer_is_lost_is_done() {
    let stack = Stack::start().await;
    for kind in [FaultKind::LostReply, FaultKind::SlowDown, FaultKind::InternalError, FaultKind::Reset] {
        stack.faults.clear();
        stack.faults.add(FaultRule::new(FaultKind::AccessDenied).on("CompleteMultipartUpload"));
        stack.faults.add(FaultRule::new(kind).on("AbortMultipartUpload").times(2));
        let answer = stack.service.put(Uuid::new_v4(), "a.jpg", &bytes(17 << 20), None).await;
        assert_eq!(answer.status(), 500, "{kind:?}");
        assert_eq!((stack.unfinished().await, stack.keys().await.len()), (0, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_streamed_object_whose_answer_is_lost_is_written_again_under_the_same_key() {
    let stack = Stack::start().await;
    stack.service.stored("first", b"").await;
    let (uuid, sent) = (Uuid::new_v4(), bytes(1 << 20));
    for kind in [FaultKind::LostReply, FaultKind::CutUpload] {
        stack.faults.clear();
        stack.faults.add(FaultRule::new(kind).on("PutObject").times(1));
        let lost = stack.service.put(uuid, "a.jpg", &sent, None).await;
        assert_eq!(lost.status(), 503, "{kind:?}: what was streamed cannot be sent again from here");
        let stored = stack.service.put(uuid, "a.jpg", &sent, None).await;
        assert_eq!(stored.status(), 200, "{kind:?}");
        assert_eq!(stack.keys().await.len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn a_streamed_put_that_fails_is_left_to_the_caller() {
    let stack = Stack::start().await;
    stack.service.stored("first", b"").await;
    let before = stack.keys().await;
    for (kind, status, code) in [
        (FaultKind::SlowDown, 503, "s3-unavailable"),
        (FaultKind::InternalError, 503, "s3-unavailable"),
        (FaultKind::Reset, 503, "s3-unavailable"),
        (FaultKind::AccessDenied, 500, "s3-error"),
    ] {
        stack.faults.clear();
        stack.faults.add(FaultRule::new(kind).on("PutObject").times(1));
        let answer = stack.service.put(Uuid::new_v4(), "a.jpg", &bytes(1 << 20), None).await;
        assert_eq!(answer.status(), status, "{kind:?}");
        let body = body_of(answer).await;
        assert_eq!((body["code"].as_str(), body["success"].as_bool()), (Some(code), Some(false)), "{kind:?}");
        assert_eq!(stack.keys().await, before, "{kind:?}");
    }
}

#[tokio::test]
async fn a_multipart_upload_that_fails_for_good_is_aborted() {
    let stack = Stack::start().await;
    for operation in ["UploadPart", "CompleteMultipartUpload"] {
        stack.faults.clear();
        stack.faults.add(FaultRule::new(FaultKind::AccessDenied).on(operation));
        let answer = stack.service.put(Uuid::new_v4(), "a.jpg", &bytes(20 << 20), None).await;
        assert_eq!(answer.status(), 500, "{operation}");
        let error = body_of(answer).await["error"].as_str().unwrap().to_owned();
        assert!(error.contains(&format!("(AccessDenied) when calling the {operation} operation")), "{error}");
        assert_eq!((stack.unfinished().await, stack.keys().await.len()), (0, 0), "{operation}");
    }
}

#[tokio::test]
async fn a_delete_is_tried_again_and_tells_when_it_fails() {
    let stack = Stack::start().await;
    let stored = stack.service.stored("a.jpg", b"x").await;
    let delete = json!({"file_path": stored.url});
    stack.faults.add(FaultRule::new(FaultKind::AccessDenied).on("DeleteObject").times(1));
    let (status, answer) = stack.service.post("/delete", &delete).await;
    assert_eq!(status, 500);
    assert_eq!(
        answer["error"],
        "An error occurred (AccessDenied) when calling the DeleteObject operation: Access Denied"
    );
    for kind in [FaultKind::SlowDown, FaultKind::InternalError, FaultKind::Reset, FaultKind::LostReply] {
        stack.faults.clear();
        stack.faults.add(FaultRule::new(kind).on("DeleteObject").times(2));
        assert_eq!(stack.service.post("/delete", &delete).await, (200, json!({"success": true})), "{kind:?}");
        assert!(stack.keys().await.is_empty(), "{kind:?}");
    }
}

#[tokio::test]
async fn an_s3_that_is_not_there_is_told_without_its_address() {
    let address = "127.0.0.1:1";
    let service = Service::start(config(&format!("http://{address}"))).await;
    let put = service.put(Uuid::new_v4(), "a.jpg", b"x", None).await;
    assert_eq!(put.status(), 503);
    let put = body_of(put).await;
    assert_eq!(put["code"], "s3-unavailable");
    let (status, upload) =
        service.post("/upload", &json!({"file_data": "", "filename": "a", "mime_type": "b"})).await;
    assert_eq!(status, 500);
    let (status, delete) = service.post("/delete", &json!({"file_path": "x"})).await;
    assert_eq!(status, 500);
    for answer in [put, upload, delete] {
        let text = answer.to_string();
        assert!(text.contains("Could not connect to the endpoint URL"), "{text}");
        assert!(!text.contains(address) && !text.contains(SECRET_KEY), "{text}");
    }
}
