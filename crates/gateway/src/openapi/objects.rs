//! The images themselves.
#![expect(dead_code, reason = "operations are documentation; what answers is the storage service")]

use client::ErrorBody;
use utoipa::ToSchema;

/// Sizes that thumbnails come in.
#[derive(ToSchema)]
enum ThumbnailSize {
    #[schema(rename = "160")]
    Tile,
    #[schema(rename = "320")]
    Card,
    #[schema(rename = "640")]
    Half,
    #[schema(rename = "1280")]
    Screen,
}

/// An image
///
/// Its bytes, whole or in part. `content_url` of an image leads here. What a browser could run is sent as an attachment.
#[utoipa::path(
    get,
    path = "/api/objects/{key}",
    tag = "objects",
    params(
        ("key" = String, Path, description = "Key of the object; a slash in it is written as `%2F`.",
            example = "0b8e7f0a-3c55-5d0c-9a53-0c8f8c1d2b3a_IMG_0017.jpg"),
        ("expires" = Option<u64>, Query, description = "As in `content_url` and `thumbnail_url` of an image."),
        ("signature" = Option<String>, Query, description = "Likewise; as good as the token, until then."),
        ("download" = Option<String>, Query, description = "Anything but `0` and `false`: as an attachment."),
        ("Range" = Option<String>, Header, description = "A part of it, such as `bytes=0-1023`."),
        ("If-Range" = Option<String>, Header, description = "The part only where it has not changed, else all of it."),
        ("If-Match" = Option<String>, Header, description = "Only where it has this `ETag`."),
        ("If-None-Match" = Option<String>, Header, description = "Only where it has another `ETag`."),
        ("If-Modified-Since" = Option<String>, Header, description = "Only where it has changed since."),
        ("If-Unmodified-Since" = Option<String>, Header, description = "Only where it has not changed since."),
    ),
    responses(
        (status = 200, description = "All of it, as what its bytes are.",
            content(("image/*"), ("*/*")),
            headers(
                ("ETag" = String, description = "Changes with the bytes."),
                ("Accept-Ranges" = String, description = "`bytes`."),
                ("Content-Disposition" = String, description = "The name, and whether a browser may show it."),
            )),
        (status = 206, description = "The part.", content(("image/*"), ("*/*")),
            headers(("Content-Range" = String, description = "Which part, and of how much."))),
        (status = 304, description = "It has not changed."),
        (status = 404, description = "There is no such object, or it is none of this system.", body = ErrorBody),
        (status = 412, description = "It has changed.", body = ErrorBody),
        (status = 416, description = "It has no such part.", body = ErrorBody,
            headers(("Content-Range" = String, description = "How much there is."))),
        (status = 500, description = "The bucket refuses to be read; `hint` says what to do.", body = ErrorBody),
    )
)]
fn get_object() {}

/// A small picture of an image
///
/// As WebP to who accepts it, else as JPEG; upright, and without what a camera wrote into the image.
#[utoipa::path(
    get,
    path = "/api/objects/{key}/thumbnail",
    tag = "objects",
    params(
        ("key" = String, Path, description = "Key of the object; a slash in it is written as `%2F`.",
            example = "0b8e7f0a-3c55-5d0c-9a53-0c8f8c1d2b3a_IMG_0017.jpg"),
        ("expires" = Option<u64>, Query, description = "As in `content_url` and `thumbnail_url` of an image."),
        ("signature" = Option<String>, Query, description = "Likewise; as good as the token, until then."),
        ("size" = inline(Option<ThumbnailSize>), Query, description = "Pixels of the longer side, 320 by default."),
        ("If-None-Match" = Option<String>, Header, description = "Only where it has another `ETag`."),
    ),
    responses(
        (status = 200, description = "The picture.", content(("image/webp"), ("image/jpeg")),
            headers(("ETag" = String, description = "Changes with the picture."))),
        (status = 304, description = "It has not changed."),
        (status = 400, description = "There is no such size.", body = ErrorBody),
        (status = 404, description = "There is no such object, or it is none of this system.", body = ErrorBody),
        (status = 415, description = "Of this format no pictures are made.", body = ErrorBody),
        (status = 422, description = "The image is broken, or too large; `code` says which.", body = ErrorBody),
        (status = 500, description = "The bucket refuses to be read, or no pictures can be made.", body = ErrorBody),
    )
)]
fn get_thumbnail() {}
