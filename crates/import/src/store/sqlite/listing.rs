//! New jobs, and the pages of their listings.

use std::collections::HashSet;

use client::ids::DriveId;
use sqlx::SqliteConnection;

use super::{
    Sqlite, folders, progress,
    script::{Place, Script},
    stored_images,
};
use crate::{
    clock::now_ms,
    job::Progress,
    store::{Error, Held, Job, JobNo, Lease, NewJob, Page, arrival::Arrival},
};

/// A job that gets a page.
struct Listed {
    job: JobNo,
    progress: Progress,
    recursive: bool,
    /// Of its next file.
    position: i64,
    /// Which files of the page it has, by their number there.
    has: HashSet<usize>,
}

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
        if let Some(most) = job.most_running {
            let running = progress::running(&mut writing).await?;
            if running >= most {
                return Err(Error::TooManyJobs(running));
            }
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
        let listed = Listed {
            job: number,
            progress: started,
            recursive: job.recursive,
            position: 0,
            has: HashSet::new(),
        };
        insert_page(&mut writing, listed, page).await?;
        let row = sqlx::query("SELECT * FROM jobs WHERE job_no = ?")
            .bind(number.0)
            .fetch_one(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok((progress::job_of(&row)?, Held { job: number, lease: lease.clone(), claim: 0 }))
    }

    pub(crate) async fn add_page(&self, held: &Held, page: Page) -> Result<Progress, Error> {
        let ids: Vec<&str> = page.files.iter().map(|file| file.id.as_str()).collect();
        let ids = serde_json::to_string(&ids)?;
        let mut writing = self.write().await?;
        // CROSS JOIN: one look-up per file of the page, never a walk over all files of the job
        let read: Option<(String, i64, bool, String)> = sqlx::query_as(
            "SELECT progress, next_position, recursive,
                    (SELECT json_group_array(listed.key) FROM json_each(?) AS listed
                     CROSS JOIN files ON files.job_no = jobs.job_no AND files.file_id = listed.value)
             FROM jobs WHERE job_no = ? AND lease_owner = ? AND claim = ?",
        )
        .bind(ids)
        .bind(held.job.0)
        .bind(&held.lease.owner)
        .bind(held.claim)
        .fetch_optional(&mut *writing)
        .await?;
        let (before, position, recursive, has) = read.ok_or(Error::LeaseLost)?;
        let progress: Progress = serde_json::from_str(&before)?;
        if progress.end.is_some() {
            return Ok(progress);
        }
        let has = serde_json::from_str(&has)?;
        let listed = Listed { job: held.job, progress, recursive, position, has };
        let after = insert_page(&mut writing, listed, page).await?;
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

/// Files, folders, counters and page token of one page. Files that the job has already stay as they are.
async fn insert_page(on: &mut SqliteConnection, listed: Listed, mut page: Page) -> Result<Progress, Error> {
    let Listed { job, progress: before, recursive, position, has } = listed;
    let mut next_folder = None;
    if recursive {
        folders::add(&mut *on, job, &page.subfolders).await?;
        if page.next_token.is_none() {
            next_folder = folders::visit_next(&mut *on, job).await?;
        }
    }
    let is_last = page.next_token.is_none() && next_folder.is_none();
    let outcomes = std::mem::take(&mut page.outcomes);
    let is_the_jobs = |number| has.contains(&number);
    let arrival = Arrival::of(&page, outcomes, &before, is_the_jobs, is_last, now_ms());
    let mut script = Script::default();
    let place = progress::write(&mut script, job, &before, &arrival.progress)?;
    let next_position = insert_files(&mut script, place, position, &arrival)?;
    stored_images::add(&mut script, place, &arrival.imported, &arrival.progress)?;
    let (folder, key) = next_folder.map_or((None, None), |folder| (Some(folder.id), folder.resource_key));
    let token = script.bind(page.next_token.clone())?;
    let next_position = script.bind(next_position)?;
    let folder = script.bind(folder.as_ref().map(|folder| DriveId::as_str(folder).to_owned()))?;
    let key = script.bind(key)?;
    script.add(format_args!(
        "UPDATE jobs SET page_token = {token}, next_position = {next_position},
                         listing_folder = coalesce({folder}, listing_folder),
                         listing_resource_key = iif({folder} IS NULL, listing_resource_key, {key})
         WHERE job_no = {place}"
    ));
    script.run(&mut *on).await?;
    progress::end_rest(on, job, &before, &arrival.progress).await?;
    Ok(arrival.progress)
}

/// Files that are inserted at once: SQLite keeps several copies of their text meanwhile.
const AT_ONCE: usize = 250;

/// Adds the new files of a page from `position` on; the position after them. Those that are stored come last: nobody asks
/// for theirs.
fn insert_files(
    script: &mut Script,
    job: Place,
    position: i64,
    Arrival { pending, stored, .. }: &Arrival<'_>,
) -> Result<i64, Error> {
    let mut next = position;
    for files in pending.chunks(AT_ONCE) {
        let (first, listed) = (script.bind(next)?, script.bind(serde_json::to_string(files)?)?);
        script.add(format_args!(
            "INSERT INTO files (job_no, position, file_id, record)
             SELECT {job}, {first} + key, value ->> 'id', value FROM json_each({listed})"
        ));
        next += i64::try_from(files.len()).unwrap_or(i64::MAX);
    }
    if !stored.is_empty() {
        let (first, ids) = (script.bind(next)?, script.bind(serde_json::to_string(stored)?)?);
        let now = script.bind(now_ms())?;
        script.add(format_args!(
            "INSERT INTO files (job_no, position, file_id, state, ended_at)
             SELECT {job}, {first} + key, value, 2, {now} FROM json_each({ids})"
        ));
        next += i64::try_from(stored.len()).unwrap_or(i64::MAX);
    }
    Ok(next)
}
