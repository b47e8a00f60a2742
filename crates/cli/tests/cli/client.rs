//! The commands that ask a running system.

use serde_json::{Value, json};

use crate::program::{Server, image_import, run};

const STATUS: &str = r#"{"failed":1,"imported":[],"processed":2,"status":"completed","total":3,"new":"field","failures":[
    {"file_id":"f","name":"a\u001b[2J.jpg","reason":"not-found","message":"Google Drive has no such file.","advice":"Ask its owner."}]}"#;

const ANSWERS: &[(&str, u16, &str)] = &[
    (
        "POST /api/import/google-drive",
        202,
        r#"{"job_id":"j-1","message":"Import job started for 3 images","total_images":3}"#,
    ),
    ("GET /api/import/status/j-1", 200, STATUS),
    ("GET /api/import/status/", 404, r#"{"error":"Job not found"}"#),
    (
        "GET /api/images",
        200,
        r#"{"images":[{"id":7,"name":"é.jpg","google_drive_id":"d","size":2500,"mime_type":"image/jpeg","storage_path":"https://b/k","storage_provider":"aws","created_at":null}],"page":1,"per_page":50,"total":1,"total_pages":1}"#,
    ),
    (
        "GET /api/stats",
        200,
        r#"{"aws_images":1,"total_images":1,"total_size_bytes":"2500","total_size_mb":"0.00"}"#,
    ),
    ("DELETE /api/images/7", 200, r#"{"message":"Image deleted successfully"}"#),
    ("DELETE /api/images/", 404, r#"{"error":"Image not found"}"#),
    (
        "GET /api/import/jobs?",
        200,
        r#"{"jobs":[{"job_id":"j-1","state":"completed","status":"completed","listing":"done","folder_id":"f","folder_name":"Al\u001bbum","folder_url":"https://drive.google.com/drive/folders/f","recursive":false,"retry_of":null,"created_at":"2026-11-23T07:00:00Z","ended_at":null,"total":3,"processed":2,"failed":1,"cancelled":0,"bytes_done":0,"bytes_total":0,"images_per_second":null,"bytes_per_second":null,"seconds_left":null,"error":null,"waiting_reason":null,"waiting_until":null}],"page":2,"per_page":20,"total":21,"total_pages":2}"#,
    ),
    (
        "POST /api/import/jobs/j-0/retry",
        202,
        r#"{"message":"Retry started for 3 images","retry_of":"j-0","job_id":"j-1","total_images":3}"#,
    ),
    (
        "POST /api/import/jobs/j-1/retry",
        200,
        r#"{"message":"Nothing to retry","retry_of":"j-1","total_images":0}"#,
    ),
    (
        "POST /api/import/preview",
        200,
        r#"{"folder_id":"x","folder_name":null,"folder_url":"https://drive.google.com/drive/folders/x","recursive":false,"folders":1,"images":5,"bytes":10,"known":1,"to_import":4,"skipped":{"subfolders":0,"shortcuts":0,"other_files":2,"not_downloadable":0,"unreadable_folders":0},"complete":true}"#,
    ),
    ("POST /api/import/jobs/j-1/cancel", 202, r#"{"message":"Import cancelled"}"#),
];

#[test]
fn every_command_asks_the_right_thing_and_tells_people_and_programs() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, asked, told) in [
        (&["import", "https://drive.google.com/drive/folders/x"][..], "POST /api/import/google-drive", "j-1"),
        (&["status", "j-1"], "GET /api/import/status/j-1", "2 of 3 images stored, 1 failed"),
        (&["images", "--page", "2"], "GET /api/images?page=2&per_page=50", "é.jpg"),
        (&["stats"], "GET /api/stats", "1 images, 2500 bytes"),
        (&["delete", "7"], "DELETE /api/images/7", "deleted"),
        (&["cancel", "j-1"], "POST /api/import/jobs/j-1/cancel", "cancelled"),
        (&["jobs", "--page", "2"], "GET /api/import/jobs?page=2&per_page=20", "2 of 3"),
        (&["retry", "j-0"], "POST /api/import/jobs/j-0/retry", "j-1"),
        (&["retry", "j-1", "--watch"], "POST /api/import/jobs/j-1/retry", "Nothing to retry"),
        (&["preview", "x"], "POST /api/import/preview", "4 would be imported"),
    ] {
        let server = Server::start(ANSWERS);
        let run = |json: &[&str]| {
            run(image_import(dir.path()).args(arguments).args(json).env("IMAGE_IMPORT_API_URL", &server.url))
        };
        let people = run(&[]);
        assert_eq!(people.code, 0, "{}", people.err);
        assert!(people.out.contains(told), "{}", people.out);
        assert!(!people.out.contains('\u{1b}'), "colours only on a terminal, and nothing of a stranger's");
        let program = run(&["--json"]);
        assert_eq!(program.out.lines().count(), 1);
        serde_json::from_str::<Value>(&program.out).unwrap();
        assert_eq!(server.asked(), [asked, asked]);
    }
}

#[test]
fn json_answers_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(ANSWERS);
    let ended = run(image_import(dir.path()).args(["status", "j-1", "--json", "--api", &server.url]));
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(told, serde_json::from_str::<Value>(STATUS).unwrap());
}

#[test]
fn watching_ends_with_1_when_an_image_failed_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(ANSWERS);
    let ended =
        run(image_import(dir.path()).args(["import", "x", "--watch", "--json", "--api", &server.url]));
    let retried = run(image_import(dir.path()).args(["retry", "j-0", "--watch", "--api", &server.url]));
    assert_eq!(retried.code, 1, "{}", retried.err);
    assert!(retried.out.contains("2 of 3 images stored, 1 failed"), "{}", retried.out);
    assert_eq!(ended.code, 1, "{}", ended.err);
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&told["job_id"], &told["failed"]), (&json!("j-1"), &json!(1)));
    assert!(ended.err.contains("3 of 3 images"), "{}", ended.err);
    assert!(ended.err.contains("Google Drive has no such file. Ask its owner."), "{}", ended.err);
    assert!(!ended.err.contains('\u{1b}'));
}

