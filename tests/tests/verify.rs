//! `image-import verify`: what was damaged by hand in bucket and database is found, exactly that, and mended.

use std::{collections::BTreeMap, path::Path, time::Duration};

use aws_sdk_s3::{
    config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation},
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use emulators::drive::{Config, id_of, root_folder_id};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use tests::{
    Stack,
    bucket::{ACCESS_KEY, BUCKET, SECRET_KEY},
    database::Database,
    drive,
    process::binary,
};

use crate::drive_folders::{folder, generated};

/// Above the size from which objects go in parts, so that their ETags are no MD5.
const LARGE: usize = 17 << 20;
/// An object's name that no row has.
const STRAY: &str = "11111111-2222-4333-8444-555555555555_stray.jpg";
/// A thumbnail of an image that there is not.
const STRAY_THUMBNAIL: &str = "thumbnails/11111111-2222-4333-8444-555555555555/320.webp";
/// Keys that this system cannot have written.
const FOREIGN: [&str; 3] = ["backup.tar", "00-notes.txt", "thumbnails/readme.txt"];

/// What a run of the command said.
#[derive(Debug)]
struct Run {
    code: i32,
    findings: Vec<Value>,
    summary: Value,
    said: String,
}

impl Run {
    /// `finding name-or-key`, in order.
    fn found(&self) -> Vec<String> {
        let about = |finding: &Value| {
            let what = finding["image"]["name"].as_str().or(finding["key"].as_str()).unwrap_or_default();
            format!("{} {what}", finding["finding"].as_str().unwrap_or_default())
        };
        let mut found: Vec<_> = self.findings.iter().map(about).collect();
        found.sort();
        found
    }
}

async fn verify(stack: &Stack, args: &[&str]) -> Run {
    let mut command = tokio::process::Command::new(binary("image-import"));
    command.arg("verify").arg("--json").args(args).env_clear().current_dir(stack.dir.path());
    for service in ["import", "metadata", "storage", "worker"] {
        command.env(format!("{}_SERVICE_URL", service.to_uppercase()), stack.url(service));
    }
    let run = tokio::time::timeout(Duration::from_secs(180), command.output()).await;
    let run = run.expect("it ends").expect("it starts");
    let text = String::from_utf8(run.stdout).expect("it says text");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let (summaries, findings): (Vec<_>, Vec<_>) = lines.partition(|line| line["summary"].is_object());
    Run {
        code: run.status.code().expect("it ends by itself"),
        findings,
        summary: summaries.first().map(|line| line["summary"].clone()).unwrap_or_default(),
        said: String::from_utf8_lossy(&run.stderr).into_owned(),
    }
}

/// The bucket and the database of a stack, as somebody who has their passwords changes them.
struct Hand {
    s3: aws_sdk_s3::Client,
    database: String,
}

impl Hand {
    fn of(stack: &Stack, settings: &[(String, String)]) -> Self {
        client::http::install_tls();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&stack.bucket.url)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "hand"))
            .force_path_style(true)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let setting = |name: &str| settings.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let database = match setting("DB_NAME") {
            Some(name) => {
                format!("{}/{name}", tests::database::mysql_server().as_str().trim_end_matches('/'))
            }
            None => format!("sqlite://{}", stack.dir.path().join("data/images.db").display()),
        };
        Self { s3: aws_sdk_s3::Client::from_conf(config), database }
    }

    async fn put(&self, key: &str, bytes: Vec<u8>) {
        let put = self.s3.put_object().bucket(BUCKET).key(key).body(ByteStream::from(bytes)).send();
        put.await.expect("the object is put");
    }

    async fn put_in_parts(&self, key: &str, bytes: &[u8]) {
        let begun =
            self.s3.create_multipart_upload().bucket(BUCKET).key(key).send().await.expect("it begins");
        let id = begun.upload_id().expect("an upload has an id");
        let mut parts = Vec::new();
        for (number, part) in (1..).zip(bytes.chunks(8 << 20)) {
            let sent = self
                .s3
                .upload_part()
                .bucket(BUCKET)
                .key(key)
                .upload_id(id)
                .part_number(number)
                .body(ByteStream::from(part.to_vec()))
                .send()
                .await
                .expect("the part is taken");
            parts.push(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build());
        }
        let all = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let end = self.s3.complete_multipart_upload().bucket(BUCKET).key(key).upload_id(id);
        end.multipart_upload(all).send().await.expect("it is completed");
    }

    async fn delete(&self, key: &str) {
        self.s3.delete_object().bucket(BUCKET).key(key).send().await.expect("the object is deleted");
    }

    async fn sql(&self, statements: &str) {
        let statements = sqlx::AssertSqlSafe(statements.to_owned());
        if self.database.starts_with("sqlite") {
            let mut connection = sqlx::SqliteConnection::connect(&self.database).await.expect("open SQLite");
            connection.execute(statements).await.expect("run SQL");
        } else {
            let mut connection = sqlx::MySqlConnection::connect(&self.database).await.expect("open MySQL");
            connection.execute(statements).await.expect("run SQL");
        }
    }
}

