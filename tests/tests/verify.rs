//! `image-import verify`: what was damaged by hand in bucket and database is found, exactly that, and mended.

pub(crate) mod hand;
pub(crate) mod run;

use std::{collections::BTreeMap, path::Path, time::Duration};

use emulators::drive::{Call, Config, id_of, root_folder_id};
use serde_json::{Value, json};
use tests::{Stack, database::Database, drive, wait_for};

use self::{
    hand::Hand,
    run::{command, verify},
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
         UPDATE images SET storage_path = 'nowhere' WHERE name = 'img-7.jpg'; \
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
        "missing img-7.jpg".to_owned(),
        format!("orphaned {}", key["img-7.jpg"]),
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
async fn a_repair_that_is_killed_anywhere_is_finished_by_the_next() {
    let (manifest, expected) = folder("killed", 16, 200_000);
    let mut stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.import_whole("killed").await;
    let hand = Hand::of(&stack, &[]);
    for (number, key) in keys(&stack).await.values().enumerate() {
        match number % 2 {
            0 => hand.delete(key).await,
            _ => hand.put(key, b"damaged".to_vec()).await,
        }
    }
    stack.drive.fail(&json!({"kind": "latency", "on": "media", "seconds": 0.3}));
    for round in 0..3_u8 {
        let mut repair = command(&stack, &["--repair"]).kill_on_drop(true).spawn().expect("it starts");
        let (stats, before) = (stack.drive.stats.clone(), stack.drive.stats.calls(Call::Media));
        let downloads = || async { stats.calls(Call::Media) };
        wait_for("images are stored anew", Duration::from_secs(60), downloads, |seen| *seen >= before + 3)
            .await;
        repair.kill().await.expect("it is killed");
        if round == 1 {
            stack.process("worker").kill();
            stack.process("worker").start_again();
            stack.ready("worker").await;
        }
    }
    stack.drive.heal();
    let run = verify(&stack, &["--repair"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    stack.assert_stored_exactly(&expected).await;
    assert_eq!(verify(&stack, &["--read-all"]).await.found(), Vec::<String>::new());
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
