//! What an import and a preview have in common: what they are asked with, and how they refuse.

use client::drive::DriveRef;
use serde_json::Value;
use service::ApiError;

use super::{store_failed, too_many_images};
use crate::{App, folder_url, listing::Error};

/// Begins every answer about trouble with Drive, as in the original.
const DRIVE_TROUBLE: &str = "Error fetching files from Google Drive";

/// The folder that is meant, and what of it.
#[derive(Debug)]
pub(super) struct ImportBody {
    /// The folder.
    pub(super) folder: DriveRef,
    /// Subfolders too.
    pub(super) recursive: bool,
}

impl ImportBody {
    /// Reads a body as the original did, where that made sense.
    pub(super) fn parse(body: &Value) -> Result<Self, ApiError> {
        let link = folder_url_of(body)?;
        let recursive = match &body["recursive"] {
            Value::Null => false,
            Value::Bool(recursive) => *recursive,
            _ => return Err(ApiError::bad_request("`recursive` must be true or false.")),
        };
        let folder = folder_url::parse(&link)
            .map_err(|refusal| ApiError::bad_request(refusal.to_string()).code("not-a-folder-link"))?;
        Ok(Self { folder, recursive })
    }
}

fn folder_url_of(body: &Value) -> Result<String, ApiError> {
    let required = || ApiError::bad_request("folder_url is required");
    let nothing = match body {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(true) | Value::Object(_) => false,
    };
    if nothing {
        return Err(required());
    }
    let fields = body.as_object().ok_or_else(|| {
        ApiError::bad_request("The body must be a JSON object with `folder_url`, the link of a folder.")
    })?;
    match fields.get("folder_url") {
        None => Err(required()),
        Some(Value::String(link)) => Ok(link.clone()),
        Some(_) => Err(ApiError::bad_request("`folder_url` must be a text: the link of a folder.")),
    }
}

/// Refuses while no API key is set.
pub(super) fn require_key(app: &App) -> Result<(), ApiError> {
    if app.config.google_api_key.is_some() {
        return Ok(());
    }
    let message = format!(
        "{DRIVE_TROUBLE}: no API key is set. Set GOOGLE_API_KEY (Google Cloud console, APIs & Services, Credentials) \
         and start the service again."
    );
    Err(ApiError::internal("api-key-missing", message))
}

/// The answer when no folder with anything in it was found.
pub(super) fn refused(error: &Error) -> ApiError {
    match error {
        Error::NotAFolder(why) => ApiError::bad_request(why.as_str()).code("not-a-folder"),
        Error::Drive(drive) | Error::Invisible(drive) => {
            ApiError::internal(drive.reason.code(), format!("{DRIVE_TROUBLE}: {error}"))
        }
        Error::TooManyImages(why) => too_many_images(why),
        Error::Stopping => ApiError::unavailable("stopping", error.to_string()),
        Error::Store(error) => store_failed(error),
    }
}
