//! From a link to stored images, byte for byte.

use std::{collections::BTreeMap, path::Path};

use emulators::drive::Config;
use tests::{Stack, database::Database, drive};

use crate::drive_folders::folder;

const NAMES: &[&str] = &[
    "plain.jpg",
    "with space.jpg",
    "hash#tag.png",
    "quest?ion%20.gif",
    "plus+and&.webp",
    "it's \"quoted\".bmp",
    "emoji 😀 图片.tiff",
    "مرحبا.jpg",
    "back\\slash.jpg",
    "no extension",
];

/// Makes a tree of picture-like files, and says what must be stored by Drive id.
fn make_tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut expected = BTreeMap::new();
    for (number, name) in NAMES.iter().enumerate() {
        // magic numbers make it an image even without an extension
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.extend(
            (0..number * 70_001).map(|at| u8::try_from((at * 31 + number) % 251).expect("below 256")),
        );
        std::fs::write(root.join(name), &bytes).expect("write a picture");
        expected.insert(emulators::drive::id_of(name), bytes);
    }
    std::fs::write(root.join("notes.txt"), "no image").expect("write a text");
    let empty = root.join("empty.png");
    std::fs::write(&empty, b"").expect("write an empty file");
    expected.insert(emulators::drive::id_of("empty.png"), Vec::new());
    expected
}

async fn a_real_tree_is_stored_byte_for_byte(database: Database) {
    let tree = tempfile::tempdir().expect("make a folder");
    let expected = make_tree(tree.path());
    let drive = Config::default().with_root(tree.path());
    let stack = Stack::with(drive).database(database).start().await;
    let link = format!(
        "https://drive.google.com/drive/u/0/folders/{}?usp=sharing",
        emulators::drive::root_folder_id()
    );
    let job = stack.import_whole(&link).await;
    assert_eq!(job.processed.as_u64(), Some(expected.len() as u64), "{:?}", job.failures);
    assert_eq!(job.failed.as_u64(), Some(0));
    stack.assert_stored_exactly(&expected).await;
    stack.assert_no_secret_in_logs();
}

#[tokio::test]
async fn a_real_tree_is_stored_byte_for_byte_on_sqlite() {
    a_real_tree_is_stored_byte_for_byte(Database::Sqlite).await;
}

#[tokio::test]
async fn a_real_tree_is_stored_byte_for_byte_on_mysql() {
    a_real_tree_is_stored_byte_for_byte(Database::Mysql).await;
}

async fn all_pages_of_a_folder_are_imported(database: Database) {
    let (manifest, expected) = folder("three_pages", 2500, 120);
    let stack = Stack::with(drive::serving(&manifest)).database(database).start().await;
    let job = stack.import_whole("three_pages").await;
    assert_eq!((job.total, job.processed.as_u64(), job.failed.as_u64()), (2500, Some(2500), Some(0)));
    assert_eq!(job.imported.len(), 1000, "the newest thousand are shown");
    assert!(job.imported_truncated);
    stack.assert_stored_exactly(&expected).await;
}

#[tokio::test]
async fn all_pages_of_a_folder_are_imported_on_sqlite() {
    all_pages_of_a_folder_are_imported(Database::Sqlite).await;
}

#[tokio::test]
async fn all_pages_of_a_folder_are_imported_on_mysql() {
    all_pages_of_a_folder_are_imported(Database::Mysql).await;
}

#[tokio::test]
async fn a_folder_imported_before_moves_no_bytes() {
    let (manifest, expected) = folder("again", 40, 5000);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.import_whole("again").await;
    let before = stack.drive.stats.report().bytes_sent;
    let job = stack.import_whole("again").await;
    assert_eq!(job.processed.as_u64(), Some(40));
    assert_eq!(stack.drive.stats.report().bytes_sent, before, "nothing is downloaded again");
    stack.assert_stored_exactly(&expected).await;
}

#[tokio::test]
async fn a_deleted_image_takes_its_object_with_it() {
    let (manifest, mut expected) = folder("shrinking", 3, 900);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.import_whole("shrinking").await;
    let first = stack.images().await.remove(0);
    let answer =
        stack.http.delete(format!("{}/images/{}", stack.api, first.id)).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    expected.remove(&first.google_drive_id);
    stack.assert_stored_exactly(&expected).await;
}

#[tokio::test]
async fn a_large_file_goes_through_in_parts() {
    let (manifest, expected) = folder("large", 2, 40 * 1024 * 1024);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    let job = stack.import_whole("large").await;
    assert_eq!(job.processed.as_u64(), Some(2), "{:?}", job.failures);
    stack.assert_stored_exactly(&expected).await;
    assert_eq!(stack.bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn an_image_for_image_upload_through_base64_works_too() {
    let (manifest, expected) = folder("base64", 20, 30_000);
    let stack = Stack::with(drive::serving(&manifest)).set("UPLOAD_MODE", "base64").start().await;
    let job = stack.import_whole("base64").await;
    assert_eq!(job.processed.as_u64(), Some(20), "{:?}", job.failures);
    stack.assert_stored_exactly(&expected).await;
}
