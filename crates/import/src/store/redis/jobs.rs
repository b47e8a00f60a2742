//! Reading jobs, and changing their counters and states.

use std::{collections::HashMap, sync::PoisonError};

use client::{drive::DriveRef, ids::DriveId, import::ImageFailure};
use redis::{Value, from_redis_value_ref};
use serde::de::Error as _;

use super::{
    Redis,
    plan::{Ask, Plan},
    scripts,
    transact::Read,
    unstored,
};
use crate::{
    job::{End, Progress},
    store::{Error, Held, Job, JobNo, MAX_FAILURES, Snapshot},
};

type Fields = HashMap<String, String>;

/// Jobs that are named in the log because they cannot be read.
const MOST_TOLD: usize = 1000;

impl Redis {
    pub(crate) async fn job(&self, id: &str) -> Result<Option<Job>, Error> {
        match self.number(id).await? {
            Some(number) => self.job_by_number(number).await,
            None => Ok(None),
        }
    }

    pub(crate) async fn job_by_number(&self, job: JobNo) -> Result<Option<Job>, Error> {
        let key = format!("{}{}", self.base, job.0);
        let fields: Fields = self.command(redis::cmd("HGETALL").arg(key)).await?;
        if fields.is_empty() { Ok(None) } else { job_of(job, &fields).map(Some) }
    }

    pub(crate) async fn jobs(&self, page: u64, per_page: u64) -> Result<(Vec<Job>, u64), Error> {
        // far beyond any number of jobs, and exact in a script
        let number = |number: u64| number.min(u64::from(u32::MAX)).to_string();
        let left_out = number(page.saturating_sub(1).saturating_mul(per_page));
        let (total, jobs): (u64, Vec<(Value, Value)>) =
            self.run(&scripts::JOBS, &[&left_out, &number(per_page)]).await?;
        let jobs = jobs.iter().filter_map(|(number, fields)| {
            let job = readable_job(number, fields);
            if job.is_none() {
                self.tell_unreadable(number);
            }
            job
        });
        Ok((jobs.collect(), total))
    }

    /// One job that cannot be read must not hide the others. Said once: lists are asked for all the time.
    fn tell_unreadable(&self, number: &Value) {
        let number: String = from_redis_value_ref(number).unwrap_or_default();
        let mut told = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST_TOLD && told.insert(number.clone()) {
            tracing::warn!(job = number, "what Redis holds of this job cannot be read: lists leave it out");
        }
    }

    pub(crate) async fn snapshot(&self, id: &str, with_imported: bool) -> Result<Option<Snapshot>, Error> {
        type Found = (i64, Fields, Vec<String>, Vec<Option<String>>, Vec<Option<String>>);
        let with_imported = if with_imported { "1" } else { "0" };
        let found: Option<Found> =
            self.run(&scripts::SNAPSHOT, &[id, with_imported, &MAX_FAILURES.to_string()]).await?;
        let Some((number, fields, imported, records, why)) = found else { return Ok(None) };
        let job = job_of(JobNo(number), &fields)?;
        let failures = records.iter().zip(&why).filter_map(|(record, why)| {
            record.as_deref().map(|record| unstored::failure(record, why.as_deref(), &job.progress))
        });
        let failures = failures.collect::<Result<Vec<ImageFailure>, _>>()?;
        let imported = imported.iter().map(|entry| serde_json::from_str(entry)).collect::<Result<_, _>>()?;
        Ok(Some(Snapshot { job, imported, failures }))
    }

    pub(crate) async fn running_jobs(&self) -> Result<u64, Error> {
        self.run(&scripts::RUNNING, &[]).await
    }

    pub(crate) async fn change(
        &self,
        job: JobNo,
        change: impl Fn(&mut Progress) + Send + Sync,
    ) -> Result<Option<Progress>, Error> {
        let changed = self.changed(Ask { number: job.0, ..Ask::default() }, change).await?;
        // a person is told that it stops, maybe the second time
        if changed.as_ref().is_some_and(|progress| progress.end == Some(End::Cancelled)) {
            self.server.written().await?;
        }
        Ok(changed)
    }

    pub(crate) async fn change_held(
        &self,
        held: &Held,
        change: impl Fn(&mut Progress) + Send + Sync,
    ) -> Result<Progress, Error> {
        let ask = Ask { number: held.job.0, held: Some(held.into()), ..Ask::default() };
        self.changed(ask, change).await?.ok_or(Error::LeaseLost)
    }

    async fn changed(
        &self,
        ask: Ask<'_>,
        change: impl Fn(&mut Progress) + Send + Sync,
    ) -> Result<Option<Progress>, Error> {
        let decide = |read: &Read| {
            let mut after = read.progress.clone();
            change(&mut after);
            let plan = (after != read.progress).then(|| Plan::new(&read.progress, &after)).transpose()?;
            Ok((plan, after))
        };
        self.transact(&ask, decide).await
    }

    pub(crate) async fn name_folder(&self, job: JobNo, name: &str) -> Result<(), Error> {
        let named =
            |_: &Read| Ok((Some(Plan { set: [("name", name.to_owned())].into(), ..Plan::default() }), ()));
        self.transact(&Ask { number: job.0, ..Ask::default() }, named).await.map(drop)
    }
}

/// A job of a list, if it can be read.
fn readable_job(number: &Value, fields: &Value) -> Option<Job> {
    let number: i64 = from_redis_value_ref(number).ok()?;
    let fields: Fields = from_redis_value_ref(fields).ok()?;
    job_of(JobNo(number), &fields).ok()
}

/// Reads the fields of a job.
pub(super) fn job_of(number: JobNo, fields: &Fields) -> Result<Job, Error> {
    let text = |name: &str| fields.get(name).cloned();
    let needed = |name: &'static str| fields.get(name).ok_or_else(|| serde_json::Error::missing_field(name));
    let folder = folder(needed("folder")?)?;
    Ok(Job {
        number,
        id: needed("id")?.clone(),
        listing_folder: match fields.get("listing") {
            Some(listing) => self::folder(listing)?,
            None => folder.clone(),
        },
        folder,
        folder_name: text("name"),
        request_id: text("request_id"),
        recursive: fields.contains_key("recursive"),
        retry_of: text("retry_of"),
        created_at_ms: serde_json::from_str(needed("created")?)?,
        ended_at_ms: fields.get("ended").map(|at| serde_json::from_str(at)).transpose()?,
        page_token: text("token"),
        worker_names_files: fields.get("names_files").is_none_or(|names| names != "0"),
        progress: serde_json::from_str(needed("progress")?)?,
    })
}

/// A folder as it is kept.
pub(super) fn folder_text(folder: &DriveRef) -> String {
    serde_json::json!([folder.id, folder.resource_key]).to_string()
}

fn folder(text: &str) -> Result<DriveRef, serde_json::Error> {
    let (id, resource_key): (DriveId, Option<String>) = serde_json::from_str(text)?;
    Ok(DriveRef { id, resource_key })
}
