//! Jobs remember images for longer than the signatures of their addresses are good.

use client::{Secret, signature::UrlSigner};
use serde_json::json;

use crate::harness::{Drive, Kind, Settings, Worker};

const TOKEN: &str = "a-token-of-the-api";
const AT: &str = "/api/objects/u_a.jpg";

#[tokio::test]
async fn what_a_job_remembers_is_shown_with_addresses_that_are_good_now() {
    let (drive, worker) = (Drive::new().await, Worker::start(Kind::Down).await);
    let signer = UrlSigner::new(&Secret::new(TOKEN));
    let old = format!("{AT}?{}", signer.query_until(b"u_a.jpg", 1_700_000_000));
    for (guards_reads, shown) in
        [("false", old.clone()), ("true", format!("{AT}?{}", signer.query(b"u_a.jpg")))]
    {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings::new(dir.path(), &drive, &worker);
        let import = settings.with("API_TOKEN", TOKEN).with("API_TOKEN_READS", guards_reads).start().await;
        let job = import.job("small3").await;
        let mut events = import.watch(&job, None).await;
        let image = json!({"google_drive_id": "small3_f0", "content_url": old});
        import
            .report(
                &job,
                &json!({"results": [{"file_id": "small3_f0", "outcome": "imported", "image": image}]}),
            )
            .await;
        assert_eq!(import.status(&job).await["imported"][0]["content_url"], shown);
        let seen = events.until(|event| event.name == "image").await;
        assert_eq!(seen.last().unwrap().data["content_url"], shown);
    }
}
