//! `kill -9` of `image-import up`: five services and the bucket end at once, and go on together.

use std::{collections::BTreeMap, path::Path, time::Duration};

use client::import::{JobState, JobStatus, StartImport};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use tests::{
    audit::{Sum, assert_all_stored},
    drive::{self, DriveEmulator},
    ports::free_ports,
    process::{Process, binary},
    stack::API_KEY,
    wait_for,
};
use tokio::time::sleep;

use crate::drive_folders::folder;

const FILES: usize = 150;
const KILLS: u32 = 8;
const LIMIT: Duration = Duration::from_secs(120);

/// What `image-import verify` thinks of the system.
async fn verify(dir: &Path, port_base: u16) -> (Option<i32>, String) {
    let mut command = tokio::process::Command::new(binary("image-import"));
    let arguments = ["verify", "--json", "--read-all", "--port-base", &port_base.to_string()];
    let run = command.args(arguments).env_clear().current_dir(dir).output().await.expect("it starts");
    (run.status.code(), String::from_utf8_lossy(&run.stdout).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_system_killed_again_and_again_loses_nothing() {
    let (manifest, expected) = folder("all_in_one", FILES, 5000);
    let google = DriveEmulator::start(drive::serving(&manifest)).await;
    google.fail(&json!([
        {"kind": "latency", "on": "media", "seconds": 0.1},
        {"kind": "latency", "on": "list", "seconds": 0.3},
        {"kind": "short-page", "items": 10, "on": "list"},
    ]));
    let dir = tempfile::tempdir().expect("make a folder");
    let port_base = free_ports(7);
    let env = [
        ("GOOGLE_API_KEY", API_KEY.to_owned()),
        ("GOOGLE_DRIVE_API_URL", google.url.clone()),
        ("WORKER_CONCURRENCY", "2".to_owned()),
        ("DISPATCH_WINDOW", "20".to_owned()),
        ("BATCH_SIZE", "5".to_owned()),
        ("LIST_WAIT_SECS", "1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let arguments = ["up", "--data-dir", "data", "--port-base", &port_base.to_string()].map(str::to_owned);
    let mut system = Process::start_with("image-import", arguments.to_vec(), "up", dir.path(), env.to_vec());

    let api: url::Url = format!("http://127.0.0.1:{port_base}/api").parse().expect("a local URL");
    let http = client::http::service_client(Duration::from_secs(60));
    let import = client::import::Client::new(api.clone(), http.clone());
    let order = StartImport { folder_url: "all_in_one".to_owned(), recursive: false };
    let start = || async { import.start_import(&order).await.map_err(|error| error.to_string()) };
    let started = wait_for("the import starts", LIMIT, start, Result::is_ok).await;
    let job_id = started.expect("it started").job_id.expect("there are images");

    let mut rng = StdRng::seed_from_u64(7);
    for _ in 0..KILLS {
        sleep(Duration::from_millis(rng.random_range(700..2000))).await;
        system.start_again();
    }
    let look = || async { import.job_status(&job_id, false).await.map_err(|error| error.to_string()) };
    let has_ended = |seen: &Result<JobStatus, String>| {
        seen.as_ref().is_ok_and(|job| job.state.is_some_and(JobState::is_final))
    };
    assert_all_stored(&wait_for("the job ends", LIMIT, look, has_ended).await.expect("it is known"), FILES);

    let metadata = client::metadata::Client::new(api, http.clone());
    let mut stored = BTreeMap::new();
    for page in 1.. {
        let images = metadata.list_images(page, 100).await.expect("metadata answers").images;
        if images.is_empty() {
            break;
        }
        for image in images {
            let answer = http.get(&image.storage_path).send().await.expect("the bucket answers");
            let bytes = answer.bytes().await.expect("the bucket answers whole");
            assert!(
                stored.insert(image.google_drive_id.clone(), Sum::of(&bytes)).is_none(),
                "{image:?} twice"
            );
        }
    }
    let expected: BTreeMap<_, _> = expected.iter().map(|(id, bytes)| (id.clone(), Sum::of(bytes))).collect();
    assert!(stored == expected, "what is stored differs from what Drive holds");
    let checked = || verify(dir.path(), port_base);
    wait_for("verify finds nothing", LIMIT, checked, |(code, _)| *code == Some(0)).await;
    assert!(!system.log().contains("panicked"), "{}", system.log());
}
