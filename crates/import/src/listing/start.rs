//! From an id to a folder with something in it, and from that to a job.

use std::{collections::HashSet, time::Duration};

use client::{
    drive::{self, Children, DriveRef, FilePage, Reason},
    ids::JobId,
    import::Failure,
    trace::Origin,
};
use tokio::{sync::oneshot, time::Instant};

use super::{
    Course, MAX_RESTARTS,
    ask::{too_late, with_retries},
    tree,
};
use crate::{
    App,
    diagnosis::{self, Finding},
    runner::{self, Start},
    store::{self, Job, NewJob},
    too_many_images,
};

/// Longest chain of shortcuts that is followed.
const MAX_SHORTCUTS: usize = 5;
/// How long pages without an image are followed before the answer is an error (a proxy in between gives up at 300 s).
const MAX_EMPTY_PAGES: Duration = Duration::from_secs(240);

/// What a folder is.
#[derive(Debug)]
pub(crate) enum Found {
    /// A folder with images: a job, as it was made.
    Job(Box<Job>),
    /// Nothing to import, and why, where that could be found out.
    Nothing(Option<String>),
}

/// What is under an id.
#[derive(Debug)]
pub(crate) enum Located {
    /// A folder, which may be another one than was asked for, and its first page with anything in it.
    Folder(DriveRef, FilePage),
    /// Nothing, and why, where that could be found out.
    Nothing(DriveRef, Option<String>),
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
    /// It holds more than one import may take.
    #[error("{told}", told = too_many_images::told(.0))]
    TooManyImages(Failure),
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

/// Lists `folder` until a page has an image (or, with `recursive`, a folder), makes a job of it that goes on by itself, and
/// waits until `answer_by` for the end of the listing.
pub(crate) async fn start(
    app: &App,
    folder: DriveRef,
    recursive: bool,
    answer_by: Instant,
) -> Result<Found, Error> {
    let made = tokio::select! {
        made = find(app, folder, recursive) => made?,
        () = app.shutdown.stopping() => return Err(Error::Stopping),
    };
    match made {
        Ok(made) => made.when_listed(app, answer_by).await,
        Err(hint) => Ok(Found::Nothing(hint)),
    }
}

/// A job, or why there is none.
async fn find(app: &App, folder: DriveRef, recursive: bool) -> Result<Result<Made, Option<String>>, Error> {
    match locate(app, folder, tree::children(recursive)).await? {
        Located::Folder(folder, page) => make_job(app, folder, page, recursive).await.map(Ok),
        Located::Nothing(_, hint) => Ok(Err(hint)),
    }
}

/// Finds the folder that an id means.
pub(crate) async fn locate(app: &App, folder: DriveRef, children: Children) -> Result<Located, Error> {
    let mut folder = folder;
    for _ in 0..=MAX_SHORTCUTS {
        let refused = match first_page(app, &folder, children).await {
            Ok(Some(page)) => return Ok(Located::Folder(folder, page)),
            Ok(None) => None,
            Err(error) if error.reason == Reason::NotFound => Some(error),
            Err(error) => return Err(Error::Drive(error)),
        };
        let deadline = Instant::now() + app.config.list_wait;
        let asked = with_retries(app, deadline, || app.drive.get(&folder)).await;
        let nothing = |hint| Ok(Located::Nothing(folder.clone(), hint));
        match (diagnosis::finding(asked, children), refused) {
            (Finding::ShortcutTo(target), _) => folder = target,
            (Finding::NotAFolder(why), _) => return Err(Error::NotAFolder(why)),
            (Finding::Invisible, Some(error)) => return Err(Error::Invisible(error)),
            (_, Some(error)) => return Err(Error::Drive(error)),
            (Finding::Invisible, None) => return nothing(Some(diagnosis::INVISIBLE.to_owned())),
            (Finding::EmptyFolder(hint), None) => return nothing(Some(hint)),
            (Finding::Unknown, None) => return nothing(None),
        }
    }
    Err(Error::NotAFolder(
        "This is a shortcut to a shortcut, and so on. Paste the address of the folder.".to_owned(),
    ))
}

/// The first page that has anything.
async fn first_page(
    app: &App,
    folder: &DriveRef,
    children: Children,
) -> Result<Option<FilePage>, drive::Error> {
    let give_up = Instant::now() + MAX_EMPTY_PAGES;
    let mut token: Option<String> = None;
    let mut restarts = 0;
    let mut course = Course::default();
    while Instant::now() < give_up {
        let deadline = Instant::now() + app.config.list_wait;
        let list = || app.drive.list_children(folder, children, token.as_deref());
        let page = match with_retries(app, deadline, list).await {
            Err(error)
                if error.reason == Reason::PageTokenRefused && token.is_some() && restarts < MAX_RESTARTS =>
            {
                restarts += 1;
                token = None;
                course = Course::default();
                continue;
            }
            page => tree::useful(page?),
        };
        if !page.files.is_empty() {
            return Ok(Some(page));
        }
        if page.next_page_token.is_none() {
            return Ok(None);
        }
        course.follow(page.next_page_token.as_deref(), false, 0)?;
        token = page.next_page_token;
    }
    Err(too_late())
}

/// A job that has just been made.
struct Made {
    job: Box<Job>,
    listed: oneshot::Receiver<()>,
    /// While this is there, nothing of it is sent to the worker.
    hold: Option<oneshot::Sender<()>>,
}

impl Made {
    /// Waits for the end of the listing. A folder that turns out to be too large by then was never a job.
    async fn when_listed(self, app: &App, answer_by: Instant) -> Result<Found, Error> {
        let Self { job, listed, hold } = self;
        let waited = tokio::time::timeout_at(answer_by, listed).await;
        // its run broke off: another process may have it, and sends
        let is_held_back = hold.is_some() && !matches!(waited, Ok(Err(_)));
        // the job is written down: an answer with its first page is better than an error
        if is_held_back
            && let Ok(Some(now)) = app.store.job_by_number(job.number).await
            && let Some(why) = too_many_images::ended(&now.progress)
        {
            if let Err(error) = app.store.discard(job.number).await {
                tracing::warn!(error = %service::error::chain(&error), "a job of too many images stays in the list");
            }
            tracing::info!(images = now.progress.total, "the folder holds too many images: no job");
            return Err(Error::TooManyImages(why.clone()));
        }
        drop(hold);
        Ok(Found::Job(job))
    }
}

async fn make_job(app: &App, folder: DriveRef, page: FilePage, recursive: bool) -> Result<Made, Error> {
    let page = tree::sorted(app, page).await;
    let goes_on = page.next_token.is_some() || (recursive && !page.subfolders.is_empty());
    if let Some(most) = app.config.max_images {
        let found = page.files.iter().map(|file| &file.id).collect::<HashSet<_>>().len() as u64;
        if found > most {
            return Err(Error::TooManyImages(too_many_images::in_folder(most, (!goes_on).then_some(found))));
        }
    }
    let new = NewJob {
        id: JobId::random().0,
        folder,
        folder_name: None,
        request_id: Origin::of_new_job().into_text(),
        recursive,
        retry_of: None,
        most_running: app.config.max_jobs,
    };
    let known = page.outcomes.len();
    let (job, held) = app.store.create_job(&new, page, &app.lease().await?).await?;
    app.numbers.found_known(known);
    let (ended, listed) = oneshot::channel();
    let may_be_too_many = goes_on && app.config.max_images.is_some();
    let (brake, braked) = may_be_too_many.then(oneshot::channel).unzip();
    runner::spawn(app, held, Start { listed: Some(ended), hold: braked });
    tracing::info!(job_id = %job.id, folder = %job.folder.id, images = job.progress.total, "job started");
    Ok(Made { job: Box::new(job), listed, hold: brake })
}
