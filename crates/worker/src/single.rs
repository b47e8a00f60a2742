//! One image at once, for a caller who waits: no queue, three tries, thirty seconds; longer where a known image is to be
//! stored anew, because nobody else would try that again.

use std::time::Duration;

use client::{drive::Reason, import::FileResult};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::{
    app::App,
    hold::Hold,
    listing::Listing,
    pipeline::Known,
    queue::QueueError,
    task::{JobKey, JobState, Progress, Task},
    trouble::Trouble,
};

/// Tries in all.
const MAX_TRIES: u32 = 3;
/// How long the caller waits.
const PATIENCE: Duration = Duration::from_secs(30);
const PATIENCE_TO_REFRESH: Duration = Duration::from_secs(240);
/// How long clearing away may take.
const CLEARING: Duration = Duration::from_secs(15);
/// How long it may go on once the worker stops; what it left is cleared away in the time after.
const LAST_CHANCE: Duration = Duration::from_secs(8);
const LAST_CLEARING: Duration = Duration::from_secs(5);
/// The wait before the second try; doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// What is to become of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// It is imported, unless it is known.
    Import,
    /// It is known, and stored anew whatever its row says.
    Refresh,
}

/// The reason of an image that was not even tried, because it could not be written down.
pub(crate) const QUEUE_UNAVAILABLE: &str = "queue-unavailable";

/// Why an image could not be imported.
#[derive(Debug)]
pub(crate) struct NotImported {
    /// Stable name of the reason.
    pub(crate) reason: &'static str,
    /// For a person; the beginnings are the original's.
    pub(crate) message: String,
}

impl From<Trouble> for NotImported {
    fn from(trouble: Trouble) -> Self {
        Self { reason: trouble.reason(), message: trouble.message() }
    }
}

/// Imports one image now. Leaves no object when it fails: what is begun stands in the queue, where it is found should this
/// worker die.
pub(crate) async fn import_now(
    app: &App,
    job: &Value,
    file: Value,
    wanted: Wanted,
) -> Result<FileResult, NotImported> {
    let job = JobKey::single(job);
    let (id, claim) = app.queue.journal(&job, &file).await.map_err(|error| unwritable(&error))?;
    let mut task = Task {
        id,
        claim,
        job,
        job_state: JobState::Open,
        file_id: file["id"].as_str().unwrap_or_default().to_owned(),
        file: file.into(),
        request_id: None,
        has_twin: false,
        progress: Progress::default(),
        flying: None,
    };
    let in_hand = app.runner.take_in_hand(&task, None);
    let done = tokio::select! {
        biased;
        _ = in_hand.hold.told() => {
            task.land();
            give_up(app, &task).await;
            return Err(interrupted());
        }
        done = import_in_hand(app, &mut task, wanted, &in_hand.hold) => done,
    };
    // where this fails, somebody finds it, and that a row names the object
    match done {
        Done::Clear(end) => {
            if let Err(error) = app.queue.forget(&task).await {
                error.log("a single image cannot be ended");
            }
            end
        }
        Done::MayHaveLeftAnObject(end) => {
            give_up(app, &task).await;
            end
        }
    }
}

/// How it ended, and whether all is cleared away.
enum Done {
    Clear(Result<FileResult, NotImported>),
    MayHaveLeftAnObject(Result<FileResult, NotImported>),
}

/// Leaves the object to whoever comes next.
async fn give_up(app: &App, task: &Task) {
    if let Err(error) = app.queue.defer(task, Duration::ZERO).await {
        error.log("a single image cannot be given up");
    }
    app.runner.wake();
}

