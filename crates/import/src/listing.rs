//! Lists a folder: the first pages for whoever asked, the rest for the job.
//!
//! Each page is written down, with its page token and the new total, before the next one is asked for.

mod patience;

use std::time::Duration;

use client::{
    drive::{self, Children, DriveRef, File, FilePage, Reason},
    ids::JobId,
    import::Failure,
    request_id,
    retry::Backoff,
};
use tokio::{sync::oneshot, time::Instant};

use self::patience::{Decision, Patience};
use crate::{
    App,
    clock::now_ms,
    diagnosis::{self, Finding},
    job::Listing,
    runner,
    store::{self, Held, Job, JobNo, NewJob, Page},
};

/// Longest chain of shortcuts that is followed.
const MAX_SHORTCUTS: usize = 5;
/// How long pages without an image are followed before the answer is an error (a proxy in between gives up at 300 s).
const MAX_EMPTY_PAGES: Duration = Duration::from_secs(240);
/// How often a listing starts over because Drive refuses its page token.
const MAX_RESTARTS: u32 = 5;
/// How long one page of a running job may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(90);

/// What a folder is.
#[derive(Debug)]
pub(crate) enum Found {
    /// A folder with images: a job, and word when its listing has ended.
    Job(Box<Job>, oneshot::Receiver<()>),
    /// Nothing to import, and why, where that could be found out.
    Nothing(Option<String>),
}

/// Why no job was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Drive refused, or did not answer.
    #[error("{0}. {advice}", advice = advice(.0.reason))]
    Drive(drive::Error),
    /// There is nothing visible under the id.
    #[error("{0}. {hint}", hint = diagnosis::INVISIBLE)]
    Invisible(drive::Error),
    /// It is no folder.
    #[error("{0}")]
    NotAFolder(String),
    /// The service stops.
    #[error("the service is stopping; try again")]
    Stopping,
    /// The job could not be written down.
    #[error("write down the job")]
    Store(#[from] store::Error),
}

/// What a person can do who has no job yet.
fn advice(reason: Reason) -> &'static str {
    match reason {
        Reason::RateLimited | Reason::AutomatedQueries => {
            "Google limits the number of calls just now: start the import again in a few minutes."
        }
        _ => reason.advice(),
    }
}

/// Lists `folder` until a page has an image, and makes a job of it that goes on by itself.
pub(crate) async fn start(app: &App, folder: DriveRef) -> Result<Found, Error> {
    tokio::select! {
        found = find(app, folder) => found,
        () = app.shutdown.stopping() => Err(Error::Stopping),
    }
}

async fn find(app: &App, folder: DriveRef) -> Result<Found, Error> {
    let mut folder = folder;
    for _ in 0..=MAX_SHORTCUTS {
        let refused = match first_images(app, &folder).await {
            Ok(Some(page)) => return make_job(app, folder, page).await.map_err(Error::Store),
            Ok(None) => None,
            Err(error) if error.reason == Reason::NotFound => Some(error),
            Err(error) => return Err(Error::Drive(error)),
        };
        let deadline = Instant::now() + app.config.list_wait;
        let asked = with_retries(app, deadline, || app.drive.get(&folder)).await;
        match (diagnosis::finding(asked), refused) {
            (Finding::ShortcutTo(target), _) => folder = target,
            (Finding::NotAFolder(why), _) => return Err(Error::NotAFolder(why)),
            (Finding::Invisible, Some(error)) => return Err(Error::Invisible(error)),
            (_, Some(error)) => return Err(Error::Drive(error)),
            (Finding::Invisible, None) => return Ok(Found::Nothing(Some(diagnosis::INVISIBLE.to_owned()))),
            (Finding::EmptyFolder(hint), None) => return Ok(Found::Nothing(Some(hint))),
            (Finding::Unknown, None) => return Ok(Found::Nothing(None)),
        }
    }
    Err(Error::NotAFolder(
        "This is a shortcut to a shortcut, and so on. Paste the address of the folder.".to_owned(),
    ))
}

/// The first page that has an image.
async fn first_images(app: &App, folder: &DriveRef) -> Result<Option<Page>, drive::Error> {
    let give_up = Instant::now() + MAX_EMPTY_PAGES;
    let mut token: Option<String> = None;
    let mut restarts = 0;
    while Instant::now() < give_up {
        let deadline = Instant::now() + app.config.list_wait;
        let list = || app.drive.list_children(folder, Children::Images, token.as_deref());
        let page = match with_retries(app, deadline, list).await {
            Err(error)
                if error.reason == Reason::PageTokenRefused && token.is_some() && restarts < MAX_RESTARTS =>
            {
                restarts += 1;
                token = None;
                continue;
            }
            page => useful(page?),
        };
        if !page.files.is_empty() {
            return Ok(Some(page));
        }
        if page.next_token.is_none() {
            return Ok(None);
        }
        token = page.next_token;
    }
    Err(too_late())
}

