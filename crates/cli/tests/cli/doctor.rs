//! `doctor`, against stand-ins that are set up well, and in every way that is not.

mod bucket;
mod drive;
mod stores;
mod world;

use crate::program::Server;
use world::{FOLDER, World};

#[test]
fn all_is_well_and_nothing_is_left_behind() {
    let world = World::new();
    let told = world.told(&[], &["--folder", FOLDER]);
    // how full the disk of the machine is that runs the tests is no matter of theirs
    let amiss = [told.all("failed"), told.all("warning")].concat();
    assert_eq!(amiss.iter().filter(|check| **check != "files.space").count(), 0, "{}", told.0);
    for check in [
        "settings",
        "drive.key",
        "drive.folder",
        "drive.clock",
        "bucket.credentials",
        "bucket.exists",
        "bucket.put",
        "bucket.get",
        "bucket.list",
        "bucket.delete",
        "bucket.public",
        "bucket.content-type",
        "bucket.clock",
        "database.reach",
        "files.write",
    ] {
        assert_eq!(told.about(check), "ok", "{check} in {}", told.0);
    }
    assert!(told.words("drive.folder").contains("2 images"));
    let stats = world.faults.stats().requests;
    assert_eq!((stats["PutObject"], stats["DeleteObject"]), (1, 1));
    assert_eq!(std::fs::read_dir(world.dir.path()).unwrap().count(), 1, "only the bucket's own directory");
}

#[test]
fn a_person_reads_headings_and_remedies_without_colours() {
    let world = World::new();
    let ended = world.doctor(&[("GOOGLE_API_KEY", "")], &[]);
    assert_eq!(ended.code, 1);
    for text in ["Google Drive\n", "FAILED   drive.key", "-> Make a key", "ok       bucket.put", "1 failed"] {
        assert!(ended.out.contains(text), "{text} is missing in: {}", ended.out);
    }
    assert!(!ended.out.contains('\u{1b}'));
}

#[test]
fn bad_settings_are_named_and_the_rest_is_looked_at_all_the_same() {
    let world = World::new();
    let told =
        world.told(&[("BATCH_SIZE", "canary"), ("DB_PORT", "canary"), ("REDIS_URL", "http://canary")], &[]);
    let words = told.words("settings");
    for name in ["BATCH_SIZE", "DB_PORT"] {
        assert!(words.contains(name), "{name} is missing in {words}");
    }
    assert_eq!((told.about("drive.key"), told.about("bucket.put")), ("ok".into(), "ok".into()), "{}", told.0);
    assert_eq!(told.about("database.reach"), "skipped");
    assert!(told.all("failed").len() >= 3, "{}", told.0);
    let told = world.told(&[("STORAGE_PROVIDER", "gcs")], &[]);
    assert_eq!(told.about("bucket.provider"), "failed");
}

#[test]
fn a_directory_that_cannot_be_written_is_told() {
    let world = World::new();
    std::fs::write(world.dir.path().join("file"), "").unwrap();
    let told = world.told(&[("DATA_DIR", "file/below")], &[]);
    assert_eq!(told.about("files.write"), "failed", "{}", told.0);
    assert!(told.words("files.write").contains("DATA_DIR"));
}

#[test]
fn services_that_run_are_asked_and_those_that_do_not_are_named() {
    let world = World::new();
    let ready = Server::start(&[("GET /ready", 200, r#"{"status": "ready", "version": "0.0.1"}"#)]);
    let not_ready = Server::start(&[(
        "GET /ready",
        503,
        r#"{"status": "not-ready", "dependencies": {"s3": {"status": "down", "reason": "could not connect"}}}"#,
    )]);
    let original = Server::start(&[("GET /health", 200, r#"{"status": "healthy"}"#)]);
    let told = world.told(
        &[
            ("IMAGE_IMPORT_API_URL", &format!("{}/api", ready.url)),
            ("STORAGE_SERVICE_URL", &not_ready.url),
            ("METADATA_SERVICE_URL", &original.url),
        ],
        &[],
    );
    assert_eq!(told.about("services.gateway"), "warning", "another version: {}", told.0);
    assert!(told.words("services.storage").contains("s3: could not connect"), "{}", told.0);
    assert_eq!(told.about("services.metadata"), "skipped");
    assert!(
        told.about("services.worker") == "failed"
            && told.words("services.worker").contains("WORKER_SERVICE_URL")
    );
    assert_eq!(world.told(&[], &[]).about("services"), "skipped", "nothing runs: no failure");
}

#[test]
fn whoever_never_answers_is_told_and_holds_up_nothing_for_ever() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let port = silent.local_addr().unwrap().port().to_string();
    let world = World::new();
    let told = world.told(
        &[
            ("GOOGLE_DRIVE_API_URL", url.as_str()),
            ("AWS_ENDPOINT_URL", &url),
            ("DB_SERVER", "127.0.0.1"),
            ("DB_PORT", &port),
            ("DB_NAME", "images"),
            ("DB_USER", "app"),
            ("DB_PASSWORD", "canary-password"),
            ("REDIS_URL", &url.replace("http://", "redis://:canary-password@")),
            ("IMAGE_IMPORT_API_URL", &url),
        ],
        &["--folder", FOLDER],
    );
    let failed = ["drive.reach", "bucket.reach", "database.reach", "redis.reach"];
    assert_eq!(told.all("failed"), failed, "{}", told.0);
    assert_eq!(told.about("files.write"), "ok");
}
