//! Of a deleted image nothing stays: no row, no object, no thumbnail, whatever happens meanwhile.

use std::time::Duration;

use client::metadata::Image;
use futures::StreamExt;
use serde_json::json;
use tests::{Stack, database::Database, wait_for};

use super::{Album, get, imported, on, thumbnail_url};
use crate::verify::run::verify;

/// How long objects that were released may stay: a delete that a killed service had in hand is somebody else's after two
/// minutes.
const CLEAN_UP: Duration = Duration::from_secs(180);

async fn made_thumbnails(stack: &Stack, images: &[Image]) {
    for image in images {
        for size in [160, 320] {
            for accept in ["image/webp", "image/jpeg"] {
                let path = format!("{}?size={size}", thumbnail_url(image));
                get(stack, &path, &[("accept", accept)]).await.bytes().await.expect("it is whole");
            }
        }
    }
    let thumbnails =
        || async { stack.bucket.objects().await.keys().filter(|key| key.starts_with("thumbnails/")).count() };
    wait_for("thumbnails are kept", CLEAN_UP, thumbnails, |seen| *seen > 0).await;
}

async fn nothing_is_left(stack: &Stack) {
    assert_eq!(stack.images().await.len(), 0);
    let look = || async { stack.bucket.objects().await.into_keys().collect::<Vec<_>>() };
    wait_for("the bucket is empty", CLEAN_UP, look, Vec::is_empty).await;
    let run = verify(stack, &[]).await;
    assert_eq!((run.code, run.found()), (0, vec![]), "{run:?}");
}

async fn delete(stack: &Stack, id: i64) -> u16 {
    let url = format!("{}/images/{id}", stack.api);
    stack.http.delete(url).send().await.map_or(0, |answer| answer.status().as_u16())
}

async fn delete_many(stack: &Stack, ids: &[i64]) -> (u16, String) {
    let url = format!("{}/images/delete", stack.api);
    let answer = stack.http.post(url).json(&json!({"ids": ids})).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("it is whole"))
}

async fn deleted_images_take_objects_and_thumbnails_with_them(database: Database) {
    let album = Album::new();
    let (stack, _) = on(Stack::with(album.drive()), database).await;
    let stack = imported(stack, &album).await;
    let images = stack.images().await;
    made_thumbnails(&stack, &images).await;
    let run = verify(&stack, &[]).await;
    assert_eq!((run.code, run.found()), (0, vec![]), "thumbnails are no damage: {run:?}");

    let (one_by_one, at_once) = images.split_at(4);
    for image in one_by_one {
        assert_eq!(delete(&stack, image.id).await, 200);
        assert_eq!(delete(&stack, image.id).await, 404);
    }
    let mut ids: Vec<i64> = at_once.iter().map(|image| image.id).collect();
    ids.push(1_000_000);
    let (status, body) = delete_many(&stack, &ids).await;
    assert_eq!(status, 200, "{body}");
    nothing_is_left(&stack).await;
}

#[tokio::test]
async fn deleted_images_take_objects_and_thumbnails_with_them_on_sqlite() {
    deleted_images_take_objects_and_thumbnails_with_them(Database::Sqlite).await;
}

#[tokio::test]
async fn deleted_images_take_objects_and_thumbnails_with_them_on_mysql() {
    deleted_images_take_objects_and_thumbnails_with_them(Database::Mysql).await;
}

#[tokio::test]
async fn a_thumbnail_that_is_asked_for_while_its_image_goes_does_not_stay() {
    let album = Album::new();
    let stack = imported(Stack::with(album.drive()), &album).await;
    let images = stack.images().await;
    let paths = images
        .iter()
        .flat_map(|image| [160, 320, 640, 1280].map(|size| format!("{}?size={size}", thumbnail_url(image))));
    let asked = &stack;
    let asking = futures::stream::iter(paths)
        .map(|path| async move { get(asked, &path, &[("accept", "image/webp")]).await.status().as_u16() })
        .buffer_unordered(6)
        .collect::<Vec<_>>();
    let deleting = async {
        for image in &images {
            assert_eq!(delete(&stack, image.id).await, 200);
        }
    };
    let (asked, ()) = futures::join!(asking, deleting);
    assert!(asked.iter().all(|status| [200, 404, 415, 422, 503].contains(status)), "{asked:?}");
    nothing_is_left(&stack).await;
}

#[tokio::test]
async fn a_storage_service_that_dies_while_images_go_leaves_nothing() {
    let album = Album::new();
    let mut stack = imported(Stack::with(album.drive()), &album).await;
    let images = stack.images().await;
    made_thumbnails(&stack, &images).await;
    let (first, rest) = images.split_at(3);
    let ids: Vec<i64> = first.iter().map(|image| image.id).collect();
    let (status, body) = delete_many(&stack, &ids).await;
    assert_eq!(status, 200, "{body}");
    stack.process("storage").kill();
    // rows go without it
    for image in rest {
        assert_eq!(delete(&stack, image.id).await, 200);
    }
    stack.process("storage").start_again();
    stack.ready("storage").await;
    nothing_is_left(&stack).await;
}
