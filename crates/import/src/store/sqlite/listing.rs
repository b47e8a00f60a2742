//! New jobs, and the pages of their listings.

use client::drive::File;
use serde_json::json;
use sqlx::SqliteConnection;

use super::{Sqlite, progress};
use crate::{
    clock::now_ms,
    job::Progress,
    store::{Error, Job, JobNo, Lease, NewJob, Page},
};

impl Sqlite {
    pub(crate) async fn create_job(&self, job: &NewJob, page: Page, lease: &Lease) -> Result<Job, Error> {
        let now = now_ms();
        let started = Progress::new(now);
        let mut writing = self.write().await?;
        let number: i64 = sqlx::query_scalar(
            "INSERT INTO jobs (id, folder_id, resource_key, folder_name, request_id, created_at, progress, lease_owner, lease_until)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING job_no",
        )
        .bind(&job.id)
        .bind(job.folder.id.as_str())
        .bind(&job.folder.resource_key)
        .bind(&job.folder_name)
        .bind(&job.request_id)
        .bind(now)
        .bind(serde_json::to_string(&started)?)
        .bind(&lease.owner)
        .bind(lease.until(now))
        .fetch_one(&mut *writing)
        .await?;
        let number = JobNo(number);
        insert_page(&mut writing, number, &started, page).await?;
        let row = sqlx::query("SELECT * FROM jobs WHERE job_no = ?")
            .bind(number.0)
            .fetch_one(&mut *writing)
            .await?;
        writing.commit().await?;
        progress::job_of(&row)
    }

    pub(crate) async fn add_page(&self, job: JobNo, page: Page) -> Result<Option<Progress>, Error> {
        let mut writing = self.write().await?;
        let Some(before) = progress::read(&mut writing, job).await? else { return Ok(None) };
        if before.end.is_some() {
            return Ok(Some(before));
        }
        let after = insert_page(&mut writing, job, &before, page).await?;
        writing.commit().await?;
        Ok(Some(after))
    }

    pub(crate) async fn restart_listing(&self, job: JobNo) -> Result<(), Error> {
        let query = sqlx::query("UPDATE jobs SET page_token = NULL WHERE job_no = ?");
        query.bind(job.0).execute(&self.writer).await?;
        Ok(())
    }
}

/// Files, counters and page token of one page. Files that are known already stay as they are.
async fn insert_page(
    on: &mut SqliteConnection,
    job: JobNo,
    before: &Progress,
    page: Page,
) -> Result<Progress, Error> {
    let first: i64 = sqlx::query_scalar("SELECT next_position FROM jobs WHERE job_no = ?")
        .bind(job.0)
        .fetch_one(&mut *on)
        .await?;
    let rows: Vec<_> = page.files.iter().map(row).collect::<Result<_, _>>()?;
    let new_sizes: Vec<Option<i64>> = sqlx::query_scalar(
        "INSERT OR IGNORE INTO files (job_no, position, file_id, name, size_bytes, record)
         SELECT ?1, ?2 + key, value ->> 'id', value ->> 'name', value ->> 'size', value ->> 'record'
         FROM json_each(?3) RETURNING size_bytes",
    )
    .bind(job.0)
    .bind(first)
    .bind(serde_json::to_string(&rows)?)
    .fetch_all(&mut *on)
    .await?;
    let bytes = new_sizes.iter().flatten().fold(0_u64, |sum, size| sum.saturating_add(size.unsigned_abs()));
    let mut progress = before.clone();
    progress.listed(new_sizes.len() as u64, bytes, page.next_token.is_none(), now_ms());
    progress.settle();
    progress::save(&mut *on, job, before, &progress).await?;
    sqlx::query("UPDATE jobs SET page_token = ?, next_position = next_position + ? WHERE job_no = ?")
        .bind(&page.next_token)
        .bind(i64::try_from(page.files.len()).unwrap_or(i64::MAX))
        .bind(job.0)
        .execute(&mut *on)
        .await?;
    Ok(progress)
}

fn row(file: &File) -> Result<serde_json::Value, serde_json::Error> {
    let size = file.size_bytes().ok().flatten().and_then(|size| i64::try_from(size).ok());
    Ok(json!({"id": file.id, "name": file.name, "size": size, "record": serde_json::to_string(file)?}))
}
