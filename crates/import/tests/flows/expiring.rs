//! What ended jobs leave behind goes by itself.

use std::path::Path;

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use crate::harness::{Drive, Kind, Settings, Worker, counts, eventually};

async fn database(dir: &Path) -> SqlitePool {
    SqlitePool::connect_with(SqliteConnectOptions::new().filename(dir.join("import.db"))).await.unwrap()
}

#[tokio::test]
async fn what_is_not_needed_of_an_ended_job_goes_soon_and_the_job_when_it_is_old() {
    let (drive, worker, dir) =
        (Drive::new().await, Worker::start(Kind::Ours).await, tempfile::tempdir().unwrap());
    let settings = Settings::new(dir.path(), &drive, &worker).with("JOB_KEEP_DAYS", "2");
    let import = settings.start().await;
    let (old, new) = (import.job("small3").await, import.job("bench-300-10").await);
    eventually("all images", || async { (worker.file_ids().len() == 303).then_some(()) }).await;
    for job in [&old, &new] {
        import.report_stored(job, &worker.file_ids()).await;
        import.status_when(job, "completed").await;
    }
    let database = database(dir.path()).await;
    eventually("rows of stored files go", || async {
        let files: i64 = sqlx::query_scalar("SELECT count(*) FROM files").fetch_one(&database).await.ok()?;
        (files == 0).then_some(())
    })
    .await;
    assert_eq!(counts(&import.status(&new).await), (300, 0, 0, 300));
    import.stop().await;
    let three_days_ms = 3 * 24 * 60 * 60 * 1000;
    sqlx::query("UPDATE jobs SET ended_at = ended_at - ? WHERE id = ?")
        .bind(three_days_ms)
        .bind(&old)
        .execute(&database)
        .await
        .unwrap();
    database.close().await;
    let import = settings.start().await;
    eventually("the old job goes", || async {
        (import.ask(&format!("import/status/{old}")).await.status == 404).then_some(())
    })
    .await;
    assert_eq!(counts(&import.status(&new).await), (300, 0, 0, 300));
}
