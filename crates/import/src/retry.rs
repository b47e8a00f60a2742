//! A retry: a new job of what failed, or was cancelled, in a job that has ended.
//!
//! The id of the n-th retry of a job follows from the job's, so that two requests at the same moment, in whatever
//! processes, make one retry.

use client::{
    drive::{FOLDER_TYPE, File},
    import::Failure,
    trace::Origin,
};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    App,
    runner::{self, Start},
    store::{Error, Job, NewJob, Page},
    too_many_images,
};

/// Files that are taken over at a time: no more than metadata tells apart in one call.
const PORTION: u32 = 1000;

/// What became of a retry.
#[derive(Debug)]
pub(crate) enum Retry {
    /// A new job, and word when it has taken everything over.
    Started(Box<Job>, oneshot::Receiver<()>),
    /// An earlier retry has not ended, or was made at the same moment.
    Running(Box<Job>),
    /// Nothing has failed, nothing was cancelled.
    Nothing,
    /// It is more than one job may take.
    TooMany(Failure),
}

/// Makes a job of what failed, or was cancelled, in `source`, which has ended; asked for at `asked_ms`.
pub(crate) async fn start(app: &App, source: &Job, asked_ms: i64) -> Result<Retry, Error> {
    let id = match next_id(app, source, asked_ms).await? {
        Ok(id) => id,
        Err(running) => return Ok(Retry::Running(running)),
    };
    if let Some(most) = app.config.max_images {
        let found = (source.progress.failed + source.progress.cancelled).floor();
        if found > most {
            return Ok(Retry::TooMany(too_many_images::in_retry(most, found)));
        }
    }
    let page = page(app, &source.id, -1).await?;
    if page.files.is_empty() && page.subfolders.is_empty() && page.next_token.is_none() {
        return Ok(Retry::Nothing);
    }
    let new = NewJob {
        id,
        folder: source.folder.clone(),
        folder_name: source.folder_name.clone(),
        request_id: Origin::of_new_job().into_text(),
        recursive: source.recursive,
        retry_of: Some(source.id.clone()),
        most_running: app.config.max_jobs,
    };
    let (job, held) = match app.store.create_job(&new, page, &app.lease().await?).await {
        Ok(made) => made,
        // another request at the same moment was faster
        Err(error) => {
            return match app.store.job(&new.id).await? {
                Some(job) => Ok(Retry::Running(Box::new(job))),
                None => Err(error),
            };
        }
    };
    let (ended, listed) = oneshot::channel();
    runner::spawn(app, held, Start { listed: Some(ended), hold: None });
    tracing::info!(job.id = %job.id, retry_of = %source.id, images = job.progress.total, "retry started");
    Ok(Retry::Started(Box::new(job), listed))
}

/// The id of the next retry; the job that is one, if that has not ended, or was made since `asked_ms`: by a request at
/// the same moment, however soon everything failed again.
async fn next_id(app: &App, source: &Job, asked_ms: i64) -> Result<Result<String, Box<Job>>, Error> {
    let mut number = 1_u32;
    loop {
        let id = id(&source.id, number);
        match app.store.job(&id).await? {
            None => return Ok(Ok(id)),
            Some(job) if job.progress.end.is_none() || job.created_at_ms >= asked_ms => {
                return Ok(Err(Box::new(job)));
            }
            Some(_) => number += 1,
        }
    }
}

fn id(source: &str, number: u32) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("retry {number} of {source}").as_bytes()).to_string()
}

/// What follows in the "listing" of a retry, whose page token is the position of the last file it has.
pub(crate) async fn next_page(app: &App, job: &Job) -> Result<Page, Error> {
    let after = job.page_token.as_deref().and_then(|token| token.parse().ok()).unwrap_or(-1);
    match &job.retry_of {
        Some(source) => page(app, source, after).await,
        None => Ok(Page::default()),
    }
}

async fn page(app: &App, source: &str, after: i64) -> Result<Page, Error> {
    let rows = app.store.retryable(source, after, PORTION).await?;
    let is_full = rows.len() >= PORTION as usize;
    let next_token = rows.last().filter(|_| is_full).map(|(position, _)| position.to_string());
    let page = sorted(rows.into_iter().map(|(_, file)| file), next_token);
    // another job may have stored them since
    Ok(Page { outcomes: app.known.outcomes(&page.files).await, ..page })
}

/// A subfolder that could not be listed is a folder to list.
fn sorted(files: impl Iterator<Item = File>, next_token: Option<String>) -> Page {
    let is_folder = |file: &File| file.mime_type.as_deref() == Some(FOLDER_TYPE);
    let (folders, files): (Vec<_>, Vec<_>) = files.partition(is_folder);
    let subfolders = folders.iter().filter_map(File::drive_ref).collect();
    Page { files, subfolders, next_token, ..Page::default() }
}

#[cfg(test)]
mod tests {
    use client::{drive::DriveRef, ids::DriveId};
    use serde_json::json;
    use service::{Env, Shutdown};

    use super::*;
    use crate::{Config, job::Progress};

    #[test]
    fn each_retry_of_a_job_has_an_id_of_its_own() {
        let source = "3f0e8a0e-9d6b-4c8e-8f0a-2f6a3a1b5c7d";
        assert_eq!(id(source, 1), id(source, 1));
        assert_ne!(id(source, 1), id(source, 2));
        assert_ne!(id(source, 1), id(&id(source, 1), 1));
    }

    #[tokio::test]
    async fn a_request_at_the_same_moment_finds_the_retry_that_has_ended_already() {
        let dir = tempfile::tempdir().unwrap();
        let env = Env::from_pairs([("DATA_DIR", dir.path().to_str().unwrap())]);
        let app = App::build(Config::from_env(&env).unwrap(), Shutdown::new()).await.unwrap();
        let lease = app.lease().await.unwrap();
        let ended = async |id: String, retry_of: Option<String>| {
            let folder = DriveRef { id: DriveId::parse("album").unwrap(), resource_key: None };
            let (folder_name, request_id, most_running) = (None, None, None);
            let new =
                NewJob { id, folder, folder_name, request_id, recursive: false, retry_of, most_running };
            let files = vec![serde_json::from_value(json!({"id": "a"})).unwrap()];
            let page = Page { files, ..Page::default() };
            let (job, _held) = app.store.create_job(&new, page, &lease).await.unwrap();
            app.store.change(job.number, Progress::cancel).await.unwrap();
            job
        };
        let source = ended("source".to_owned(), None).await;
        let first = ended(id("source", 1), Some("source".to_owned())).await;
        let same = next_id(&app, &source, first.created_at_ms).await.unwrap();
        assert_eq!(same.unwrap_err().id, first.id);
        let later = next_id(&app, &source, first.created_at_ms + 1).await.unwrap();
        assert_eq!(later.unwrap(), id("source", 2));
    }

    #[test]
    fn folders_that_failed_are_listed_again() {
        let file = |value| serde_json::from_value::<File>(value).unwrap();
        let files = [
            file(json!({"id": "a", "mimeType": "image/png"})),
            file(json!({"id": "f", "mimeType": FOLDER_TYPE, "resourceKey": "0-k"})),
        ];
        let page = sorted(files.into_iter(), None);
        assert_eq!((page.files.len(), page.subfolders.len()), (1, 1));
        assert_eq!(page.subfolders[0].resource_key.as_deref(), Some("0-k"));
    }
}