/// Name → key.
async fn keys(stack: &Stack) -> BTreeMap<String, String> {
    let images = stack.images().await;
    let key = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    images.iter().map(|image| (image.name.clone(), key(&image.storage_path))).collect()
}

async fn damage_by_hand_is_found_and_mended(database: Database) {
    let (mut manifest, mut expected) = folder("harmed", 8, 4000);
    for id in ["large_whole", "large_harmed"] {
        let file = json!({"id": id, "name": format!("{id}.jpg"), "mimeType": "image/jpeg", "size": "auto", "bytes": LARGE});
        manifest["folders"]["harmed"].as_array_mut().expect("a list").push(file);
        expected.insert(id.to_owned(), generated(id, LARGE));
    }
    let settings = database.settings().await;
    let stack = settings
        .iter()
        .fold(Stack::with(drive::serving(&manifest)), |stack, (name, value)| stack.set(name, value));
    let stack = stack.start().await;
    stack.import_whole("harmed").await;
    let hand = Hand::of(&stack, &settings);
    for key in FOREIGN {
        hand.put(key, b"not ours".to_vec()).await;
    }
    let whole = verify(&stack, &[]).await;
    assert_eq!((whole.code, whole.found()), (0, vec![]), "{whole:?}");
    let summary = json!({"rows": 10, "objects": 10, "read": 2});
    for (name, count) in summary.as_object().expect("an object") {
        assert_eq!(whole.summary[name], *count, "{name}: {whole:?}");
    }

    let key = keys(&stack).await;
    hand.delete(&key["img-0.jpg"]).await;
    hand.put(&key["img-1.jpg"], generated("other bytes", 4000)).await;
    hand.put(&key["img-2.jpg"], generated("harmed_f2", 4000)[..3999].to_vec()).await;
    hand.put_in_parts(&key["large_harmed.jpg"], &generated("other bytes", LARGE)).await;
    hand.put(STRAY, b"stray".to_vec()).await;
    hand.put(STRAY_THUMBNAIL, b"stray".to_vec()).await;
    hand.sql(
        "DELETE FROM images WHERE name = 'img-3.jpg'; \
         UPDATE images SET md5 = '00000000000000000000000000000000' WHERE name = 'img-4.jpg'; \
         UPDATE images SET size = 4001 WHERE name = 'img-5.jpg'; \
         UPDATE images SET source_md5 = NULL, md5 = NULL WHERE name = 'img-6.jpg'; \
         INSERT INTO images (name, google_drive_id, size, mime_type, storage_path, storage_provider) \
         VALUES ('elsewhere.jpg', 'elsewhere', 1, 'image/jpeg', 'https://other.s3.eu-west-1.amazonaws.com/x', 'aws')",
    )
    .await;
    let mut harm = vec![
        "damaged img-1.jpg".to_owned(),
        "damaged img-2.jpg".to_owned(),
        "damaged img-4.jpg".to_owned(),
        "damaged img-5.jpg".to_owned(),
        "damaged large_harmed.jpg".to_owned(),
        "missing img-0.jpg".to_owned(),
        format!("orphaned {STRAY}"),
        format!("orphaned {STRAY_THUMBNAIL}"),
        format!("orphaned {}", key["img-3.jpg"]),
    ];
    harm.sort();
    let harmed = verify(&stack, &[]).await;
    assert_eq!((harmed.code, harmed.found()), (1, harm.clone()), "{harmed:?}");
    assert_eq!((&harmed.summary["foreign"], &harmed.summary["unverified"]), (&json!(1), &json!(1)));
    let differs = |name: &str| {
        let mut all = harmed.findings.iter();
        all.find(|finding| finding["image"]["name"] == name).map(|finding| finding["differs"].clone())
    };
    assert_eq!(differs("img-1.jpg"), Some(json!(["md5", "source_md5"])));
    assert_eq!(differs("img-2.jpg"), Some(json!(["size", "md5", "source_md5"])));
    assert_eq!(differs("img-4.jpg"), Some(json!(["md5"])));
    assert_eq!(differs("img-5.jpg"), Some(json!(["size"])));

    let before = stack.images().await;
    let mended = verify(&stack, &["--repair"]).await;
    assert_eq!((mended.code, mended.found()), (0, harm), "{mended:?}");
    assert!(mended.findings.iter().all(|finding| finding["repair"]["outcome"] == "repaired"), "{mended:?}");
    for row in stack.images().await {
        let old =
            before.iter().find(|old| old.google_drive_id == row.google_drive_id).expect("no row is new");
        assert_eq!((row.id, &row.created_at, &row.job_id), (old.id, &old.created_at, &old.job_id));
    }
    let again = verify(&stack, &["--read-all"]).await;
    assert_eq!((again.code, again.found()), (0, vec![]), "{again:?}");
    assert_eq!(again.summary["read"], json!(9), "{again:?}");

    // what is not ours is where it was
    let objects = stack.bucket.objects().await;
    for key in FOREIGN {
        assert!(objects.contains_key(key), "{key}");
        hand.delete(key).await;
    }
    hand.sql("DELETE FROM images WHERE google_drive_id = 'elsewhere'").await;
    expected.remove("harmed_f3");
    stack.assert_stored_exactly(&expected).await;
    stack.assert_no_secret_in_logs();
}

