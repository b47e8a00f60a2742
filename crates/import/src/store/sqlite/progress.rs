//! Reading jobs, and changing their counters and states.

use client::{drive::DriveRef, ids::DriveId};
use sqlx::{Row, Sqlite as Database, SqliteConnection, Transaction, sqlite::SqliteRow};

use super::{
    Sqlite, failures,
    script::{Place, Script},
    states::state_number,
    stored_images,
};
use crate::{
    clock::now_ms,
    job::Progress,
    store::{Error, Held, Job, JobNo, Snapshot},
};

impl Sqlite {
    pub(crate) async fn job(&self, id: &str) -> Result<Option<Job>, Error> {
        find(&mut *self.readers.acquire().await?, id).await
    }

    pub(crate) async fn job_by_number(&self, job: JobNo) -> Result<Option<Job>, Error> {
        let row = sqlx::query("SELECT * FROM jobs WHERE job_no = ?")
            .bind(job.0)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(job_of).transpose()
    }

    pub(crate) async fn snapshot(&self, id: &str, with_imported: bool) -> Result<Option<Snapshot>, Error> {
        // one transaction: counters and lists of the same moment
        let mut reading = self.readers.begin().await?;
        let Some(job) = find(&mut reading, id).await? else { return Ok(None) };
        let imported =
            if with_imported { stored_images::newest(&mut reading, job.number).await? } else { Vec::new() };
        let failures = failures::newest(&mut reading, &job).await?;
        Ok(Some(Snapshot { job, imported, failures }))
    }

    pub(crate) async fn jobs(&self, page: u64, per_page: u64) -> Result<(Vec<Job>, u64), Error> {
        let mut reading = self.readers.begin().await?;
        let total: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs").fetch_one(&mut *reading).await?;
        let rows = sqlx::query("SELECT * FROM jobs ORDER BY job_no DESC LIMIT ? OFFSET ?")
            .bind(i64::try_from(per_page).unwrap_or(i64::MAX))
            .bind(i64::try_from(page.saturating_sub(1).saturating_mul(per_page)).unwrap_or(i64::MAX))
            .fetch_all(&mut *reading)
            .await?;
        let jobs = rows.iter().map(job_of).collect::<Result<_, _>>()?;
        Ok((jobs, total.unsigned_abs()))
    }

    pub(crate) async fn running_jobs(&self) -> Result<u64, Error> {
        running(&mut *self.readers.acquire().await?).await
    }

    pub(crate) async fn change(
        &self,
        job: JobNo,
        change: impl Fn(&mut Progress) + Send,
    ) -> Result<Option<Progress>, Error> {
        let mut writing = self.write().await?;
        let Some(before) = read(&mut writing, job).await? else { return Ok(None) };
        changed(writing, job, &before, change).await.map(Some)
    }

    pub(crate) async fn change_held(
        &self,
        held: &Held,
        change: impl Fn(&mut Progress) + Send,
    ) -> Result<Progress, Error> {
        let mut writing = self.write().await?;
        let before = read_held(&mut writing, held).await?;
        changed(writing, held.job, &before, change).await
    }

    pub(crate) async fn name_folder(&self, job: JobNo, name: &str) -> Result<(), Error> {
        let query = sqlx::query("UPDATE jobs SET folder_name = ? WHERE job_no = ?");
        query.bind(name).bind(job.0).execute(&self.writer).await?;
        Ok(())
    }
}

async fn changed(
    mut writing: Transaction<'_, Database>,
    job: JobNo,
    before: &Progress,
    change: impl Fn(&mut Progress) + Send,
) -> Result<Progress, Error> {
    let mut progress = before.clone();
    change(&mut progress);
    if progress != *before {
        save(&mut writing, job, before, &progress).await?;
        writing.commit().await?;
    }
    Ok(progress)
}

/// True when there is a job with this id.
pub(super) async fn exists(on: &mut SqliteConnection, id: &str) -> Result<bool, Error> {
    let query = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM jobs WHERE id = ?)");
    Ok(query.bind(id).fetch_one(on).await?)
}

/// How many jobs have not ended. One that has may be open still: its worker is told so.
pub(super) async fn running(on: &mut SqliteConnection) -> Result<u64, Error> {
    let query = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE open = 1 AND ended_at IS NULL");
    let running: i64 = query.fetch_one(on).await?;
    Ok(running.unsigned_abs())
}

/// The job with an id.
pub(super) async fn find(on: &mut SqliteConnection, id: &str) -> Result<Option<Job>, Error> {
    let row = sqlx::query("SELECT * FROM jobs WHERE id = ?").bind(id).fetch_optional(on).await?;
    row.as_ref().map(job_of).transpose()
}

