//! `verify`: compares what Drive said, the rows and the bucket, and mends what can be mended.

mod confirm;
mod finding;
mod gather;
mod judge;
mod ledger;
mod repair;
mod report;
mod services;

use std::time::Duration;

use client::{import::JobState, storage::ListedObject};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use service::Shutdown;

use self::{
    finding::{Counts, Finding},
    gather::Depth,
    ledger::Ledger,
    repair::Repairs,
    report::Report,
    services::{ServiceArgs, Services, asked},
};
use crate::{
    exit::{self, Verdict},
    output,
};

/// Between what was seen to be wrong and the second look: what was under way then has ended.
const GRACE: Duration = Duration::from_secs(3);
/// The longest time from an object to its row; with a running import, a younger object without row is not left over.
const LONGEST_UPLOAD_SECS: i64 = 10 * 60;
/// Suspects that are looked at together.
const BATCH: u32 = 200;
/// More objects than these, and no row of any: that is not what an import has left behind.
const FEW: u64 = 100;
/// Looks at once.
const LOOKS: usize = 8;
/// Jobs on a page, and pages that are asked for.
const JOBS: u64 = 100;
const JOB_PAGES: u64 = 100;

/// Compare images with the bucket: what is missing, damaged or left over
///
/// Compares what Google Drive said about each image (as its row keeps it), the rows, and the objects in the bucket, by
/// size and MD5. Reads only lists, and those objects whose MD5 the bucket does not tell. Finds:
///
/// missing: a row whose object is not there. damaged: an object whose size or MD5 is not that of its row. orphaned: an
/// object that no row names, or a thumbnail whose image is gone. in progress: an object that a running import may be
/// about to name; that is no fault. Rows whose URL names another bucket are counted and never touched, nor are their
/// objects. Objects that are named by the rows of another database count as orphaned: a bucket belongs to one database.
///
/// It may run while images are imported. The exit code is 0 if all is well or was repaired, 1 if something is wrong, 3 if
/// the services, the database or the bucket could not be asked.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub(crate) struct Verify {
    /// Mend what can be mended: store missing and damaged images anew from Google Drive, let go of orphaned objects
    #[arg(long)]
    repair: bool,
    /// Read every object, which finds bytes that have changed behind an unchanged list; all images travel from the bucket
    /// to the storage service
    #[arg(long)]
    read_all: bool,
    /// Answer with one line of JSON for each finding, and one with the summary
    #[arg(long)]
    json: bool,
    /// Show a person at most N findings of each kind
    #[arg(long, value_name = "N", default_value_t = 20)]
    show: u64,
    #[command(flatten)]
    services: ServiceArgs,
}

impl Verify {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let services = self.services.open()?;
        let stop = Shutdown::on_signals();
        tokio::select! {
            verified = self.verify(&services) => verified,
            // the ledger goes with the dropped work
            () = stop.stopping() => anyhow::bail!("stopped before the end"),
        }
    }

    async fn verify(&self, services: &Services) -> anyhow::Result<Verdict> {
        let (mut ledger, mut counts) = (Ledger::open().await?, Counts::default());
        let depth = if self.read_all { Depth::Bytes } else { Depth::List };
        gather::objects(services, &mut ledger, &mut counts).await?;
        gather::rows(services, &mut ledger, &mut counts, depth).await?;
        // the images of somebody else, as likely as not
        let spares_orphans = counts.objects > FEW && !ledger.has_named().await?;
        let mut second = SecondLook {
            services,
            ledger,
            counts,
            report: Report::new(self.json, self.show),
            repairs: self.repair.then(|| Repairs::new(services.clone(), spares_orphans)),
        };
        if second.is_needed().await? {
            tokio::time::sleep(GRACE).await;
            second.rows().await?;
            second.objects().await?;
        }
        if let Some(repairs) = second.repairs
            && !repairs.are_gone().await
        {
            output::say("Released objects are still being deleted.");
        }
        second.report.end(&second.counts, self.repair);
        Ok(Verdict::of(second.counts.is_all_well()))
    }
}

