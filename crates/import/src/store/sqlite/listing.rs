//! New jobs, and the pages of their listings.

use client::{drive::File, ids::DriveId};
use serde_json::json;
use sqlx::SqliteConnection;

use super::{Sqlite, folders, progress};
use crate::{
    clock::now_ms,
    job::Progress,
    store::{Error, Held, Job, JobNo, Lease, NewJob, Page},
};

impl Sqlite {
    pub(crate) async fn create_job(
        &self,
        job: &NewJob,
        page: Page,
        lease: &Lease,
    ) -> Result<(Job, Held), Error> {
        let now = now_ms();
        let started = Progress::new(now);
        let mut writing = self.write().await?;
        if let Some(source) = &job.retry_of
            && !progress::exists(&mut writing, source).await?
        {
            return Err(Error::SourceGone);
        }
        let number: i64 = sqlx::query_scalar(
            "INSERT INTO jobs (id, folder_id, resource_key, folder_name, request_id, recursive, retry_of, created_at,
                               progress, lease_owner, lease_until)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING job_no",
        )
        .bind(&job.id)
        .bind(job.folder.id.as_str())
        .bind(&job.folder.resource_key)
        .bind(&job.folder_name)
        .bind(&job.request_id)
        .bind(job.recursive)
        .bind(&job.retry_of)
        .bind(now)
        .bind(serde_json::to_string(&started)?)
        .bind(&lease.owner)
        .bind(lease.until(now))
        .fetch_one(&mut *writing)
        .await
        .map_err(|error| match error {
            sqlx::Error::Database(refused) if refused.is_unique_violation() => Error::Exists,
            error => error.into(),
        })?;
        let number = JobNo(number);
        if job.recursive {
            folders::visit(&mut writing, number, &job.folder).await?;
        }
        insert_page(&mut writing, number, &started, page).await?;
        let row = sqlx::query("SELECT * FROM jobs WHERE job_no = ?")
            .bind(number.0)
            .fetch_one(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok((progress::job_of(&row)?, Held { job: number, lease: lease.clone(), claim: 0 }))
    }

    pub(crate) async fn add_page(&self, held: &Held, page: Page) -> Result<Progress, Error> {
        let mut writing = self.write().await?;
        let before = progress::read_held(&mut writing, held).await?;
        if before.end.is_some() {
            return Ok(before);
        }
        let after = insert_page(&mut writing, held.job, &before, page).await?;
        writing.commit().await?;
        Ok(after)
    }

    pub(crate) async fn restart_listing(&self, held: &Held) -> Result<(), Error> {
        let restarted = sqlx::query(
            "UPDATE jobs SET page_token = NULL WHERE job_no = ? AND lease_owner = ? AND claim = ?",
        )
        .bind(held.job.0)
        .bind(&held.lease.owner)
        .bind(held.claim)
        .execute(&self.writer)
        .await?;
        if restarted.rows_affected() == 0 { Err(Error::LeaseLost) } else { Ok(()) }
    }
}

/// Files, folders, counters and page token of one page. Files that are known already stay as they are.
async fn insert_page(
    on: &mut SqliteConnection,
    job: JobNo,
    before: &Progress,
    page: Page,
) -> Result<Progress, Error> {
    let (first, recursive): (i64, bool) =
        sqlx::query_as("SELECT next_position, recursive FROM jobs WHERE job_no = ?")
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
    let mut next_folder = None;
    if recursive {
        folders::add(&mut *on, job, &page.subfolders).await?;
        if page.next_token.is_none() {
            next_folder = folders::visit_next(&mut *on, job).await?;
        }
    }
    let is_last = page.next_token.is_none() && next_folder.is_none();
    let mut progress = before.clone();
    progress.listed(new_sizes.len() as u64, bytes, is_last, now_ms());
    progress.settle();
    progress::save(&mut *on, job, before, &progress).await?;
    let (folder, key) = next_folder.map_or((None, None), |folder| (Some(folder.id), folder.resource_key));
    sqlx::query(
        "UPDATE jobs SET page_token = ?1, next_position = next_position + ?2,
                         listing_folder = coalesce(?3, listing_folder),
                         listing_resource_key = iif(?3 IS NULL, listing_resource_key, ?4)
         WHERE job_no = ?5",
    )
    .bind(&page.next_token)
    .bind(i64::try_from(page.files.len()).unwrap_or(i64::MAX))
    .bind(folder.as_ref().map(DriveId::as_str))
    .bind(key)
    .bind(job.0)
    .execute(&mut *on)
    .await?;
    Ok(progress)
}

fn row(file: &File) -> Result<serde_json::Value, serde_json::Error> {
    let size = file.size_bytes().ok().flatten().and_then(|size| i64::try_from(size).ok());
    Ok(json!({"id": file.id, "name": file.name, "size": size, "record": serde_json::to_string(file)?}))
}
