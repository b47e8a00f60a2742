//! The images themselves, over HTTP: streamed from the bucket, in whole or in part, to browsers and caches.
//!
//! A bucket can so stay private. Read [`lookup`] first: which requests to S3 one request makes. What the bytes are is
//! told by the bytes; nothing that a browser could run is ever shown in place.

mod answers;
mod conditions;
mod error;
mod kinds;
mod lookup;
mod range;
mod stream;
mod tags;

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    http::{HeaderMap, Method, header},
    response::Response,
};
use percent_encoding::percent_decode_str;
use service::{ApiError, extract::Query};
use tokio::sync::Semaphore;

pub(crate) use self::error::{no_such_object, refused};
use self::{
    answers::{Shape, Shown},
    conditions::Conditions,
    kinds::Kinds,
    lookup::Found,
    range::Wanted,
    tags::{Tag, Tags},
};
use crate::{
    bucket::{About, Bucket, Opened, S3Error, Span},
    object_key::is_ours,
    sniff::{Content as Kind, HEAD_BYTES, sniff},
};

/// Serves objects.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    turns: Arc<Semaphore>,
    kinds: Arc<Kinds>,
    /// Longest silence of a client that is being sent to.
    silence: Duration,
}

/// What a client asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    key: String,
    is_head: bool,
    is_download: bool,
    conditions: Conditions,
    range: Option<Wanted>,
}

impl Asked {
    /// Reads a request for the object `key`.
    pub(crate) fn new(key: String, method: &Method, headers: &HeaderMap, query: &Query) -> Self {
        let is_head = method == Method::HEAD;
        Self {
            key,
            is_head,
            is_download: query.get("download").is_some_and(|value| !matches!(value, "0" | "false")),
            conditions: Conditions::of(headers),
            range: if is_head { None } else { range::of(headers) },
        }
    }
}

impl Content {
    /// One for the whole process, with so many turns. A client that takes nothing for `silence` is given up.
    pub(crate) fn new(turns: usize, silence: Duration) -> Self {
        Self { turns: Arc::new(Semaphore::new(turns)), kinds: Arc::default(), silence }
    }

    /// The object, a part of it, or why neither is sent.
    ///
    /// # Errors
    /// 404 for keys that are not there or not ours, 503 where S3 is away or too much is read at once, and what S3 has
    /// to say against it.
    pub(crate) async fn answer(&self, bucket: &Bucket, asked: &Asked) -> Result<Response, ApiError> {
        let turn = Arc::clone(&self.turns).try_acquire_owned().map_err(|_| error::busy())?;
        let mut denied = None;
        for key in keys(&asked.key) {
            match lookup::look_up(bucket, &key, asked).await {
                Ok(Some(found)) => {
                    let shown = self.shown(bucket, &key, asked, found).await;
                    return Ok(shown.map_err(|error| refused(&error))?.respond(turn, self.silence));
                }
                Ok(None) => {}
                // whoever may not list the bucket is told so of keys that are not there
                Err(error) if error.is_denied() => denied = Some(error),
                Err(error) => return Err(refused(&error)),
            }
        }
        Err(denied.map_or_else(no_such_object, |error| refused(&error)))
    }

    async fn shown(&self, bucket: &Bucket, key: &str, asked: &Asked, found: Found) -> Result<Shown, S3Error> {
        let (about, shape) = match found {
            Found::Failed => return Ok(Shown::Failed),
            Found::Unsatisfiable { size } => return Ok(Shown::Unsatisfiable { size }),
            Found::NotModified(about) => (about, Shape::NotModified),
            Found::Head(about) => (about, Shape::Head),
            Found::Body(opened) => {
                let kind = match told_by(&opened) {
                    Some(kind) => kind,
                    None => self.kind_of(bucket, key, &opened.about).await?,
                };
                let Opened { about, part, body, .. } = *opened;
                let headers = answers::headers(key, &about, &kind, asked.is_download);
                let shape = Shape::Body { part, body: Box::new(body) };
                return Ok(Shown::Object { size: about.size, headers, shape });
            }
        };
        let kind = self.kind_of(bucket, key, &about).await?;
        let headers = answers::headers(key, &about, &kind, asked.is_download);
        Ok(Shown::Object { size: about.size, headers, shape })
    }

