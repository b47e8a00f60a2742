//! Read, decide, write; again if somebody was faster.

use std::time::Duration;

use super::{
    Redis,
    plan::{Ask, Plan},
    scripts,
};
use crate::{
    file_state::FileState,
    job::Progress,
    store::{Error, JobNo},
};

/// After so many changes by others in a row the caller hears of it.
const TRIES: u32 = 200;
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// What a decision is made from.
#[derive(Debug)]
pub(super) struct Read {
    /// Compared when the decision is written.
    pub version: i64,
    /// Counters and state.
    pub progress: Progress,
    /// The position of the next new file.
    pub next: i64,
    /// Subfolders too.
    pub recursive: bool,
    /// The files that were asked for, in that order: state, and position where there is one. `None`: not of this job.
    pub files: Vec<Option<(FileState, i64)>>,
    /// Whether the folders that were asked for are known, in that order.
    pub folders: Vec<bool>,
    /// The folder to list next.
    pub next_folder: Option<String>,
    /// Positions of files that were sent long ago, at most a thousand.
    pub overdue: Vec<i64>,
}

type Fields =
    (i64, String, Option<i64>, Option<i64>, Vec<Option<String>>, Vec<i64>, Option<String>, Vec<i64>);

impl Redis {
    /// Reads what `ask` says, decides, writes what was decided, if anything. `None` when there is no such job.
    pub(super) async fn transact<T>(
        &self,
        ask: &Ask<'_>,
        decide: impl Fn(&Read) -> Result<(Option<Plan>, T), Error> + Send + Sync,
    ) -> Result<Option<T>, Error> {
        let job = JobNo(ask.number);
        let _turn = self.turn(job).await;
        for tries in 0..TRIES {
            let Some(read) = self.read(ask).await? else { return Ok(None) };
            let (plan, answer) = decide(&read)?;
            let Some(mut plan) = plan else { return Ok(Some(answer)) };
            plan.number = ask.number;
            plan.version = read.version;
            plan.held.clone_from(&ask.held);
            let written: String = self.run(&scripts::WRITE, &[&serde_json::to_string(&plan)?]).await?;
            match written.as_str() {
                "done" => {
                    if plan.ended {
                        tracing::info!(job = job.0, "job ended");
                        self.tidy_soon(job).await;
                    }
                    return Ok(Some(answer));
                }
                "lost" => return Err(Error::LeaseLost),
                "gone" => return Ok(None),
                _ => tokio::time::sleep((Duration::from_millis(1) * tries).min(LONGEST_PAUSE)).await,
            }
        }
        Err(Error::Contended)
    }

    async fn read(&self, ask: &Ask<'_>) -> Result<Option<Read>, Error> {
        let (found, fields): (String, Option<Fields>) =
            self.run(&scripts::READ, &[&serde_json::to_string(ask)?]).await?;
        if found == "lost" {
            return Err(Error::LeaseLost);
        }
        let Some((version, progress, next, recursive, files, folders, next_folder, overdue)) = fields else {
            return Ok(None);
        };
        let progress: Progress = serde_json::from_str(&progress)?;
        let files = files.iter().map(|file| file.as_deref().map(|file| state(file, &progress))).collect();
        Ok(Some(Read {
            version,
            next: next.unwrap_or(0),
            recursive: recursive == Some(1),
            files,
            folders: folders.into_iter().map(|known| known == 1).collect(),
            next_folder,
            overdue,
            progress,
        }))
    }
}

impl Read {
    /// A job without anything.
    pub(super) fn of(progress: Progress) -> Self {
        Self {
            version: 0,
            progress,
            next: 0,
            recursive: false,
            files: Vec::new(),
            folders: Vec::new(),
            next_folder: None,
            overdue: Vec::new(),
        }
    }
}

/// Reads `s`, `f12`, `c12`, `p12` (pending) or `w12` (at the worker).
fn state(text: &str, progress: &Progress) -> (FileState, i64) {
    let position = text.get(1..).and_then(|position| position.parse().ok()).unwrap_or(-1);
    let state = match text.as_bytes().first() {
        Some(b's') => FileState::Stored,
        Some(b'f') => FileState::Failed,
        Some(b'c') => FileState::Cancelled,
        // the end of a job is the outcome of what has none; it may not be written to each file yet
        _ if progress.end.is_some() => progress.rest_state(),
        Some(b'w') => FileState::Sent,
        _ => FileState::Pending,
    };
    (state, position)
}
