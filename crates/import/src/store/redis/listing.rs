//! New jobs, and the pages of their listings.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use uuid::Uuid;

use super::{
    Redis, jobs,
    plan::{Ask, Plan},
    record, scripts,
    transact::Read,
};
use crate::{
    clock::now_ms,
    job::Progress,
    store::{Error, Held, Job, JobNo, Lease, NewJob, Page, arrival::Arrival},
};

/// Between tries to write down a job.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

/// What became of a new job, its number (for "full": that of the jobs that run), and its fields.
type Created = (String, i64, HashMap<String, String>);

impl Redis {
    pub(crate) async fn create_job(
        &self,
        job: &NewJob,
        page: Page,
        lease: &Lease,
    ) -> Result<(Job, Held), Error> {
        let new = new_job(job, &page, lease)?;
        let (made, number, fields) = self.create(&new).await?;
        match made.as_str() {
            "gone" => return Err(Error::SourceGone),
            "exists" => return Err(Error::Exists),
            "full" => return Err(Error::TooManyJobs(number.unsigned_abs())),
            _ => {}
        }
        let number = JobNo(number);
        Ok((jobs::job_of(number, &fields)?, Held { job: number, lease: lease.clone(), claim: 0 }))
    }

    /// Sends a new job until it is written: if an answer got lost, the job is there, and nobody would know its id.
    pub(super) async fn create(&self, plan: &str) -> Result<Created, Error> {
        for pause in PAUSES {
            match self.try_to_create(plan).await {
                Err(Error::Redis(_)) => tokio::time::sleep(pause).await,
                answer => return answer,
            }
        }
        self.try_to_create(plan).await
    }

    async fn try_to_create(&self, plan: &str) -> Result<Created, Error> {
        let created = self.run(&scripts::CREATE, &[plan]).await?;
        self.server.written().await?;
        Ok(created)
    }

    pub(crate) async fn add_page(&self, held: &Held, page: Page) -> Result<Progress, Error> {
        let ask = Ask {
            number: held.job.0,
            held: Some(held.into()),
            files: page.files.iter().map(|file| file.id.as_str()).collect(),
            folders: page.subfolders.iter().map(|folder| folder.id.as_str()).collect(),
            sent_for: None,
        };
        let decide = |read: &Read| {
            if read.progress.end.is_some() {
                return Ok((None, read.progress.clone()));
            }
            let (plan, after) = add(read, &page)?;
            Ok((Some(plan), after))
        };
        self.transact(&ask, decide).await?.ok_or(Error::LeaseLost)
    }

    pub(crate) async fn restart_listing(&self, held: &Held) -> Result<(), Error> {
        let ask = Ask { number: held.job.0, held: Some(held.into()), ..Ask::default() };
        let restart = |_: &Read| Ok((Some(Plan { clear: vec!["token"], ..Plan::default() }), ()));
        self.transact(&ask, restart).await?.ok_or(Error::LeaseLost)
    }
}

/// A new job with its first page, as it is sent. Each call makes another job.
pub(super) fn new_job(job: &NewJob, page: &Page, lease: &Lease) -> Result<String, Error> {
    let nothing_yet = Read {
        recursive: job.recursive,
        files: vec![None; page.files.len()],
        folders: page.subfolders.iter().map(|folder| folder.id == job.folder.id).collect(),
        ..Read::of(Progress::new(now_ms()))
    };
    let (mut plan, _) = add(&nothing_yet, page)?;
    plan.set.extend([("id", job.id.clone()), ("folder", jobs::folder_text(&job.folder))]);
    plan.set.extend(job.folder_name.clone().map(|name| ("name", name)));
    plan.set.extend(job.request_id.clone().map(|id| ("request_id", id)));
    plan.set.extend(job.retry_of.clone().map(|id| ("retry_of", id)));
    if job.recursive {
        plan.set.insert("recursive", "1".to_owned());
    }
    let mut plan = serde_json::to_value(plan)?;
    plan["id"] = job.id.as_str().into();
    plan["made_by"] = Uuid::new_v4().to_string().into();
    plan["owner"] = lease.owner.as_str().into();
    plan["lease_ms"] = i64::try_from(lease.length.as_millis()).unwrap_or(i64::MAX).into();
    if let Some(source) = &job.retry_of {
        plan["retry_of"] = source.as_str().into();
    }
    if let Some(most) = job.most_running {
        plan["most_running"] = most.into();
    }
    if job.recursive {
        plan["top"] = job.folder.id.as_str().into();
    }
    Ok(plan.to_string())
}

/// Adds a page to what was read: what to write, and the job as it is then.
fn add(read: &Read, page: &Page) -> Result<(Plan, Progress), Error> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (folder, known) in page.subfolders.iter().zip(&read.folders) {
        if read.recursive && !known && seen.insert(&folder.id) {
            found.push((folder.id.as_str().to_owned(), jobs::folder_text(folder)));
        }
    }
    let first_found = || found.first().map(|(_, folder)| folder.clone());
    let next_folder = match page.next_token {
        Some(_) => None,
        None => read.next_folder.clone().or_else(first_found),
    };
    let is_last = page.next_token.is_none() && next_folder.is_none();
    let is_the_jobs = |number: usize| read.files.get(number).is_some_and(Option::is_some);
    let Arrival { pending, stored, imported, progress: after } =
        Arrival::of(page, page.outcomes.clone(), &read.progress, is_the_jobs, is_last, now_ms());
    let mut plan = Plan::new(&read.progress, &after)?;
    for (position, file) in (read.next..).zip(pending) {
        plan.add.push((file.id.clone(), position, record::pack(file)?));
    }
    plan.set.insert("next", (read.next + i64::try_from(plan.add.len()).unwrap_or(0)).to_string());
    plan.add_stored = stored.into_iter().map(str::to_owned).collect();
    plan.add_imported(&imported, &after);
    match &page.next_token {
        Some(token) => plan.set.extend([("token", token.clone())]),
        None => plan.clear.push("token"),
    }
    plan.next_folder = next_folder.is_some();
    plan.set.extend(next_folder.map(|folder| ("listing", folder)));
    plan.found = found;
    Ok((plan, after))
}
