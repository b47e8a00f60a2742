//! `POST /images`: a new row, new content for a row, or a row that shares an object.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use client::metadata::Image;
use serde_json::Value;
use service::{
    ApiError,
    extract::{Json, json_value},
};

use crate::{
    App,
    new_image::{self, NewImage, Refused},
    store::{Create, Created},
};

/// 201 with the new row, 200 with the replaced one, 409 with the row that is there.
pub(crate) async fn create_image(State(app): State<App>, request: Request) -> Result<Response, ApiError> {
    let body = json_value(request).await?;
    let parsed = NewImage::parse(&body);
    let image = match if app.has_column_lengths { parsed.and_then(NewImage::fitting_columns) } else { parsed }
    {
        Ok(image) => image,
        Err(refused) => return Err(known_or_refused(&app, &body, refused).await?),
    };
    let created = app.store().await?.create(Create(image)).await?;
    if matches!(created, Created::Replaced(_)) {
        app.wake_release();
    }
    answer(&app, created)
}

fn answer(app: &App, created: Created) -> Result<Response, ApiError> {
    match created {
        Created::New(image) => Ok((StatusCode::CREATED, Json(shown(app, image))).into_response()),
        Created::Replaced(image) => Ok((StatusCode::OK, Json(shown(app, image))).into_response()),
        Created::Exists(image) => Err(exists(app, image)),
        Created::ObjectReleased => Err(ApiError::conflict(
            "object-released",
            "This object has been released and is being deleted: store the image under a new key.",
        )),
        Created::NothingToShare => {
            Err(ApiError::not_found("No stored image has these bytes.").code("nothing-to-share"))
        }
        Created::Gone => Err(ApiError::not_found("The image is gone.").code("image-gone")),
    }
}

/// The original looks the Drive id up before it looks at the other fields: a known one is 409 even in a bad body.
async fn known_or_refused(app: &App, body: &Value, refused: Refused) -> Result<ApiError, ApiError> {
    let refused = ApiError::bad_request(refused.to_string());
    let Ok(drive_id) = new_image::drive_id(body) else { return Ok(refused) };
    let known = app.store().await?.image_of(drive_id).await?;
    Ok(known.map_or(refused, |image| exists(app, image)))
}

fn shown(app: &App, mut image: Image) -> Image {
    app.urls.add_to(&mut image);
    image
}

fn exists(app: &App, image: Image) -> ApiError {
    let image = serde_json::to_value(shown(app, image)).unwrap_or_default();
    ApiError::conflict("image-exists", "Image already exists").with("image", image)
}
