//! Exactly the objects of this system go.

use serde_json::json;

use crate::{
    harness::{BUCKET, Service, Stack, config},
    stub::{Stub, refusal},
};

const ID: &str = "0123abcd-89ab-4def-8123-456789abcdef";

#[tokio::test]
async fn what_the_original_wrote_goes_by_its_raw_url() {
    let stack = Stack::start().await;
    for (key, path) in [
        ("_a.jpg", "_a.jpg"),
        ("_with space.jpg", "_with space.jpg"),
        ("_a/b/slash.jpg", "_a/b/slash.jpg"),
        ("_quest?ion#.jpg", "_quest?ion#.jpg"),
        ("_100%25.jpg", "_100%25.jpg"),
        ("_100%.jpg", "_100%25.jpg"),
        ("_plus+plus.jpg", "_plus+plus.jpg"),
    ] {
        for base in [format!("https://{BUCKET}.s3.us-east-1.amazonaws.com/"), String::new()] {
            stack.put_directly(&format!("{ID}{key}")).await;
            let path = format!("{base}{ID}{path}");
            let answer = stack.service.post("/delete", &json!({"file_path": path, "provider": "aws"})).await;
            assert_eq!(answer, (200, json!({"success": true})), "{path}");
            assert!(stack.keys().await.is_empty(), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_not_ours_is_never_touched() {
    let stack = Stack::start().await;
    let kept = [format!("{ID}_a.jpg"), "photo.jpg".to_owned(), format!("x/{ID}_a.jpg")];
    for key in &kept {
        stack.put_directly(key).await;
    }
    for path in [
        format!("https://other.s3.us-east-1.amazonaws.com/{ID}_a.jpg"),
        format!("https://s3.amazonaws.com/other/{ID}_a.jpg"),
        format!("http://example.com/{BUCKET}/{ID}_a.jpg"),
        "photo.jpg".to_owned(),
        format!("https://{BUCKET}.s3.us-east-1.amazonaws.com/photo.jpg"),
        format!("x/{ID}_a.jpg"),
        format!("../{BUCKET}/{ID}_a.jpg"),
    ] {
        let answer = stack.service.post("/delete", &json!({"file_path": path})).await;
        assert_eq!(answer, (200, json!({"success": true})), "{path}");
    }
    assert_eq!(stack.keys().await, kept);
}

#[tokio::test]
async fn what_is_elsewhere_is_not_even_asked_for() {
    let stub = Stub::start(|_| Some(refusal("403 Forbidden", "AccessDenied", "Access Denied"))).await;
    let service = Service::start(config(&stub.endpoint)).await;
    let elsewhere = json!({"file_path": format!("https://other.s3.amazonaws.com/{ID}_a.jpg")});
    assert_eq!(service.post("/delete", &elsewhere).await, (200, json!({"success": true})));
    assert!(stub.seen().is_empty());
    // of another shape: it stays, but what S3 says to deletes is told
    let (status, answer) = service.post("/delete", &json!({"file_path": "photo.jpg"})).await;
    assert_eq!(status, 500);
    assert_eq!(
        answer["error"],
        "An error occurred (AccessDenied) when calling the DeleteObject operation: Access Denied"
    );
    assert!(stub.seen().iter().all(|seen| !seen.head.contains("photo")));
}

#[tokio::test]
async fn deleting_twice_is_as_good_as_once() {
    let stack = Stack::start().await;
    let stored = stack.service.stored("a.jpg", b"x").await;
    let delete = client::storage::DeleteObject { file_path: stored.url, provider: "aws".into() };
    for _ in 0..2 {
        stack.service.client().delete_object(&delete).await.unwrap();
        assert!(stack.keys().await.is_empty());
    }
}

#[tokio::test]
async fn a_wrong_request_is_refused_and_says_why() {
    let stack = Stack::start().await;
    for (body, words) in [
        (json!({"file_path": "x", "provider": "gcp"}), "Invalid storage provider"),
        (json!({"file_path": "x", "provider": null}), "Invalid storage provider"),
        (json!({}), "file_path is missing"),
        (json!({"file_path": 5}), "file_path must be a text"),
        (json!({"file_path": ""}), "names no object"),
        (json!({"file_path": "a/"}), "names no object"),
        (json!([]), "must be an object"),
    ] {
        let (status, answer) = stack.service.post("/delete", &body).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{body}: {answer}");
    }
}