/// Counters and state of a job.
pub(super) async fn read(on: &mut SqliteConnection, job: JobNo) -> Result<Option<Progress>, Error> {
    let text: Option<String> = sqlx::query_scalar("SELECT progress FROM jobs WHERE job_no = ?")
        .bind(job.0)
        .fetch_optional(on)
        .await?;
    Ok(text.as_deref().map(serde_json::from_str).transpose()?)
}

/// Counters and state of a job that is held.
pub(super) async fn read_held(on: &mut SqliteConnection, held: &Held) -> Result<Progress, Error> {
    let text: Option<String> =
        sqlx::query_scalar("SELECT progress FROM jobs WHERE job_no = ? AND lease_owner = ? AND claim = ?")
            .bind(held.job.0)
            .bind(&held.lease.owner)
            .bind(held.claim)
            .fetch_optional(on)
            .await?;
    Ok(serde_json::from_str(&text.ok_or(Error::LeaseLost)?)?)
}

/// Writes counters and state, and what an end means for the files.
pub(super) async fn save(
    on: &mut SqliteConnection,
    job: JobNo,
    before: &Progress,
    after: &Progress,
) -> Result<(), Error> {
    let mut script = Script::default();
    write(&mut script, job, before, after)?;
    script.run(&mut *on).await?;
    end_rest(on, job, before, after).await
}

/// Adds the statement that writes counters and state; where the script names the job. After it comes [`end_rest`].
pub(super) fn write(
    script: &mut Script,
    job: JobNo,
    before: &Progress,
    after: &Progress,
) -> Result<Place, Error> {
    let place = script.bind(job.0)?;
    if after != before {
        let (text, open) = (script.bind(serde_json::to_string(after)?)?, script.bind(after.is_open())?);
        let ended_at = script.bind(ends_now(before, after).then(now_ms))?;
        script.add(format_args!(
            // a worker of the original may report a file twice: its files stay known as long as the job
            "UPDATE jobs SET progress = {text}, open = {open}, ended_at = coalesce(ended_at, {ended_at}),
                             tidy_from = iif({ended_at} IS NULL OR names_files = 0, tidy_from, 0)
             WHERE job_no = {place}"
        ));
    }
    Ok(place)
}

/// When a job has just ended, the files without an outcome end with it.
pub(super) async fn end_rest(
    on: &mut SqliteConnection,
    job: JobNo,
    before: &Progress,
    after: &Progress,
) -> Result<(), Error> {
    if !ends_now(before, after) {
        return Ok(());
    }
    tracing::info!(job = job.0, end = ?after.end, total = after.total, "job ended");
    let mut script = Script::default();
    let place = script.bind(job.0)?;
    let (state, now) = (script.bind(state_number(after.rest_state()))?, script.bind(now_ms())?);
    for (index, unfinished) in [("files_pending", 0), ("files_sent", 1)] {
        script.add(format_args!(
            "UPDATE files INDEXED BY {index} SET state = {state}, ended_at = {now}
             WHERE job_no = {place} AND state = {unfinished}"
        ));
    }
    script.run(on).await
}

fn ends_now(before: &Progress, after: &Progress) -> bool {
    before.end.is_none() && after.end.is_some()
}

/// A row of `jobs`.
pub(super) fn job_of(row: &SqliteRow) -> Result<Job, Error> {
    let folder =
        DriveRef { id: drive_id(row.try_get("folder_id")?)?, resource_key: row.try_get("resource_key")? };
    let listing_folder = match row.try_get::<Option<String>, _>("listing_folder")? {
        None => folder.clone(),
        Some(id) => DriveRef { id: drive_id(&id)?, resource_key: row.try_get("listing_resource_key")? },
    };
    Ok(Job {
        number: JobNo(row.try_get("job_no")?),
        id: row.try_get("id")?,
        folder,
        folder_name: row.try_get("folder_name")?,
        request_id: row.try_get("request_id")?,
        recursive: row.try_get("recursive")?,
        retry_of: row.try_get("retry_of")?,
        created_at_ms: row.try_get("created_at")?,
        ended_at_ms: row.try_get("ended_at")?,
        listing_folder,
        page_token: row.try_get("page_token")?,
        worker_names_files: row.try_get("names_files")?,
        progress: serde_json::from_str(row.try_get("progress")?)?,
    })
}

fn drive_id(text: &str) -> Result<DriveId, Error> {
    // only ids that were parsed are ever written
    Ok(DriveId::parse(text).ok_or_else(|| sqlx::Error::Decode("not a Drive id".into()))?)
}