/// Calls until it works, fails for good, or the next try would be too late.
async fn with_retries<T, Call, Answer>(app: &App, deadline: Instant, call: Call) -> Result<T, drive::Error>
where
    Call: Fn() -> Answer,
    Answer: Future<Output = Result<T, drive::Error>>,
{
    let mut tries = 0;
    loop {
        let error = match tokio::time::timeout_at(deadline, call()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(_) => return Err(too_late()),
        };
        tries += 1;
        let wait = Backoff::DRIVE.wait(tries, error.retry_after);
        if !error.reason.is_retryable()
            || Instant::now() + wait >= deadline
            || !app.shutdown.sleep(wait).await
        {
            return Err(error);
        }
        tracing::info!(%error, tries, "ask Google Drive again");
    }
}

fn too_late() -> drive::Error {
    let message = "Google Drive did not answer: timed out".to_owned();
    drive::Error { reason: Reason::Network, status: None, message, retry_after: None }
}

/// Trashed files are excluded by the query; this holds where it is not understood.
fn useful(page: FilePage) -> Page {
    if page.incomplete_search {
        tracing::warn!("Google Drive did not search everywhere: images may be missing");
    }
    let files: Vec<File> = page.files.into_iter().filter(|file| !file.trashed).collect();
    Page { files, subfolders: Vec::new(), next_token: page.next_page_token.filter(|token| !token.is_empty()) }
}

async fn make_job(app: &App, folder: DriveRef, page: Page) -> Result<Found, store::Error> {
    let new = NewJob {
        id: JobId::random().0,
        folder,
        folder_name: None,
        request_id: request_id::current(),
        recursive: false,
        retry_of: None,
    };
    let (job, held) = app.store.create_job(&new, page, &app.lease()).await?;
    let (ended, listed) = oneshot::channel();
    runner::spawn(app, held, Some(ended));
    tracing::info!(job.id = %job.id, folder = %job.folder.id, images = job.progress.total, "job started");
    Ok(Found::Job(Box::new(job), listed))
}

/// Lists what is left of a job's folder; `listed` is told when that has ended. False when the job is no longer held.
pub(crate) async fn go_on(app: &App, held: &Held, listed: Option<oneshot::Sender<()>>) -> bool {
    let mut patience = Patience::default();
    let mut restarts = 0;
    loop {
        match next_page(app, held, &mut patience, &mut restarts).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(store::Error::LeaseLost) => return false,
            Err(error) => {
                tracing::warn!(error = %service::error::chain(&error), "list the folder");
                tokio::time::sleep(Duration::from_secs(1)).await;
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
async fn next_page(
    app: &App,
    held: &Held,
    patience: &mut Patience,
    restarts: &mut u32,
) -> Result<bool, store::Error> {
    let Some(Job { listing_folder, page_token, progress, .. }) = app.store.job_by_number(held.job).await?
    else {
        return Ok(false);
    };
    if progress.listing != Listing::Open || progress.end.is_some() {
        return Ok(false);
    }
    let call = app.drive.list_children(&listing_folder, Children::Images, page_token.as_deref());
    let answer = tokio::time::timeout(PAGE_TIMEOUT, call).await.unwrap_or_else(|_| Err(too_late()));
    let error = match answer {
        Ok(page) => {
            *patience = Patience::default();
            app.store.add_page(held, useful(page)).await?;
            return Ok(true);
        }
        Err(error) => error,
    };
    if error.reason == Reason::PageTokenRefused && page_token.is_some() && *restarts < MAX_RESTARTS {
        *restarts += 1;
        tracing::info!("Google Drive refuses the page token: list from the first page again");
        app.store.restart_listing(held).await?;
        return Ok(true);
    }
    match patience.after(&error, std::time::Instant::now()) {
        Decision::TryAgain(wait) => {
            tracing::info!(%error, "the listing waits");
            let until_ms = now_ms() + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            let reason = format!("Google Drive cannot list the folder just now: {error}");
            app.store.change_held(held, |progress| progress.wait_for(until_ms, reason.clone())).await?;
            tokio::time::sleep(wait).await;
            Ok(true)
        }
        Decision::GiveUp => {
            tracing::warn!(%error, "the listing broke");
            let no_key_will_do = error.reason.is_configuration();
            let why = failure(&error);
            let broken = |progress: &mut crate::job::Progress| {
                if no_key_will_do {
                    progress.fail(why.clone());
                } else {
                    progress.listing_broke(why.clone());
                    progress.settle();
                }
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
