//! `POST /import/google-drive`: from a link to a job.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};
use client::import::ImportStarted;
use service::{
    ApiError,
    extract::{Json, json_value},
};
use tokio::time::Instant;

use super::{
    import_body::{ImportBody, refused, require_key},
    listing_word, require_room, to_its_end,
};
use crate::{
    App,
    job::Listing,
    listing::{self, Found},
    store::Job,
};

/// What the original says of a folder without images.
const NO_IMAGES: &str = "No images found in the folder";

pub(super) async fn start_import(
    State(app): State<App>,
    request: Request,
) -> Result<(StatusCode, Json<ImportStarted>), ApiError> {
    let ImportBody { folder, recursive } = ImportBody::parse(&json_value(request).await?)?;
    require_key(&app)?;
    require_room(&app).await?;
    let answer_by = Instant::now() + app.config.list_wait;
    let listing_app = app.clone();
    let start = async move { listing::start(&listing_app, folder, recursive, answer_by).await };
    let found = to_its_end(&app, start).await?;
    match found.map_err(|error| refused(&error))? {
        Found::Nothing(hint) => Ok((StatusCode::OK, Json(nothing(hint)))),
        Found::Job(job) => {
            tracing::Span::current().record("job_id", &*job.id);
            Ok(started(&app, *job).await)
        }
    }
}

/// What is known by now.
async fn started(app: &App, job: Job) -> (StatusCode, Json<ImportStarted>) {
    // the job is written down: an answer with its first page is better than an error
    let job = app.store.job_by_number(job.number).await.ok().flatten().unwrap_or(job);
    let (total, listing) = (job.progress.total, job.progress.listing);
    if total == 0 && listing == Listing::Done {
        // a tree of folders in which there is nothing: the job has ended, and nobody needs its id
        let hint = "Neither the folder nor its subfolders hold images.".to_owned();
        return (StatusCode::OK, Json(nothing(Some(hint))));
    }
    let started = ImportStarted {
        message: format!("Import job started for {total} images"),
        job_id: Some(job.id),
        total_images: Some(total),
        listing: listing_word(listing),
        hint: None,
    };
    (StatusCode::ACCEPTED, Json(started))
}

fn nothing(hint: Option<String>) -> ImportStarted {
    ImportStarted { message: NO_IMAGES.to_owned(), hint, ..ImportStarted::default() }
}