    /// What the bytes of an object are of which not the first ones come: as stored, if we stored it; else they are read.
    async fn kind_of(&self, bucket: &Bucket, key: &str, about: &About) -> Result<Kind, S3Error> {
        if about.is_ours {
            return Ok(as_stored(about));
        }
        if about.size == 0 {
            return Ok(sniff(b"", &about.content_type));
        }
        if let Some(kind) = self.kinds.get(key, about.etag.as_deref()) {
            return Ok(kind);
        }
        let head = Span { first: 0, last: Some(HEAD_BYTES as u64 - 1) };
        let kind = match bucket.open(key, Some(head)).await? {
            Some(opened) if opened.about.etag == about.etag => {
                sniff(first(opened.body.head()), &about.content_type)
            }
            // it was replaced or removed this moment: nothing is known of what is answered here
            _ => return Ok(sniff(b"", "")),
        };
        self.kinds.insert(key, about.etag.as_deref(), kind.clone());
        Ok(kind)
    }
}

/// True when `If-None-Match` names this tag: whoever asks has it.
pub(crate) fn is_known(etag: &str, headers: &HeaderMap) -> bool {
    Tags::of(headers, &header::IF_NONE_MATCH)
        .is_some_and(|tags| tags.include(Some(&Tag::of(etag)), Tag::is_weakly))
}

/// What the bytes that come are, if enough of the first ones do.
fn told_by(opened: &Opened) -> Option<Kind> {
    let enough = opened.about.size.min(HEAD_BYTES as u64);
    let has_them = opened.part.is_none_or(|(first, last)| first == 0 && last + 1 >= enough);
    has_them.then(|| sniff(first(opened.body.head()), &opened.about.content_type))
}

fn first(head: &[u8]) -> &[u8] {
    &head[..head.len().min(HEAD_BYTES)]
}

/// The type of an object that this system wrote: it looked at the bytes then.
fn as_stored(about: &About) -> Kind {
    let is_inline = about.content_disposition.as_deref().is_some_and(|text| text.starts_with("inline"));
    let is_picture = about.content_type.starts_with("image/") && !about.content_type.contains("svg");
    Kind { media_type: about.content_type.clone(), is_raster: is_inline && is_picture }
}

/// The keys that `given` may mean: itself, or what it is with its escapes decoded, as rows of the original have it.
pub(crate) fn keys(given: &str) -> Vec<Cow<'_, str>> {
    let mut keys = vec![Cow::Borrowed(given)];
    if let Ok(decoded) = percent_decode_str(given).decode_utf8()
        && decoded != given
    {
        keys.push(decoded);
    }
    keys.retain(|key| is_ours(key) && is_plain(key));
    keys
}

/// False for keys that a proxy on the way to S3 could take for those of another object, and for what no server takes.
fn is_plain(key: &str) -> bool {
    !key.contains('\0') && key.split(['/', '\\']).all(|part| part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01234567-89ab-4def-8123-456789abcdef";

    #[test]
    fn a_key_means_itself_first_and_only_keys_of_images_are_looked_for() {
        let both = [format!("{ID}_a%20b.jpg"), format!("{ID}_a b.jpg")];
        assert_eq!(keys(&both[0]), both);
        assert_eq!(keys(&both[1]), both[1..]);
        for name in ["a/b.jpg", "100%.jpg", "%FF", "a..b", "", ".."] {
            let key = format!("{ID}_{name}");
            assert_eq!(keys(&key), [key.as_str()], "{name}");
        }
        for refused in [
            "backup.tar".to_owned(),
            String::new(),
            format!("thumbnails/{ID}/320.webp"),
            format!("{ID}_a/../../other"),
            format!("{ID}_a%2F..%2Fb/./c"),
            format!("{ID}_\0"),
            format!("{ID}%5Fa").replace('-', ""),
        ] {
            assert_eq!(keys(&refused), Vec::<String>::new(), "{refused:?}");
        }
    }

    #[test]
    fn what_was_stored_as_no_picture_is_not_shown() {
        let about = |content_type: &str, disposition: &str| About {
            size: 1,
            etag: None,
            last_modified: None,
            content_type: content_type.to_owned(),
            content_disposition: Some(disposition.to_owned()),
            is_ours: true,
        };
        for (content_type, disposition, is_raster) in [
            ("image/png", "inline; filename*=UTF-8''a.png", true),
            ("image/png", "attachment; filename*=UTF-8''inline", false),
            ("image/svg+xml", "inline", false),
            ("text/html", "inline", false),
        ] {
            let kind = as_stored(&about(content_type, disposition));
            assert_eq!((kind.media_type.as_str(), kind.is_raster), (content_type, is_raster));
        }
    }
}
