//! Files that are stored already: done when they are listed, without the worker.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Drive, Import, Kind, Metadata, Settings, Worker, counts, eventually, image_ids};

const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
const CHANGED: &str = "00000000000000000000000000000000";

struct Stage {
    drive: Drive,
    worker: Worker,
    dir: tempfile::TempDir,
}

impl Stage {
    /// A folder `album` with the images `a0`, `a1`, …
    async fn with_images(count: usize) -> Self {
        let image = |number| {
            json!({"id": format!("a{number}"), "name": format!("{number}.jpg"), "mimeType": "image/jpeg",
                "size": "10", "bytes": 10, "md5Checksum": MD5})
        };
        let album: Vec<Value> = (0..count).map(image).collect();
        let (drive, worker) =
            (Drive::serving(json!({ "album": album })).await, Worker::start(Kind::Ours).await);
        Self { drive, worker, dir: tempfile::tempdir().unwrap() }
    }

    async fn start(&self, metadata: &Metadata) -> Import {
        let settings = Settings::new(self.dir.path(), &self.drive, &self.worker);
        settings.with("METADATA_SERVICE_URL", &metadata.url).start().await
    }

    /// Everything goes to the worker, and the job ends as ever.
    async fn ends_by_the_worker(&self, import: &Import, job: &str, images: usize) {
        eventually("everything is at the worker", || async {
            let ids = self.worker.file_ids();
            import.report_stored(job, &ids).await;
            (ids.len() == images).then_some(())
        })
        .await;
        let images = images as u64;
        assert_eq!(counts(&import.status_when(job, "completed").await), (images, 0, 0, images));
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("a{number}")).collect()
}

async fn knowing_all(names: &[String]) -> Metadata {
    Metadata::knowing(&names.iter().map(|name| (name.as_str(), MD5)).collect::<Vec<_>>()).await
}

/// What the status of a job says of a known image.
fn already_exists(entry: &Value, id: &str) -> bool {
    entry["error"] == "Image already exists" && entry["image"]["google_drive_id"] == id
}

#[tokio::test]
async fn a_known_folder_is_done_when_it_is_listed_and_nothing_of_it_goes_to_the_worker() {
    let stage = Stage::with_images(3).await;
    let metadata = knowing_all(&names(3)).await;
    let import = stage.start(&metadata).await;
    let answer = import.import("album").await;
    let job = answer.body["job_id"].as_str().unwrap().to_owned();
    let expected = json!({"job_id": job, "message": "Import job started for 3 images", "total_images": 3});
    assert_eq!((answer.status, answer.body), (202, expected));
    let status = import.status(&job).await;
    assert_eq!((counts(&status), &status["state"]), ((3, 0, 0, 3), &json!("completed")));
    assert_eq!((&status["bytes_done"], &status["bytes_total"]), (&json!(30), &json!(30)));
    let entries = status["imported"].as_array().unwrap();
    assert!(entries.iter().zip(names(3)).all(|(entry, id)| already_exists(entry, &id)), "{entries:?}");
    let mut events = import.watch(&job, None).await;
    let seen = events.until(|event| event.name == "end").await;
    assert_eq!(image_ids(&seen), ["1", "2", "3"]);
    assert!(already_exists(&seen[0].data, "a0"), "{seen:?}");
    // nothing of it is only in memory
    import.kill().await;
    let import = stage.start(&metadata).await;
    assert_eq!(import.status(&job).await, status);
    assert!(stage.worker.batches().is_empty());
}

#[tokio::test]
async fn changed_and_new_images_go_to_the_worker_and_known_ones_do_not() {
    let stage = Stage::with_images(4).await;
    let metadata = Metadata::knowing(&[("a0", MD5), ("a2", CHANGED), ("a3", MD5), ("A1", MD5)]).await;
    let import = stage.start(&metadata).await;
    let job = import.job("album").await;
    let status = import.status(&job).await;
    assert_eq!((counts(&status), &status["state"]), ((2, 0, 0, 4), &json!("running")));
    eventually("a batch", || async { (!stage.worker.batches().is_empty()).then_some(()) }).await;
    assert_eq!(stage.worker.file_ids(), ["a1", "a2"]);
    // outcomes of a worker that was faster than it seems count once
    import.report_failed(&job, "a0").await;
    import.report_stored(&job, &names(4)).await;
    let status = import.status_when(&job, "completed").await;
    assert_eq!((counts(&status), status["imported"].as_array().unwrap().len()), ((4, 0, 0, 4), 4));
}

#[tokio::test]
async fn each_page_is_asked_about_once_and_tells_all_that_is_known() {
    let stage = Stage::with_images(2100).await;
    let metadata = knowing_all(&names(2050)).await;
    let import = stage.start(&metadata).await;
    let job = import.job("album").await;
    let status = import.status(&job).await;
    assert_eq!((counts(&status), metadata.asked()), ((2050, 0, 0, 2100), 3));
    assert_eq!(
        (status["imported"].as_array().unwrap().len(), &status["imported_truncated"]),
        (1000, &json!(true))
    );
    let rest = names(2100)[2050..].to_vec();
    eventually("the rest", || async { (stage.worker.file_ids() == rest).then_some(()) }).await;
}

#[tokio::test]
async fn without_word_from_metadata_the_worker_decides() {
    let original = Metadata::original().await;
    let gone = Metadata::knowing(&[]).await.stopped().await;
    for metadata in [original, gone] {
        let stage = Stage::with_images(3).await;
        let import = stage.start(&metadata).await;
        let job = import.job("album").await;
        stage.ends_by_the_worker(&import, &job, 3).await;
    }
}

#[tokio::test]
async fn a_metadata_that_hangs_holds_no_listing_up() {
    let stage = Stage::with_images(2100).await;
    let silent = Metadata::silent().await;
    let import = stage.start(&silent).await;
    let started = tokio::time::timeout(Duration::from_secs(15), import.job("album")).await;
    let job = started.expect("the answer does not wait for metadata");
    assert_eq!(silent.asked(), 1, "the first page found out");
    let ended = eventually("the rest is listed", || async {
        Some(import.status(&job).await).filter(|status| status["total"] == 2100)
    })
    .await;
    assert_eq!(counts(&ended), (0, 0, 0, 2100));
    eventually("work goes on", || async { (stage.worker.file_ids().len() == 1000).then_some(()) }).await;
}

#[tokio::test]
async fn a_retry_does_not_send_what_another_job_has_stored_since() {
    let stage = Stage::with_images(3).await;
    let (before, since) = (knowing_all(&[]).await, knowing_all(&["a1".to_owned()]).await);
    let import = stage.start(&before).await;
    let job = import.job("album").await;
    eventually("the batch", || async { (stage.worker.sizes() == [3]).then_some(()) }).await;
    import.report_stored(&job, &names(1)).await;
    import.report_failed(&job, "a1").await;
    import.report_failed(&job, "a2").await;
    import.status_when(&job, "completed").await;
    import.stop().await;
    let import = stage.start(&since).await;
    let retried = import.post(&format!("import/jobs/{job}/retry"), &json!({})).await;
    assert_eq!((retried.status, &retried.body["total_images"]), (202, &json!(2)));
    let retried = retried.body["job_id"].as_str().unwrap().to_owned();
    eventually("the other one", || async { (stage.worker.file_ids()[3..] == ["a2"]).then_some(()) }).await;
    assert_eq!(counts(&import.status(&retried).await), (1, 0, 0, 2));
}