#[tokio::test]
async fn damage_by_hand_is_found_and_mended_on_sqlite() {
    damage_by_hand_is_found_and_mended(Database::Sqlite).await;
}

#[tokio::test]
async fn damage_by_hand_is_found_and_mended_on_mysql() {
    damage_by_hand_is_found_and_mended(Database::Mysql).await;
}

#[tokio::test]
async fn an_image_that_drive_no_longer_has_stays_and_says_why() {
    let tree = tempfile::tempdir().expect("make a folder");
    for name in ["gone.jpg", "kept.jpg"] {
        std::fs::write(tree.path().join(name), generated(name, 5000)).expect("write a picture");
    }
    let stack = Stack::with(Config::default().with_root(tree.path())).start().await;
    stack.import_whole(&root_folder_id()).await;
    let hand = Hand::of(&stack, &[]);
    let key = keys(&stack).await;
    hand.delete(&key["kept.jpg"]).await;
    hand.put(&key["gone.jpg"], b"damaged".to_vec()).await;
    std::fs::remove_file(tree.path().join("gone.jpg")).expect("remove the picture");
    let run = verify(&stack, &["--repair"]).await;
    assert_eq!(
        (run.code, run.found()),
        (1, vec!["damaged gone.jpg".into(), "missing kept.jpg".into()]),
        "{run:?}"
    );
    let outcomes: BTreeMap<_, _> = run
        .findings
        .iter()
        .map(|finding| (finding["image"]["google_drive_id"].as_str().unwrap_or_default(), &finding["repair"]))
        .collect();
    assert_eq!(outcomes[id_of("kept.jpg").as_str()]["outcome"], "repaired", "{run:?}");
    let failed = outcomes[id_of("gone.jpg").as_str()];
    assert_eq!(
        (&failed["outcome"], &failed["code"]),
        (&json!("not-repaired"), &json!("not-found")),
        "{run:?}"
    );
    assert!(failed["reason"].as_str().is_some_and(|reason| reason.contains("File not found")), "{run:?}");
    // the damaged object is all there is
    assert_eq!(keys(&stack).await["gone.jpg"], key["gone.jpg"]);
    assert!(stack.bucket.objects().await.contains_key(&key["gone.jpg"]));
}

#[tokio::test]
async fn bytes_that_rotted_behind_an_unchanged_list_are_found_by_reading() {
    let (manifest, expected) = folder("rotten", 3, 300_000);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.import_whole("rotten").await;
    let blob = file_holding(&stack.dir.path().join("s3"), &expected["rotten_f1"]).expect("its file is there");
    let mut bytes = std::fs::read(&blob).expect("read the file");
    bytes[200_000] ^= 1;
    std::fs::write(&blob, bytes).expect("change one bit");
    assert_eq!(verify(&stack, &[]).await.found(), Vec::<String>::new());
    let run = verify(&stack, &["--read-all", "--repair"]).await;
    assert_eq!((run.code, run.found()), (0, vec!["damaged img-1.jpg".to_owned()]), "{run:?}");
    stack.assert_stored_exactly(&expected).await;
}

/// The file below `dir` that holds exactly these bytes.
fn file_holding(dir: &Path, bytes: &[u8]) -> Option<std::path::PathBuf> {
    std::fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path()).find_map(|path| {
        if path.is_dir() {
            return file_holding(&path, bytes);
        }
        std::fs::read(&path).is_ok_and(|content| content == bytes).then_some(path)
    })
}

#[tokio::test]
async fn a_running_import_is_no_damage() {
    let (manifest, expected) = folder("busy", 120, 3000);
    let stack = Stack::with(drive::serving(&manifest)).set("WORKER_CONCURRENCY", 4).start().await;
    stack.drive.fail(&json!({"kind": "latency", "on": "media", "seconds": 0.2}));
    let job = stack.start_job("busy").await;
    let mut runs = 0;
    while !stack.job(&job).await.state.is_some_and(client::import::JobState::is_final) {
        let run = verify(&stack, &["--repair"]).await;
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.findings.iter().all(|finding| finding["finding"] == "in-progress"), "{run:?}");
        runs += 1;
    }
    assert!(runs > 1, "the import is long enough");
    assert_eq!(stack.job(&job).await.processed.as_u64(), Some(120));
    stack.assert_stored_exactly(&expected).await;
    assert_eq!(verify(&stack, &[]).await.code, 0);
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_verified() {
    let (manifest, _) = folder("quiet", 2, 1000);
    let mut stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.import_whole("quiet").await;
    for service in ["metadata", "storage"] {
        stack.process(service).kill();
        let run = verify(&stack, &[]).await;
        assert_eq!((run.code, run.summary, run.findings.len()), (3, Value::Null, 0), "{service}");
        assert!(run.said.contains(&format!("{service}-service did not answer")), "{}", run.said);
        stack.process(service).start_again();
        stack.ready(service).await;
    }
    stack.process("import").kill();
    let run = verify(&stack, &[]).await;
    assert_eq!(run.code, 0, "{run:?}");
}
