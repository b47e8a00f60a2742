//! The key, the way to Drive, and links.

use serde_json::json;

use super::world::{FOLDER, World};

#[test]
fn each_trouble_with_drive_is_named_with_its_remedy() {
    let world = World::new();
    let told = world.told(&[("GOOGLE_API_KEY", "canary-wrong-key")], &["--folder", FOLDER]);
    assert_eq!((told.about("drive.key"), told.about("drive.folder")), ("failed".into(), "skipped".into()));
    assert!(told.words("drive.key").contains("GOOGLE_API_KEY"));
    let told = world.told(&[("GOOGLE_DRIVE_API_URL", "http://127.0.0.1:1/drive/v3")], &[]);
    assert_eq!(told.about("drive.reach"), "failed");
    for (reason, verdict, remedy) in [
        ("accessNotConfigured", "failed", "Enable the Google Drive API"),
        ("API_KEY_HTTP_REFERRER_BLOCKED", "failed", "restriction"),
        ("API_KEY_IP_ADDRESS_BLOCKED", "failed", "restriction"),
        ("API_KEY_SERVICE_BLOCKED", "failed", "restriction"),
        ("userRateLimitExceeded", "warning", "by itself"),
    ] {
        world.drive_faults.clear();
        world.drive_faults.add(serde_json::from_value(json!({"kind": reason})).unwrap());
        let told = world.told(&[], &[]);
        assert_eq!(told.about("drive.key"), verdict, "{reason}: {}", told.0);
        assert!(told.words("drive.key").contains(remedy), "{reason}: {}", told.0);
    }
}

#[test]
fn a_link_is_judged_as_an_import_would() {
    let world = World::new();
    for (link, verdict, words) in [
        ("https://drive.google.com/drive/folders/1EmptyFolderOfTheTests0000", "warning", "holds no images"),
        ("https://drive.google.com/drive/folders/1NoSuchFolderAnywhere0000", "failed", "resource key"),
        ("https://drive.google.com/file/d/1SomeFileOfTheTests0000000/view", "failed", "single file"),
        ("https://example.com/x", "failed", "not to Google Drive"),
    ] {
        let told = world.told(&[], &["--folder", link]);
        assert_eq!(told.about("drive.folder"), verdict, "{link}: {}", told.0);
        assert!(told.words("drive.folder").contains(words), "{link}: {}", told.0);
    }
}