/// What did not fit, looked at again, reported and mended.
struct SecondLook<'a> {
    services: &'a Services,
    ledger: Ledger,
    counts: Counts,
    report: Report,
    repairs: Option<Repairs>,
}

impl SecondLook<'_> {
    async fn is_needed(&mut self) -> anyhow::Result<bool> {
        let has_suspects = !self.ledger.suspects(None, 1).await?.is_empty();
        Ok(has_suspects || !self.ledger.unnamed("", 1).await?.is_empty())
    }

    async fn rows(&mut self) -> anyhow::Result<()> {
        let mut after = None;
        loop {
            let ids = self.ledger.suspects(after, BATCH).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = Some(*last);
            let services = self.services;
            let looks = stream::iter(ids).map(|id| confirm::row(services, id)).buffered(LOOKS);
            let findings: Vec<_> = looks.try_filter_map(async |finding| Ok(finding)).try_collect().await?;
            self.settle(findings).await;
        }
    }

    async fn objects(&mut self) -> anyhow::Result<()> {
        // asked first: the objects of an import that has ended by now have their rows, or are released
        let imports = Imports::of(self.services).await;
        let now = chrono::Utc::now();
        let is_at_work = |object: &ListedObject| imports == Imports::Running && is_young(object, now);
        let mut after = String::new();
        loop {
            let unnamed = self.ledger.unnamed(&after, BATCH).await?;
            let Some(last) = unnamed.last() else { return Ok(()) };
            after.clone_from(&last.key);
            let orphans = confirm::orphans(self.services, &unnamed, is_at_work).await?;
            self.counts.going += orphans.going;
            self.settle(orphans.findings).await;
        }
    }

    async fn settle(&mut self, findings: Vec<Finding>) {
        let settled = match &mut self.repairs {
            Some(repairs) => repairs.mend(findings).await,
            None => findings,
        };
        for finding in settled {
            self.counts.add(&finding);
            self.report.finding(&finding);
        }
    }
}

/// Whether images are being imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Imports {
    /// No.
    None,
    /// Yes: a young object may be about to get its row.
    Running,
}

impl Imports {
    /// Asks the import service. Where that does not answer, nothing is taken for work in hand: to let go of an object that
    /// is about to be named costs a second download, and no image.
    async fn of(services: &Services) -> Self {
        for page in 1..=JOB_PAGES {
            let jobs = match asked(|| services.import.list_jobs(page, JOBS)).await {
                Ok(jobs) => jobs,
                Err(error) => {
                    output::say(&format!(
                        "Whether an import runs is not known ({error}): objects that one is just storing count as orphaned."
                    ));
                    return Self::None;
                }
            };
            if jobs.jobs.iter().any(|job| !JobState::is_final(job.state)) {
                return Self::Running;
            }
            if page >= jobs.total_pages {
                break;
            }
        }
        Self::None
    }
}

fn is_young(object: &ListedObject, now: chrono::DateTime<chrono::Utc>) -> bool {
    let written = object.last_modified.as_deref();
    let written = written.and_then(|time| chrono::DateTime::parse_from_rfc3339(time).ok());
    written.is_none_or(|written| (now - written.to_utc()).num_seconds() < LONGEST_UPLOAD_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_young_until_the_longest_upload_is_over() {
        let now = "2026-11-23T07:00:00Z".parse().unwrap();
        let object = |last_modified: Option<&str>| ListedObject {
            key: String::new(),
            url: String::new(),
            size: 0,
            last_modified: last_modified.map(str::to_owned),
            md5: None,
            is_thumbnail: false,
        };
        for (time, young) in [
            (Some("2026-11-23T06:59:59.123Z"), true),
            (Some("2026-11-23T06:50:01Z"), true),
            (Some("2026-11-23T06:49:00Z"), false),
            // a clock that runs behind the bucket's
            (Some("2026-11-23T07:05:00Z"), true),
            (Some("yesterday"), true),
            (None, true),
        ] {
            assert_eq!(is_young(&object(time), now), young, "{time:?}");
        }
    }
}
