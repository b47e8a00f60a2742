//! `GET /objects/{key}/thumbnail?size=`: a small picture of an image, as WebP or JPEG.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use service::{
    ApiError,
    extract::{Path, Query},
};

use crate::{
    App,
    object_key::images_named_by,
    thumbnail::{Failure, Size, Wish, answer, format_for},
};

/// 404 where there is no such image, 415 and 422 where nothing can be made of it, 503 where too many wait.
pub(super) async fn get_thumbnail(
    State(app): State<App>,
    Path(key): Path<String>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let size = Size::parse(query.get("size"))
        .ok_or_else(|| ApiError::bad_request("`size` must be 160, 320, 640 or 1280."))?;
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let format = format_for(accept);
    let thumbnails = app.thumbnails()?;
    for image in images_named_by(&key) {
        let wish = Wish { image, size, format };
        match thumbnails.get(wish.clone()).await {
            Err(Failure::NoSuchImage) => {}
            made => return Ok(answer(&wish, &made?, &headers)),
        }
    }
    Err(Failure::NoSuchImage.into())
}
