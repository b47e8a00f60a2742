//! `POST /import/preview`: what an import of a folder would do.

use axum::extract::{Request, State};
use client::import::ImportPreview;
use service::{
    ApiError,
    extract::{Json, json_value},
};

use super::import_body::{ImportBody, refused, require_key};
use crate::{App, preview};

pub(super) async fn preview_import(
    State(app): State<App>,
    request: Request,
) -> Result<Json<ImportPreview>, ApiError> {
    let ImportBody { folder, recursive } = ImportBody::parse(&json_value(request).await?)?;
    require_key(&app)?;
    preview::look(&app, folder, recursive).await.map(Json).map_err(|error| refused(&error))
}
