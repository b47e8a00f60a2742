//! Images that are known already, have changed meanwhile, or are the same bytes under another id.

use std::collections::BTreeMap;

use emulators::drive::{Config, id_of, root_folder_id};
use serde_json::json;
use tests::{Stack, database::Database, drive};

use crate::drive_folders::{folder, generated};

async fn a_changed_image_replaces_its_object(database: Database) {
    let tree = tempfile::tempdir().expect("make a folder");
    let (first, second) = (generated("first", 4000), generated("second", 5000));
    std::fs::write(tree.path().join("kept.jpg"), &first).expect("write a picture");
    std::fs::write(tree.path().join("edited.jpg"), &first[..3000]).expect("write a picture");
    let stack = Stack::with(Config::default().with_root(tree.path())).database(database).start().await;
    stack.import_whole(&root_folder_id()).await;
    let row = |images: Vec<client::metadata::Image>| {
        images.into_iter().find(|image| image.name == "edited.jpg").expect("it is stored")
    };
    let before = row(stack.images().await);

    std::fs::write(tree.path().join("edited.jpg"), &second).expect("edit the picture");
    let job = stack.import_whole(&root_folder_id()).await;
    assert_eq!(job.processed.as_u64(), Some(2), "{:?}", job.failures);
    let after = row(stack.images().await);
    assert_eq!((after.id, after.created_at), (before.id, before.created_at), "the row stays");
    assert_ne!(after.storage_path, before.storage_path, "the object is another one");
    let expected = BTreeMap::from([(id_of("kept.jpg"), first), (id_of("edited.jpg"), second)]);
    stack.assert_stored_exactly(&expected).await;
}

#[tokio::test]
async fn a_changed_image_replaces_its_object_on_sqlite() {
    a_changed_image_replaces_its_object(Database::Sqlite).await;
}

#[tokio::test]
async fn a_changed_image_replaces_its_object_on_mysql() {
    a_changed_image_replaces_its_object(Database::Mysql).await;
}

#[tokio::test]
async fn a_folder_that_is_imported_again_never_reaches_the_worker() {
    let (manifest, expected) = folder("again", 40, 3000);
    let mut stack = Stack::with(drive::serving(&manifest)).start().await;
    let first = stack.import_whole("again").await;
    let downloads = format!("{:?}", stack.drive.stats.report().downloads);
    // whoever needs the worker now waits for ever
    stack.process("worker").suspend();
    let again = stack.import_whole("again").await;
    stack.process("worker").resume();
    assert_eq!((again.processed.as_u64(), again.total), (Some(40), 40), "{:?}", again.failures);
    assert_eq!(again.bytes_done, first.bytes_done);
    assert!(
        again.imported.iter().all(|entry| entry["error"] == "Image already exists"),
        "{:?}",
        again.imported
    );
    assert_eq!(format!("{:?}", stack.drive.stats.report().downloads), downloads, "nothing is moved");
    stack.assert_stored_exactly(&expected).await;
}

#[tokio::test]
async fn a_checksum_that_is_wrong_at_drive_is_told_from_wrong_bytes() {
    let manifest = json!({"folders": {"rewritten": [{"id": "rewritten_f0", "name": "a.jpg", "mimeType": "image/jpeg",
        "size": "auto", "bytes": 2000, "md5Checksum": "00000000000000000000000000000000"}]}});
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    let job = stack.import_whole("rewritten").await;
    assert_eq!(job.processed.as_u64(), Some(1), "{:?}", job.failures);
    let image = stack.images().await.remove(0);
    assert_eq!(image.source_checksum.as_deref(), Some("stale"));
    let expected = BTreeMap::from([("rewritten_f0".to_owned(), generated("rewritten_f0", 2000))]);
    stack.assert_stored_exactly(&expected).await;
}

#[tokio::test]
async fn two_imports_of_one_folder_at_once_store_each_image_once() {
    let (manifest, expected) = folder("twice", 80, 3000);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.drive.fail(&json!({"kind": "latency", "on": "media", "seconds": 0.05}));
    let jobs = [stack.start_job("twice").await, stack.start_job("twice").await];
    for job in &jobs {
        assert_eq!(stack.finished(job).await.processed.as_u64(), Some(80));
    }
    stack.assert_stored_exactly(&expected).await;
    let downloads = stack.drive.stats.report().downloads;
    assert!(downloads.values().all(|file| file.calls == 1), "nothing is moved twice: {downloads:?}");
}

#[tokio::test]
async fn the_same_bytes_under_two_ids_are_two_images() {
    let tree = tempfile::tempdir().expect("make a folder");
    let bytes = generated("twin", 9000);
    for name in ["one.jpg", "two.jpg"] {
        std::fs::write(tree.path().join(name), &bytes).expect("write a picture");
    }
    let stack = Stack::with(Config::default().with_root(tree.path())).start().await;
    let job = stack.import_whole(&root_folder_id()).await;
    assert_eq!(job.processed.as_u64(), Some(2), "{:?}", job.failures);
    let expected = BTreeMap::from([(id_of("one.jpg"), bytes.clone()), (id_of("two.jpg"), bytes)]);
    stack.assert_stored_exactly(&expected).await;
    // one of them goes: the other's bytes stay
    let first = stack.images().await.remove(0);
    stack.http.delete(format!("{}/images/{}", stack.api, first.id)).send().await.expect("an answer");
    let expected = expected.into_iter().filter(|(id, _)| *id != first.google_drive_id).collect();
    stack.assert_stored_exactly(&expected).await;
}
