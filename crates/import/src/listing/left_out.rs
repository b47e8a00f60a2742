//! Subfolders that cannot be listed: each is one failed entry of the job, with the folder's name and the reason, so that
//! nothing is missing without a word, and a retry tries it again.

use client::{
    drive::{self, Capabilities, DriveRef, FOLDER_TYPE, File, Reason},
    import::{Failure, FileResult, Outcome},
};
use tokio::time::Instant;

use super::ask::with_retries;
use crate::{
    App,
    outcomes::Report,
    store::{self, Held, Job, Page},
};

/// Drive lists nothing in a folder that it does not show to everybody, as if it were empty: asks which it is.
///
/// # Errors
/// When the folder is not really empty, or Drive does not say.
pub(crate) async fn why_empty(app: &App, folder: &DriveRef) -> Result<(), drive::Error> {
    let can_list =
        |file: &File| file.capabilities.and_then(|Capabilities { can_list_children, .. }| can_list_children);
    match app.drive.get(folder).await {
        Ok(file) if file.mime_type.as_deref() == Some(FOLDER_TYPE) && can_list(&file) == Some(false) => {
            Err(drive::Error {
                reason: Reason::Forbidden,
                status: None,
                message: "the folder's owner does not let others see what is in it".to_owned(),
                retry_after: None,
            })
        }
        answer => answer.map(drop),
    }
}

/// Goes on without the folder that is being listed, and says so.
pub(super) async fn note(app: &App, held: &Held, job: &Job, why: Failure) -> Result<(), store::Error> {
    let folder = &job.listing_folder;
    let entry = File {
        id: folder.id.as_str().to_owned(),
        name: Some(name(app, folder).await),
        mime_type: Some(FOLDER_TYPE.to_owned()),
        resource_key: folder.resource_key.clone(),
        ..File::default()
    };
    // after a crash in between, the worker says why there is nothing to download
    let page = Page { files: vec![entry], ..Page::default() };
    app.store.add_page(held, page).await?;
    let failed = FileResult {
        file_id: folder.id.as_str().to_owned(),
        outcome: Outcome::Failed,
        image: None,
        bytes: 0,
        failure: Some(why),
    };
    app.store.apply_report(&job.id, Report::of(vec![failed])).await?;
    Ok(())
}

/// What the folder is called, where Drive says so.
async fn name(app: &App, folder: &DriveRef) -> String {
    let deadline = Instant::now() + app.config.list_wait;
    let known = with_retries(app, deadline, || app.drive.get(folder)).await;
    known.ok().and_then(|file| file.name).unwrap_or_else(|| format!("folder {}", folder.id))
}
