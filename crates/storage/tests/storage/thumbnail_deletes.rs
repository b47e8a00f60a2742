//! Thumbnails go with their image, whatever happens at the same time.

use emulators::s3::{FaultKind, FaultRule};

use crate::{
    harness::{Stack, wait_for},
    thumbnails::png,
};

#[tokio::test]
async fn thumbnails_go_with_their_image() {
    let stack = Stack::start().await;
    for is_one_by_one in [false, true] {
        if is_one_by_one {
            stack.faults.add(FaultRule::new(FaultKind::AccessDenied).on("DeleteObjects"));
        }
        let key = stack.service.stored("a.png", &png()).await.key;
        for rest in ["?size=160", "?size=1280"] {
            assert_eq!(stack.thumbnail(&key, rest, &[("accept", "image/webp")]).await.status(), 200);
            assert_eq!(stack.thumbnail(&key, rest, &[]).await.status(), 200);
        }
        assert_eq!(stack.keys().await.len(), 5);
        assert_eq!(stack.delete_image(&key).await, 200);
        assert!(stack.keys().await.is_empty(), "{is_one_by_one}");
        assert_eq!(stack.thumbnail(&key, "?size=160", &[]).await.status(), 404);
    }
}

#[tokio::test]
async fn a_server_that_deletes_one_by_one_is_asked_for_more_only_once() {
    let stack = Stack::start().await;
    stack.faults.add(FaultRule::new(FaultKind::AccessDenied).on("DeleteObjects"));
    for asked in [1, 0] {
        let key = stack.service.stored("a.png", &png()).await.key;
        assert_eq!(stack.thumbnail(&key, "", &[]).await.status(), 200);
        stack.faults.reset_stats();
        assert_eq!(stack.delete_image(&key).await, 200);
        assert_eq!(stack.asked("DeleteObjects"), asked);
        assert!(stack.keys().await.is_empty());
    }
}

#[tokio::test]
async fn one_by_one_is_not_remembered_of_a_server_that_was_away() {
    let stack = Stack::start().await;
    stack.faults.add(FaultRule::new(FaultKind::SlowDown).on("DeleteObjects").times(5));
    let key = stack.service.stored("a.png", &png()).await.key;
    assert_eq!(stack.delete_image(&key).await, 500);
    stack.faults.reset_stats();
    assert_eq!(stack.delete_image(&key).await, 200);
    assert_eq!(stack.asked("DeleteObjects"), 1);
}

#[tokio::test]
async fn an_image_without_thumbnails_costs_one_request_more_to_delete() {
    let stack = Stack::start().await;
    let key = stack.service.stored("a.png", &png()).await.key;
    stack.faults.reset_stats();
    assert_eq!(stack.delete_image(&key).await, 200);
    let requests: Vec<_> = stack.faults.stats().requests.into_iter().collect();
    assert_eq!(requests, [("DeleteObject".to_owned(), 1), ("DeleteObjects".to_owned(), 1)]);
}

#[tokio::test]
async fn a_thumbnail_made_during_the_delete_does_not_stay() {
    let stack = Stack::start().await;
    let key = stack.service.stored("a.png", &png()).await.key;
    stack.faults.reset_stats();
    let late = FaultRule::new(FaultKind::Latency).on("PutObject").seconds(1.5);
    stack.faults.add(FaultRule { key: Some("thumbnails/".into()), ..late });
    let deletes = async {
        wait_for("the thumbnail is being written", async || stack.asked("PutObject") == 1).await;
        assert_eq!(stack.delete_image(&key).await, 200);
        assert!(stack.keys().await.is_empty(), "it is written later");
    };
    let (answer, ()) = tokio::join!(stack.thumbnail(&key, "", &[]), deletes);
    assert_eq!(answer.status(), 404);
    assert!(stack.keys().await.is_empty());
}

#[tokio::test]
async fn what_is_left_of_a_thumbnail_that_nobody_could_clear_away_goes_with_the_next_delete() {
    let stack = Stack::start().await;
    let key = stack.service.stored("a.png", &png()).await.key;
    stack.faults.reset_stats();
    let late = FaultRule::new(FaultKind::Latency).on("PutObject").seconds(1.5);
    stack.faults.add(FaultRule { key: Some("thumbnails/".into()), ..late });
    // as if the service had died before it could look whether the image is still there
    stack.faults.add(FaultRule::new(FaultKind::AccessDenied).on("HeadObject"));
    stack.faults.add(FaultRule {
        key: Some("thumbnails/".into()),
        ..FaultRule::new(FaultKind::AccessDenied).on("DeleteObject")
    });
    let deletes = async {
        wait_for("the thumbnail is being written", async || stack.asked("PutObject") == 1).await;
        assert_eq!(stack.delete_image(&key).await, 200);
    };
    let (answer, ()) = tokio::join!(stack.thumbnail(&key, "", &[]), deletes);
    assert_ne!(answer.status(), 200);
    assert_eq!(stack.keys().await.len(), 1);
    stack.faults.clear();
    // metadata deletes a second time, when nothing can be on its way any more
    assert_eq!(stack.delete_image(&key).await, 200);
    assert!(stack.keys().await.is_empty());
}
