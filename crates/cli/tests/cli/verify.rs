//! `verify` between services that say what they are told to.

use serde_json::Value;

use crate::program::{Ended, Server, image_import, run};

/// A row with a hostile name.
macro_rules! row {
    () => {
        r#"{"id":1,"name":"a\u001b[2J\u202egpj.jpg","google_drive_id":"d","size":5,"mime_type":"image/jpeg","storage_path":"http://b/k","storage_provider":"aws","created_at":null,"md5":"5d41402abc4b2a76b9719d911017c592"}"#
    };
}

/// An object with a hostile key.
macro_rules! stray {
    () => {
        r#"{"key":"stray\u001b","url":"http://b/stray","size":9,"last_modified":null,"md5":null}"#
    };
}

/// One row without object, one object without row.
const HARMED: &[(&str, u16, &str)] = &[
    ("GET /objects?", 200, concat!(r#"{"objects":["#, stray!(), r#"],"next_cursor":null}"#)),
    ("GET /images/verify?", 200, concat!(r#"{"images":["#, row!(), r#"],"next_cursor":null}"#)),
    ("GET /images/1", 200, row!()),
    ("POST /objects/resolve", 200, r#"{"objects":[{"keys":["k"]}]}"#),
    ("POST /objects/checksum", 404, r#"{"error":"There is no such object.","code":"no-such-object"}"#),
    ("POST /objects/stat", 200, stray!()),
    ("POST /objects/lookup", 200, r#"{"objects":["unknown"]}"#),
    ("GET /import/jobs?", 200, r#"{"jobs":[],"page":1,"per_page":100,"total":0,"total_pages":0}"#),
];

/// The same while an import runs, and nothing else.
const BUSY: &[(&str, u16, &str)] = &[
    HARMED[0],
    ("GET /images/verify?", 200, r#"{"images":[],"next_cursor":null}"#),
    ("POST /objects/resolve", 200, r#"{"objects":[]}"#),
    HARMED[5],
    HARMED[6],
    (
        "GET /import/jobs?",
        200,
        r#"{"jobs":[{"job_id":"j-1","state":"running","status":"processing","listing":"done","folder_id":"f","folder_name":null,"folder_url":"https://drive.google.com/drive/folders/f","recursive":false,"retry_of":null,"created_at":"2026-11-23T07:00:00Z","ended_at":null,"total":3,"processed":2,"failed":0,"cancelled":0,"bytes_done":0,"bytes_total":0,"images_per_second":null,"bytes_per_second":null,"seconds_left":null,"error":null,"waiting_reason":null,"waiting_until":null}],"page":1,"per_page":100,"total":1,"total_pages":1}"#,
    ),
];

fn verify(server: &str, arguments: &[&str]) -> Ended {
    let dir = tempfile::tempdir().unwrap();
    let mut command = image_import(dir.path());
    for service in ["IMPORT", "METADATA", "STORAGE", "WORKER"] {
        command.env(format!("{service}_SERVICE_URL"), server);
    }
    let ended = run(command.arg("verify").args(arguments));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
    ended
}

#[test]
fn findings_are_told_to_people_and_to_programs_and_end_with_1() {
    let server = Server::start(HARMED);
    let people = verify(&server.url, &[]);
    assert_eq!(people.code, 1, "{}", people.err);
    for told in ["missing  a", "(image 1)  k", "orphaned  stray", "9 bytes", "not all is well"] {
        assert!(people.out.contains(told), "{told}: {}", people.out);
    }
    assert!(!people.out.contains(['\u{1b}', '\u{202e}']), "nothing of a stranger's: {:?}", people.out);
    let none = verify(&server.url, &["--show", "0"]);
    assert_eq!(none.out.matches("and more").count(), 2, "{}", none.out);
    let program = verify(&server.url, &["--json"]);
    let lines: Vec<Value> = program.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((program.code, lines.len()), (1, 3), "{}", program.out);
    assert_eq!((&lines[0]["finding"], &lines[1]["finding"]), (&"missing".into(), &"orphaned".into()));
    assert_eq!((&lines[2]["ok"], &lines[2]["summary"]["orphaned"]), (&false.into(), &1.into()));
}

#[test]
fn nothing_is_changed_unless_repair_is_said() {
    let server = Server::start(HARMED);
    verify(&server.url, &["--read-all"]);
    let changing = |asked: &String| {
        ["DELETE", "PUT", "POST /objects/release", "POST /delete", "POST /process-single"]
            .iter()
            .any(|start| asked.starts_with(start))
    };
    assert!(!server.asked().iter().any(changing), "{:?}", server.asked());
    let repair = verify(&server.url, &["--repair", "--json"]);
    assert_eq!(repair.code, 1, "the stand-in mends nothing: {}", repair.out);
    assert_eq!(repair.out.matches("not-repaired").count(), 2, "{}", repair.out);
}

#[test]
fn an_object_that_a_running_import_may_name_is_no_fault() {
    let server = Server::start(BUSY);
    for arguments in [&["--json"][..], &["--json", "--repair"]] {
        let ended = verify(&server.url, arguments);
        assert_eq!(ended.code, 0, "{} {}", ended.out, ended.err);
        assert!(ended.out.contains(r#""finding":"in-progress""#), "{}", ended.out);
    }
    assert!(!server.asked().iter().any(|asked| asked.starts_with("POST /objects/release")));
}

#[test]
fn a_system_that_is_not_there_ends_with_3_and_a_wrong_address_with_2() {
    let gone = verify("http://127.0.0.1:9", &["--json"]);
    assert_eq!((gone.code, gone.out.as_str()), (3, ""), "{}", gone.err);
    assert!(
        gone.err.contains("storage-service did not answer") && gone.err.contains("--port-base"),
        "{}",
        gone.err
    );
    // a service that knows no such question
    let other = Server::start(&[]);
    assert_eq!(verify(&other.url, &[]).code, 3);
    let wrong = verify("nonsense", &[]);
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    assert!(wrong.err.contains("STORAGE_SERVICE_URL"), "{}", wrong.err);
}

#[test]
fn objects_stay_when_their_bucket_has_got_another_address() {
    const KEY: &str = "0123abcd-89ab-4def-8123-456789abcdef_a%20b.jpg";
    let object = format!(
        r#"{{"objects":[{{"key":"{KEY}","url":"http://new/{KEY}","size":5,"last_modified":null,"md5":null}}],"next_cursor":null}}"#
    );
    let row = row!().replace("http://b/k", &format!("https://old.example/i/{KEY}"));
    let rows = format!(r#"{{"images":[{row}],"next_cursor":null}}"#);
    let server = Server::start(Vec::leak(vec![
        ("GET /objects?", 200, &*object.leak()),
        ("GET /images/verify?", 200, &*rows.leak()),
        ("POST /objects/resolve", 200, r#"{"objects":[{"keys":[]}]}"#),
    ]));
    let ended = verify(&server.url, &["--json", "--repair"]);
    assert_eq!(ended.code, 0, "{} {}", ended.out, ended.err);
    assert!(ended.out.contains(r#""orphaned":0"#) && ended.out.contains(r#""moved":1"#), "{}", ended.out);
    assert!(ended.err.contains("S3_PUBLIC_URL"), "{}", ended.err);
    let is_change = |asked: &String| asked.starts_with("POST /objects/release");
    assert!(!server.asked().iter().any(is_change), "{:?}", server.asked());
}

#[test]
fn the_wrong_database_empties_no_bucket() {
    let object = |n: usize| {
        format!(
            r#"{{"key":"{n:08}-89ab-4def-8123-456789abcdef_a","url":"http://b/{n}","size":5,"last_modified":null,"md5":null}}"#
        )
    };
    for (objects, may_go) in [(100, true), (101, false)] {
        let list = (0..objects).map(object).collect::<Vec<_>>().join(",");
        let list = format!(r#"{{"objects":[{list}],"next_cursor":null}}"#);
        let fates = vec![r#""unknown""#; objects].join(",");
        let fates = format!(r#"{{"objects":[{fates}]}}"#);
        let server = Server::start(Vec::leak(vec![
            ("GET /objects?", 200, &*list.leak()),
            ("GET /images/verify?", 200, r#"{"images":[],"next_cursor":null}"#),
            ("POST /objects/resolve", 200, r#"{"objects":[]}"#),
            HARMED[5],
            ("POST /objects/lookup", 200, &*fates.leak()),
            HARMED[7],
        ]));
        let ended = verify(&server.url, &["--json", "--repair"]);
        assert_eq!(ended.code, 1, "{} {}", ended.out, ended.err);
        let released = server.asked().iter().any(|asked| asked.starts_with("POST /objects/release"));
        assert_eq!((released, ended.out.contains("wrong-database")), (may_go, !may_go), "{objects}");
    }
}
