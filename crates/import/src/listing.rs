//! Lists folders: the first pages for whoever asked, the rest for the job.
//!
//! Each page is written down with its page token and the new total; meanwhile the next ones are asked for. A job with
//! subfolders lists one folder after the other; which ones are still to come is in the store, so that any number of
//! them costs no memory. A subfolder that cannot be listed counts as one failed entry of the job, and the listing goes
//! on. A retry "lists" what failed in another job.

mod ahead;
mod ask;
mod course;
mod left_out;
mod patience;
mod start;
pub(crate) mod tree;

use std::time::Duration;

use client::{
    drive::{self, File, Reason},
    ids::DriveId,
    import::Failure,
};
use tokio::sync::oneshot;

use self::{
    ahead::Ahead,
    patience::{Decision, Patience},
};
pub(crate) use self::{
    ask::with_retries,
    course::Course,
    left_out::why_empty,
    start::{Error, Found, Located, locate, start},
};
use crate::{
    App,
    clock::now_ms,
    job::Listing,
    retry,
    store::{self, Held, Job, JobNo, Page},
};

/// How often the listing of one folder starts over because Drive refuses its page token.
const MAX_RESTARTS: u32 = 5;
/// How long a listing waits for a store that is away.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// What has gone wrong so far with the folder that is being listed.
#[derive(Default)]
struct SoFar {
    folder: Option<DriveId>,
    patience: Patience,
    restarts: u32,
    course: Course,
    /// Pages that were asked for already.
    ahead: Option<Ahead>,
}

impl SoFar {
    /// Each folder gets all the patience there is.
    fn turn_to(&mut self, folder: &DriveId) {
        if self.folder.as_ref() != Some(folder) {
            *self = Self { folder: Some(folder.clone()), ..Self::default() };
        }
    }
}

/// Lists what is left of a job's folders; `listed` is told when that has ended. False when the job is no longer held.
pub(crate) async fn go_on(app: &App, held: &Held, listed: Option<oneshot::Sender<()>>) -> bool {
    let mut so_far = SoFar::default();
    let mut store_is_away = false;
    loop {
        match next_page(app, held, &mut so_far).await {
            Ok(true) => store_is_away = false,
            Ok(false) => break,
            Err(store::Error::LeaseLost) => return false,
            Err(error) => {
                if !store_is_away {
                    tracing::warn!(error = %service::error::chain(&error), "list the folder; trying on");
                }
                store_is_away = true;
                tokio::time::sleep(STORE_PAUSE).await;
            }
        }
        app.wakeups.wake(held.job);
    }
    app.wakeups.wake(held.job);
    if let Some(listed) = listed {
        // whoever asked may be gone
        let _ = listed.send(());
    }
    true
}

/// One page; false when there is none left.
async fn next_page(app: &App, held: &Held, so_far: &mut SoFar) -> Result<bool, store::Error> {
    let Some(job) = app.store.job_by_number(held.job).await? else { return Ok(false) };
    if job.progress.listing != Listing::Open || job.progress.end.is_some() {
        return Ok(false);
    }
    if job.retry_of.is_some() && is_in_top_folder(&job) {
        let page = limited(app, retry::next_page(app, &job).await?);
        app.store.add_page(held, page).await?;
        return Ok(true);
    }
    so_far.turn_to(&job.listing_folder.id);
    let ahead = so_far.ahead.take().filter(|ahead| ahead.fits(&job));
    let mut ahead = ahead.unwrap_or_else(|| Ahead::of(app, &job));
    match ahead.next().await {
        Ok(page) => {
            so_far.patience = Patience::default();
            let token = page.next_token.clone();
            let has_subfolders = job.recursive && so_far.course.has_new(&page.subfolders);
            let page = limited(app, page);
            let known = page.outcomes.len();
            let write = async {
                let written = app.store.add_page(held, page).await;
                app.wakeups.wake(held.job);
                written.inspect(|_| app.numbers.found_known(known))
            };
            let after = if let Some(token) = token.clone() {
                let bring = async {
                    ahead.bring(token).await;
                    Ok(())
                };
                // what cannot be written down need not be waited for
                let (after, ()) = tokio::try_join!(write, bring)?;
                so_far.ahead = Some(ahead);
                after
            } else {
                write.await?
            };
            let has_new = has_subfolders || after.total > job.progress.total;
            match so_far.course.follow(token.as_deref(), has_new, after.total) {
                Ok(()) => Ok(true),
                Err(endless) => after_error(app, held, &job, &endless, so_far).await,
            }
        }
        Err(error) => after_error(app, held, &job, &error, so_far).await,
    }
}

/// The store decides which of the images are new, and then whether they are too many.
fn limited(app: &App, page: Page) -> Page {
    Page { most_images: app.config.max_images, ..page }
}

fn is_in_top_folder(job: &Job) -> bool {
    job.listing_folder.id == job.folder.id
}

/// Waits, starts the folder over, goes on without it, or ends the listing; false in the last case.
async fn after_error(
    app: &App,
    held: &Held,
    job: &Job,
    error: &drive::Error,
    so_far: &mut SoFar,
) -> Result<bool, store::Error> {
    let token_is_refused = error.reason == Reason::PageTokenRefused && job.page_token.is_some();
    if token_is_refused && so_far.restarts < MAX_RESTARTS {
        so_far.restarts += 1;
        so_far.course = Course::default();
        tracing::info!("Google Drive refuses the page token: list from the first page again");
        app.store.restart_listing(held).await?;
        return Ok(true);
    }
    match so_far.patience.after(error, std::time::Instant::now()) {
        Decision::TryAgain(wait) => {
            tracing::info!(%error, "the listing waits");
            let until_ms = now_ms() + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            let reason = format!("Google Drive cannot list the folder just now: {error}");
            app.store.change_held(held, |progress| progress.wait_for(until_ms, reason.clone())).await?;
            tokio::time::sleep(wait).await;
            Ok(true)
        }
        Decision::GiveUp if error.reason.is_configuration() => {
            tracing::warn!(%error, "the listing broke");
            let why = failure(error);
            app.store.change_held(held, |progress| progress.fail(why.clone())).await?;
            Ok(false)
        }
        Decision::GiveUp if !is_in_top_folder(job) => {
            tracing::warn!(%error, folder = %job.listing_folder.id, "a subfolder cannot be listed");
            left_out::note(app, held, job, failure(error)).await?;
            Ok(true)
        }
        Decision::GiveUp => {
            tracing::warn!(%error, "the listing broke");
            let why = failure(error);
            let broken = |progress: &mut crate::job::Progress| {
                progress.listing_broke(why.clone());
                progress.settle();
            };
            app.store.change_held(held, broken).await?;
            Ok(false)
        }
    }
}

fn failure(error: &drive::Error) -> Failure {
    Failure {
        reason: error.reason.code().to_owned(),
        message: format!("Error fetching files from Google Drive: {error}"),
        advice: error.reason.advice().to_owned(),
        attempts: 1,
    }
}

/// Finds out what the folder is called, for the list of jobs. Worth one call and no trouble.
pub(crate) async fn find_name(app: &App, job: JobNo) {
    let Ok(Some(Job { folder, folder_name: None, .. })) = app.store.job_by_number(job).await else { return };
    if let Ok(File { name: Some(name), .. }) = app.drive.get(&folder).await
        && let Err(error) = app.store.name_folder(job, &name).await
    {
        tracing::debug!(error = %service::error::chain(&error), "note the folder's name");
    }
}
