//! What a row says about its image.

use md5::{Digest, Md5};
use tests::{Stack, database::Database};

use super::{Album, imported, on};

async fn every_row_says_what_the_bytes_are_and_where_they_are_shown(database: Database) {
    let album = Album::new();
    let (stack, _) = on(Stack::with(album.drive()), database).await;
    let stack = imported(stack, &album).await;
    let images = stack.images().await;
    assert_eq!(images.len(), album.files.len());
    for image in images {
        let file = &album.files[image.name.as_str()];
        let name = &image.name;
        assert_eq!(
            (image.width.zip(image.height), &image.mime_type[..]),
            (file.pixels, file.announced),
            "{name}"
        );
        assert_eq!(image.content_type.as_deref(), Some(file.is), "{name}");
        assert_eq!(image.md5, Some(hex::encode(Md5::digest(&file.bytes))), "{name}");
        assert!(image.job_id.as_deref().is_some_and(|id| uuid::Uuid::try_parse(id).is_ok()), "{name}");
        let content = image.content_url.as_deref().unwrap_or_default();
        let key = image.storage_path.rsplit('/').next().unwrap_or_default();
        assert!(content.starts_with("/api/objects/"), "{name}: {content}");
        let decoded =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        assert_eq!(decoded(content.trim_start_matches("/api/objects/")), decoded(key), "{name}");
        assert_eq!(image.thumbnail_url, Some(format!("{content}/thumbnail")), "{name}");
        let drive = format!("https://drive.google.com/file/d/{}/view", image.google_drive_id);
        assert_eq!(image.drive_url, Some(drive), "{name}");
    }
}

#[tokio::test]
async fn every_row_says_what_the_bytes_are_and_where_they_are_shown_on_sqlite() {
    every_row_says_what_the_bytes_are_and_where_they_are_shown(Database::Sqlite).await;
}

#[tokio::test]
async fn every_row_says_what_the_bytes_are_and_where_they_are_shown_on_mysql() {
    every_row_says_what_the_bytes_are_and_where_they_are_shown(Database::Mysql).await;
}
