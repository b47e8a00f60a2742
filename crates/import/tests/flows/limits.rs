//! `MAX_IMAGES_PER_JOB`: a folder with more is no job, or one that fails as soon as that is known.

use serde_json::{Value, json};

use crate::harness::{Answer, Drive, Import, Kind, Redis, Settings, Worker, counts, eventually};

struct Stage {
    drive: Drive,
    worker: Worker,
    dir: tempfile::TempDir,
}

impl Stage {
    async fn serving(folders: Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { drive: Drive::serving(folders).await, worker: Worker::start(Kind::Ours).await, dir }
    }

    fn settings(&self, most: u32) -> Settings {
        Settings::new(self.dir.path(), &self.drive, &self.worker)
            .with("MAX_IMAGES_PER_JOB", &most.to_string())
    }

    /// The import was refused with this, and nothing is left of it.
    async fn refused(&self, import: &Import, answer: &Answer, says: &str) {
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("too-many-images")), "{answer:?}");
        let error = answer.body["error"].as_str().unwrap();
        assert!(error.contains(says) && error.contains("MAX_IMAGES_PER_JOB set higher"), "{error}");
        assert_eq!(import.ask("import/jobs").await.body["total"], 0, "no job");
        assert_eq!(self.worker.sizes(), [0_usize; 0], "nothing was sent");
    }
}

#[tokio::test]
async fn a_folder_of_one_page_is_refused_before_anything_is_written() {
    let stage = Stage::serving(json!({})).await;
    let import = stage.settings(2).start().await;
    stage
        .refused(&import, &import.import("small3").await, "There are 3 images, and one import may take 2")
        .await;
    let more = import.import("big1205").await;
    stage.refused(&import, &more, "There are more than 2 images").await;
    import.stop().await;
    let import = stage.settings(3).start().await;
    assert_eq!(import.import("small3").await.body["total_images"], 3);
}

async fn pages_are_counted_before_the_answer(stage: &Stage, settings: impl Fn(u32) -> Settings) {
    let import = settings(1204).start().await;
    stage.refused(&import, &import.import("big1205").await, "There are 1205 images").await;
    import.stop().await;
    let import = settings(1205).start().await;
    assert_eq!(import.import("big1205").await.body["total_images"], 1205);
    eventually("all are sent", || async { (stage.worker.file_ids().len() >= 1000).then_some(()) }).await;
}

#[tokio::test]
async fn a_folder_of_many_pages_that_turns_out_too_large_was_never_a_job() {
    let stage = Stage::serving(json!({})).await;
    pages_are_counted_before_the_answer(&stage, |most| stage.settings(most)).await;
}

#[tokio::test]
async fn nor_was_it_one_in_redis() {
    let (stage, redis) = (Stage::serving(json!({})).await, Redis::start());
    pages_are_counted_before_the_answer(&stage, |most| stage.settings(most).with("REDIS_URL", &redis.url()))
        .await;
}

async fn a_listing_that_goes_on(stage: &Stage, settings: &dyn Fn(u32) -> Settings) {
    stage.drive.fault(json!({"kind": "userRateLimitExceeded", "on": "list", "skip": 1}));
    let import = settings(1100).with("LIST_WAIT_SECS", "1").start().await;
    let answer = import.import("big1205").await;
    assert_eq!((answer.status, &answer.body["listing"]), (202, &json!("in_progress")), "{answer:?}");
    let job = answer.body["job_id"].as_str().unwrap();
    eventually("the first page is sent", || async { (stage.worker.file_ids().len() == 1000).then_some(()) })
        .await;
    import.report_stored(job, &stage.worker.file_ids()[..10]).await;
    stage.drive.faults.clear();
    let status = import.status_when(job, "failed").await;
    assert_eq!(counts(&status), (10, 1195, 0, 1205), "what is stored stays");
    let error = status["error"].as_str().unwrap();
    assert!(error.contains("There are 1205 images, and one import may take 1100"), "{error}");
    eventually("the worker stops", || async { (stage.worker.cancelled() == [job]).then_some(()) }).await;
    // a retry is no way round
    let retry = format!("import/jobs/{job}/retry");
    let refused = import.post(&retry, &json!({})).await;
    assert_eq!((refused.status, &refused.body["code"]), (400, &json!("too-many-images")), "{refused:?}");
    import.stop().await;
    let import = settings(1195).start().await;
    let retried = import.post(&retry, &json!({})).await;
    assert_eq!((retried.status, &retried.body["total_images"]), (202, &json!(1195)), "{retried:?}");
}

#[tokio::test]
async fn a_job_whose_listing_goes_on_fails_as_soon_as_there_are_too_many() {
    let stage = Stage::serving(json!({})).await;
    a_listing_that_goes_on(&stage, &|most| stage.settings(most)).await;
}

#[tokio::test]
async fn so_does_one_in_redis() {
    let (stage, redis) = (Stage::serving(json!({})).await, Redis::start());
    a_listing_that_goes_on(&stage, &|most| stage.settings(most).with("REDIS_URL", &redis.url())).await;
}

#[tokio::test]
async fn images_of_subfolders_count_too_and_a_preview_says_so() {
    let image =
        |id: &str| json!({"id": id, "name": format!("{id}.jpg"), "mimeType": "image/jpeg", "bytes": 10});
    let stage = Stage::serving(json!({"top": [
        image("a"), image("b"), {"id": "sub", "name": "sub", "children": [image("c"), image("d")]},
    ]}))
    .await;
    let import = stage.settings(3).start().await;
    stage.refused(&import, &import.import_tree("top").await, "There are 4 images").await;
    let body = json!({"folder_url": "top", "recursive": true});
    let preview = import.post("import/preview", &body).await;
    assert_eq!((preview.status, &preview.body["images"]), (200, &json!(4)), "{preview:?}");
    let hint = preview.body["hint"].as_str().unwrap();
    assert!(
        hint.starts_with("An import is refused. There are 4 images, and one import may take 3."),
        "{hint}"
    );
    assert!(import.post("import/preview", &json!({"folder_url": "top"})).await.body.get("hint").is_none());
    assert_eq!(import.import("top").await.body["total_images"], 2);
}
