//! Processes that run until they are told to stop, by a signal that only Unix has.

use serde_json::Value;

use crate::{
    ports::free_base,
    running::{Running, get},
};

#[test]
fn up_needs_no_settings_and_stops_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let base = free_base();
    let mut up = Running::start(dir.path(), &["up", "--json", "--port-base", &base.to_string()], &[]);
    let at = up.line();
    assert_eq!(at["gateway"], format!("http://127.0.0.1:{base}"));
    assert_eq!(at["drive"], Value::Null, "that one is Google's own");
    for part in ["gateway", "import", "metadata", "storage", "worker"] {
        let answer = get(&format!("{}/health", at[part].as_str().unwrap()));
        assert!(answer.starts_with("HTTP/1.1 200"), "{part}: {answer}");
    }
    let stats = get(&format!("{}/api/stats", at["gateway"].as_str().unwrap()));
    assert!(stats.contains("\"total_images\":0"), "{stats}");
    let mut doctor = crate::program::image_import(dir.path());
    doctor
        .args(["doctor", "--json", "--port-base", &base.to_string()])
        .env("GOOGLE_DRIVE_API_URL", "http://127.0.0.1:1");
    let said: Value = serde_json::from_str(&crate::program::run(&mut doctor).out).unwrap();
    for check in [
        "services.gateway",
        "services.storage",
        "services.metadata",
        "bucket.put",
        "bucket.delete",
        "files.write",
    ] {
        let found = said["checks"].as_array().unwrap().iter().find(|finding| finding["check"] == check);
        assert_eq!(found.unwrap()["verdict"], "ok", "{check}: {said}");
    }
    assert_eq!(up.stop(), 0);
    assert!(dir.path().join(".data").join("import.db").is_file());
}

#[test]
fn the_emulators_run_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (drive, s3) = (free_base().to_string(), free_base().to_string());
    let arguments = ["emulators", "both", "--json", "--drive-port", &drive, "--s3-port", &s3];
    let mut emulators = Running::start(dir.path(), &arguments, &[]);
    let at = emulators.line();
    let folder = at["drive"]["folders"][0].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let url = at["drive"]["url"].as_str().unwrap();
    let listed = get(&format!("{url}/files?key=k&q=%27{folder}%27+in+parents"));
    assert!(listed.starts_with("HTTP/1.1 200") && listed.contains("drive#fileList"), "{listed}");
    let health = get(&format!("{}/_health", at["s3"]["url"].as_str().unwrap()));
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    assert_eq!(emulators.stop(), 0);
}

#[test]
fn the_emulators_serve_a_manifest_and_a_bucket_as_aws_makes_it() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = dir.path().join("manifest.json");
    let folders =
        r#"{"folders": {"album": [{"id": "a1", "name": "a.jpg", "mimeType": "image/jpeg", "bytes": 9}]}}"#;
    std::fs::write(&manifest, folders).unwrap();
    let (drive, s3) = (free_base().to_string(), free_base().to_string());
    let manifest = manifest.to_str().unwrap();
    let arguments = [
        "emulators",
        "--json",
        "--drive-port",
        &drive,
        "--s3-port",
        &s3,
        "--manifest",
        manifest,
        "--s3-private",
    ];
    let mut emulators = Running::start(dir.path(), &arguments, &[]);
    let at = emulators.line();
    let listed =
        get(&format!("{}/files?key=k&q=%27album%27+in+parents", at["drive"]["url"].as_str().unwrap()));
    assert!(listed.contains("a.jpg"), "{listed}");
    let object = get(&format!("{}/images/nothing", at["s3"]["url"].as_str().unwrap()));
    assert!(object.starts_with("HTTP/1.1 403"), "{object}");
    assert_eq!(emulators.stop(), 0);
}

#[test]
fn a_bucket_of_ones_own_takes_the_place_of_the_embedded_server() {
    let dir = tempfile::tempdir().unwrap();
    let base = free_base().to_string();
    let mut up = Running::start(
        dir.path(),
        &["up", "--json", "--port-base", &base],
        &[
            ("AWS_BUCKET_NAME", "mine"),
            ("AWS_ACCESS_KEY_ID", "k"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("PORT", "1"),
        ],
    );
    assert_eq!(up.line()["s3"], Value::Null);
    assert_eq!(up.stop(), 0);
    assert!(!dir.path().join(".data").join("s3").exists());
}

#[test]
fn a_demo_goes_on_until_it_is_stopped_and_removes_what_it_made() {
    let dir = tempfile::tempdir().unwrap();
    let base = free_base().to_string();
    let mut demo = Running::start(dir.path(), &["demo", "--json", "--port-base", &base], &[]);
    assert_eq!(demo.line()["status"], "completed");
    let gallery = get(&format!("http://127.0.0.1:{base}/api/images?per_page=1"));
    assert!(gallery.contains("\"total\":24"), "{gallery}");
    assert_eq!(demo.stop(), 0);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
