//! `PUT /objects/{uuid}?filename=&provider=`: the bytes of an object as the body.

use axum::{
    body::{Body, HttpBody as _},
    extract::{Request, State},
    http::{HeaderMap, header},
};
use client::storage::StoredObject;
use service::{
    ApiError,
    extract::{Json, Path, Query},
};
use uuid::Uuid;

use crate::{App, digest::Md5Digest, upload::Announced};

/// Answers when the object is stored, whole and verified; else nothing is visible.
pub(super) async fn put_object(
    State(app): State<App>,
    Path(uuid): Path<String>,
    query: Query,
    request: Request,
) -> Result<Json<StoredObject>, ApiError> {
    let (parts, body) = request.into_parts();
    let understood = announced(&uuid, &query, &parts.headers, &body)
        .and_then(|announced| Ok((announced, app.provider(query.get("provider"))?, app.uploads()?)));
    let (announced, provider, uploads) = understood?;
    let stored = uploads.store_body(announced, body).await?;
    Ok(Json(StoredObject {
        success: true,
        provider: provider.to_owned(),
        url: stored.url,
        key: stored.key.as_str().to_owned(),
        size: stored.size,
        md5: stored.md5.to_string(),
        content_type: stored.content_type,
        width: stored.dimensions.map(|(width, _)| width),
        height: stored.dimensions.map(|(_, height)| height),
    }))
}

fn announced(uuid: &str, query: &Query, headers: &HeaderMap, body: &Body) -> Result<Announced, ApiError> {
    // the plain form only: others would make other keys of the same uuid
    let uuid = Uuid::try_parse(uuid)
        .ok()
        .filter(|parsed| parsed.hyphenated().to_string().eq_ignore_ascii_case(uuid))
        .ok_or_else(|| ApiError::bad_request("The path must be /objects/ and a UUID."))?;
    let name =
        query.get("filename").ok_or_else(|| ApiError::bad_request("The parameter filename is missing."))?;
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let md5 = header("content-md5")
        .map(|text| {
            Md5Digest::from_base64(text)
                .ok_or_else(|| ApiError::bad_request("The header Content-MD5 must be an MD5 in base64."))
        })
        .transpose()?;
    Ok(Announced {
        uuid,
        name: name.to_owned(),
        media_type: header(header::CONTENT_TYPE.as_str()).unwrap_or_default().to_owned(),
        // exact where there was a Content-Length
        size: body.size_hint().exact(),
        md5,
    })
}