#[test]
fn watching_outlasts_a_service_that_starts_again() {
    const AWAY: &str =
        r#"{"error":"Import service unavailable: connection refused","code":"service-unavailable"}"#;
    const ANSWERS: &[(&str, u16, &str)] = &[
        (
            "POST /api/import/google-drive",
            202,
            r#"{"job_id":"j-1","message":"Import job started for 3 images","total_images":3}"#,
        ),
        ("GET /api/import/status/j-1", 503, AWAY),
        ("GET /api/import/status/j-1", 200, STATUS),
        ("GET /api/import/status/j-1", 503, AWAY),
        ("GET /api/import/status/j-1", 200, STATUS),
    ];
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(ANSWERS);
    let ended = run(image_import(dir.path()).args(["import", "x", "--watch", "--api", &server.url]));
    assert!(ended.out.contains("2 of 3 images stored, 1 failed"), "{} {}", ended.out, ended.err);
    assert!(!ended.err.contains("unavailable"), "{}", ended.err);
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn a_refusal_ends_with_1_and_the_servers_words() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(ANSWERS);
    for (arguments, words) in [(["status", "other"], "Job not found"), (["delete", "8"], "Image not found")] {
        let ended = run(image_import(dir.path()).args(arguments).args(["--api", &server.url]));
        assert_eq!((ended.code, ended.out.as_str()), (1, ""));
        assert!(ended.err.contains(words), "{}", ended.err);
    }
}

#[test]
fn a_server_that_does_not_answer_ends_with_3_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for arguments in [&["stats"][..], &["import", "x", "--watch"], &["status", "j", "--json"]] {
        let url = format!("http://{closed}/");
        let ended = run(image_import(dir.path()).args(arguments).env("IMAGE_IMPORT_API_URL", url));
        assert_eq!((ended.code, ended.out.as_str()), (3, ""));
        assert!(
            ended.err.contains(&closed.to_string()) && ended.err.contains("image-import up"),
            "{}",
            ended.err
        );
    }
}
