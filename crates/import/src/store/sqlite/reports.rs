//! Outcomes: all reports that wait at the same moment are one transaction, and cost by the files that they name, not by
//! those of their jobs.

use std::collections::HashMap;

use sqlx::{Sqlite as Database, SqliteConnection, Transaction};

use super::{
    Sqlite, progress,
    script::{Place, Script},
    states::{state_number, state_of},
    stored_images,
};
use crate::{
    clock::now_ms,
    file_state::FileState,
    job::Progress,
    outcomes::{Changes, Report},
    store::{Error, JobNo},
};

/// What reports are decided by.
struct Read {
    job: JobNo,
    progress: Progress,
    /// Of the files that they name.
    states: HashMap<String, FileState>,
    positions: HashMap<String, i64>,
}

impl Sqlite {
    pub(crate) async fn apply_report(&self, id: &str, report: Report) -> Result<Option<JobNo>, Error> {
        self.together(id.to_owned(), report).await
    }
}

/// Applies reports, in their order; the job of each.
pub(super) async fn apply_all(
    mut writing: Transaction<'_, Database>,
    reports: &[(String, Report)],
) -> Result<Vec<Option<JobNo>>, Error> {
    let mut jobs: HashMap<&str, Option<JobNo>> = HashMap::new();
    for (id, _) in reports {
        if !jobs.contains_key(id.as_str()) {
            let of_job = reports.iter().filter(|(job, _)| job == id).map(|(_, report)| report);
            jobs.insert(id, apply(&mut writing, id, &of_job.collect::<Vec<_>>()).await?);
        }
    }
    writing.commit().await?;
    Ok(reports.iter().map(|(id, _)| jobs.get(id.as_str()).copied().flatten()).collect())
}

/// Applies the reports of one job.
async fn apply(on: &mut SqliteConnection, id: &str, reports: &[&Report]) -> Result<Option<JobNo>, Error> {
    let ids: Vec<&str> = reports.iter().flat_map(|report| report.file_ids()).collect();
    let Some(Read { job, progress: before, mut states, positions }) = read(on, id, &ids).await? else {
        return Ok(None);
    };
    let (mut after, mut changes, now) = (before.clone(), Changes::default(), now_ms());
    for report in reports {
        (*report).clone().apply(&mut after, &mut states, &mut changes, now);
    }
    if after == before && changes.files.is_empty() {
        return Ok(Some(job));
    }
    let mut script = Script::default();
    let place = progress::write(&mut script, job, &before, &after)?;
    change_files(&mut script, place, &changes, &positions)?;
    stored_images::add(&mut script, place, &changes.imported, &after)?;
    script.run(&mut *on).await?;
    progress::end_rest(on, job, &before, &after).await?;
    Ok(Some(job))
}

async fn read(on: &mut SqliteConnection, id: &str, file_ids: &[&str]) -> Result<Option<Read>, Error> {
    // CROSS JOIN: one look-up per named file, never a walk over all files of the job
    let found: Option<(i64, String, String)> = sqlx::query_as(
        "SELECT job_no, progress,
                (SELECT json_group_array(json_array(named.key, files.position, files.state)) FROM json_each(?) AS named
                 CROSS JOIN files ON files.job_no = jobs.job_no AND files.file_id = named.value)
         FROM jobs WHERE id = ?",
    )
    .bind(serde_json::to_string(file_ids)?)
    .bind(id)
    .fetch_optional(on)
    .await?;
    let Some((job, progress, files)) = found else { return Ok(None) };
    let files: Vec<(usize, i64, i64)> = serde_json::from_str(&files)?;
    let mut read = Read {
        job: JobNo(job),
        progress: serde_json::from_str(&progress)?,
        states: HashMap::with_capacity(files.len()),
        positions: HashMap::with_capacity(files.len()),
    };
    for (number, position, state) in files {
        if let Some(id) = file_ids.get(number) {
            read.states.insert((*id).to_owned(), state_of(state));
            read.positions.insert((*id).to_owned(), position);
        }
    }
    Ok(Some(read))
}

fn change_files(
    script: &mut Script,
    job: Place,
    changes: &Changes,
    positions: &HashMap<String, i64>,
) -> Result<(), Error> {
    // most are stored, and of those there is nothing else to say
    let (mut stored, mut others) = (Vec::new(), Vec::new());
    for (id, file) in &changes.files {
        // only named files that were found can change
        let Some(position) = positions.get(id) else { continue };
        if file.state == FileState::Stored {
            stored.push(*position);
        } else {
            let failure = file.failure.as_ref().map(serde_json::to_string).transpose()?;
            others.push((*position, state_number(file.state), failure));
        }
    }
    let now = script.bind(now_ms())?;
    if !stored.is_empty() {
        let stored = script.bind(serde_json::to_string(&stored)?)?;
        // the record of a stored image is not needed again
        script.add(format_args!(
            "UPDATE files SET state = 2, failure = NULL, ended_at = {now}, record = NULL
             WHERE job_no = {job} AND position IN (SELECT value FROM json_each({stored}))"
        ));
    }
    if !others.is_empty() {
        let others = script.bind(serde_json::to_string(&others)?)?;
        // the job comes by the list, so that the list leads: one look-up per file, never a walk over all of the job
        script.add(format_args!(
            "WITH ended (job, place, state, failure) AS MATERIALIZED
                  (SELECT {job}, value ->> 0, value ->> 1, value ->> 2 FROM json_each({others}))
             UPDATE files SET state = ended.state, failure = ended.failure, ended_at = {now}
             FROM ended WHERE files.job_no = ended.job AND files.position = ended.place"
        ));
    }
    Ok(())
}
