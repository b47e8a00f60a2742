//! `POST /upload`: the original's way, an image in base64 inside JSON.

use axum::{
    body::HttpBody as _,
    extract::{Request, State},
};
use client::storage::Uploaded;
use service::{ApiError, extract::Json};
use tracing::Instrument as _;

use crate::{
    App,
    upload::{UploadError, impatient, refused_by_s3, store_bytes},
    upload_body::UploadBody,
};

/// Answers when the object is stored.
pub(super) async fn upload(State(app): State<App>, request: Request) -> Result<Json<Uploaded>, ApiError> {
    let (limit, silence) = (app.config.max_upload_bytes, app.config.limits.silence);
    let (parts, body) = request.into_parts();
    // a body of unknown length may be as long as the limit
    let length =
        body.size_hint().exact().map_or(limit, |length| usize::try_from(length).unwrap_or(usize::MAX));
    if length > limit {
        return Err(ApiError::too_large(format!("The body is larger than {limit} bytes.")));
    }
    // the JSON, and the bytes in it
    let share = app.json_budget.take(length.saturating_mul(2), silence).await.map_err(UploadError::from)?;
    let request = Request::from_parts(parts, impatient(body, silence));
    let body = service::extract::json_bytes(request, limit).await?;
    let upload = UploadBody::parse(&body, |given| app.provider(given))?;
    drop(body);
    let provider = upload.provider.to_owned();
    let uploads = app.uploads()?;
    uploads.check_size(upload.announced.size)?;
    // a task of its own: when the client hangs up, an unfinished upload is still aborted
    let work = async move {
        let _share = share;
        store_bytes(&uploads, &upload.announced, upload.bytes).await
    };
    let work = client::trace::scope(client::trace::current(), work);
    let stored = app.shutdown.spawn(work.in_current_span()).await.unwrap_or(Err(UploadError::Internal));
    let stored = stored.map_err(|error| match error {
        UploadError::S3(error) => refused_by_s3(&error),
        other => other.into(),
    })?;
    Ok(Json(Uploaded { provider, success: true, url: stored.url }))
}