async fn import_in_hand(app: &App, task: &mut Task, wanted: Wanted, hold: &Hold) -> Done {
    let patience = if wanted == Wanted::Refresh { PATIENCE_TO_REFRESH } else { PATIENCE };
    let deadline = Instant::now() + patience;
    let mut last = None;
    for tries in 1..=MAX_TRIES {
        let done = tokio::select! {
            done = timeout_at(deadline, try_once(app, task, wanted, hold)) => done.ok(),
            () = stops_soon(app) => None,
        };
        let Some(done) = done else { break };
        let trouble = match done {
            Ok(Some(end)) => return Done::Clear(Ok(end)),
            Ok(None) => {
                last = Some(Trouble::NotKnown.into());
                break;
            }
            Err(trouble) => trouble,
        };
        let wait = FIRST_WAIT * 2_u32.pow(tries - 1);
        let is_over = !trouble.may_pass() || tries == MAX_TRIES || Instant::now() + wait >= deadline;
        last = Some(NotImported::from(trouble));
        if is_over {
            break;
        }
        if !app.shutdown.sleep(wait).await {
            break;
        }
    }
    let clearing = if app.shutdown.is_stopping() { LAST_CLEARING } else { CLEARING };
    let failed = || last.unwrap_or_else(|| too_slow(patience));
    match tokio::time::timeout(clearing, app.pipeline.discard(task)).await {
        Ok(Ok(Some(stored_after_all))) => Done::Clear(Ok(stored_after_all)),
        Ok(Ok(None)) => Done::Clear(Err(failed())),
        Ok(Err(_)) | Err(_) => Done::MayHaveLeftAnObject(Err(failed())),
    }
}

/// None where the image is to be refreshed and is not known.
async fn try_once(
    app: &App,
    task: &mut Task,
    wanted: Wanted,
    hold: &Hold,
) -> Result<Option<FileResult>, Trouble> {
    let listing = Listing::parse(&task.file).map_err(Trouble::BadListing)?;
    let id = listing.drive.id.as_str();
    let rows = app.pipeline.metadata.known_images(&[id]).await.map_err(Trouble::Metadata)?;
    let known = rows.map_or(Known::CannotTell, |rows| {
        let row = rows.into_iter().find(|row| row.google_drive_id == id);
        row.map_or(Known::No, |row| Known::Row(Box::new(row)))
    });
    match (wanted, known) {
        (Wanted::Import, known) => app.pipeline.import(task, known, hold).await.map(Some),
        (Wanted::Refresh, Known::Row(row)) => app.pipeline.refresh(task, &row, hold).await.map(Some),
        (Wanted::Refresh, Known::No | Known::CannotTell) => Ok(None),
    }
}

/// What Drive says about a file now, as a record to import.
pub(crate) async fn record_now(app: &App, file: &Value) -> Result<Value, NotImported> {
    let listing = Listing::parse(file).map_err(|bad| NotImported::from(Trouble::BadListing(bad)))?;
    let mut tries = 1;
    loop {
        let trouble = match app.pipeline.uploader.record_now(&listing).await {
            Ok(record) => return Ok(record),
            // a server of plain files hands out the bytes here too: what was sent is all there is
            Err(Trouble::Drive(error)) if error.reason == Reason::UnexpectedBody => return Ok(file.clone()),
            Err(trouble) => trouble,
        };
        let wait = FIRST_WAIT * 2_u32.pow(tries - 1);
        if !trouble.may_pass() || tries == MAX_TRIES || !app.shutdown.sleep(wait).await {
            return Err(trouble.into());
        }
        tries += 1;
    }
}

async fn stops_soon(app: &App) {
    app.shutdown.stopping().await;
    tokio::time::sleep(LAST_CHANCE).await;
}

fn too_slow(patience: Duration) -> NotImported {
    NotImported {
        reason: "timed-out",
        message: format!(
            "Error downloading from Google Drive: the image was not imported within {} seconds",
            patience.as_secs()
        ),
    }
}

fn unwritable(error: &QueueError) -> NotImported {
    error.log("a single image cannot be written down");
    NotImported { reason: QUEUE_UNAVAILABLE, message: "The task queue cannot be written.".to_owned() }
}

fn interrupted() -> NotImported {
    NotImported { reason: "interrupted", message: "The worker was interrupted; try again".to_owned() }
}
