//! The demo, from its start to its end.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use crate::{
    ports::free_base,
    program::{image_import, run},
};

/// Settings of a real system, none of which a demo may use.
const REAL: &[(&str, &str)] = &[
    ("GOOGLE_API_KEY", "canary-google-key"),
    ("GOOGLE_DRIVE_API_URL", "http://127.0.0.1:9/drive/v3"),
    ("AWS_BUCKET_NAME", "real-bucket"),
    ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ("AWS_ACCESS_KEY_ID", "canary-key"),
    ("AWS_SECRET_ACCESS_KEY", "canary-secret"),
    ("DB_SERVER", "127.0.0.1"),
    ("DB_NAME", "real"),
    ("DB_USER", "real"),
    ("DB_PASSWORD", "canary-password"),
    ("REDIS_URL", "redis://127.0.0.1:9"),
    ("PORT", "1"),
    ("IMPORT_SERVICE_URL", "http://127.0.0.1:9"),
    ("DATA_DIR", "real-data"),
];

#[test]
fn a_demo_imports_every_sample_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let lines: Vec<_> = REAL.iter().map(|(name, value)| format!("{name}={value}")).collect();
    fs::write(dir.path().join(".env"), lines.join("\n")).unwrap();
    let real = dir.path().join("instance");
    fs::create_dir(&real).unwrap();
    fs::write(real.join("images.db"), "somebody's own").unwrap();
    let ended = run(image_import(dir.path()).args(["demo", "--exit", "--json"]).envs(REAL.iter().copied()));
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(told["status"], "completed");
    assert_eq!((told["processed"].as_u64(), told["total"].as_u64()), (Some(24), Some(24)));
    assert_eq!((told["failed"].as_u64(), told["cancelled"].as_u64()), (Some(0), Some(0)));
    assert_eq!(told["jobs"].as_array().unwrap().len(), 2);
    assert!(ended.err.contains("24 of 24 images"), "{}", ended.err);
    assert!(!ended.err.contains("canary"), "{}", ended.err);
    let left: BTreeSet<_> = names(dir.path());
    assert_eq!(left, BTreeSet::from([".env".to_owned(), "instance".to_owned()]));
    assert_eq!(fs::read_to_string(real.join("images.db")).unwrap(), "somebody's own");
}

#[test]
fn own_pictures_are_imported_at_every_depth_and_known_the_second_time() {
    let dir = tempfile::tempdir().unwrap();
    let pictures = dir.path().join("my pictures");
    fs::create_dir_all(pictures.join("2024/summer")).unwrap();
    for (file, text) in [
        ("a.jpg", "one"),
        ("2024/summer/b ü.png", "two"),
        ("2024/summer/c#.gif", "three"),
        ("notes.txt", "no picture"),
    ] {
        fs::write(pictures.join(file), text).unwrap();
    }
    let data = dir.path().join("data");
    let base = free_base().to_string();
    for _ in 0..2 {
        let mut demo = image_import(dir.path());
        demo.args(["demo", "--exit", "--json", "--port-base", &base, "--folder"]).arg(&pictures);
        let ended = run(demo.arg("--data-dir").arg(&data));
        assert_eq!(ended.code, 0, "{}", ended.err);
        let told: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!((told["status"].as_str(), told["processed"].as_u64()), (Some("completed"), Some(3)));
    }
    assert!(data.join("images.db").is_file());
}

#[test]
fn a_folder_without_pictures_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("texts");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("notes.txt"), "no picture").unwrap();
    let ended = run(image_import(dir.path()).args(["demo", "--exit", "--json", "--folder"]).arg(&folder));
    assert_eq!(ended.code, 1, "{}", ended.err);
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((told["status"].as_str(), told["total"].as_u64()), (Some("failed"), Some(0)));
}

fn names(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
