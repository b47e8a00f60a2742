//! Where an image is shown: `content_url`, `thumbnail_url` and `drive_url`. They are made of the row; only whether the
//! row's object is in our bucket is for the storage service to say. It is asked once for each place that rows name, beside
//! the requests, which never wait for it; until it has answered, a place counts as ours.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use client::{metadata::Image, signature::UrlSigner, storage::Client, trace};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use service::error::chain;
use uuid::Uuid;

/// What stays as it is in a segment: the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// A uuid with its hyphens.
const UUID_CHARS: usize = 36;
/// Places that are remembered; others count as ours.
const MOST_PLACES: usize = 1000;
/// How long an answer is believed: the storage service may be given another bucket.
const BELIEVED: Duration = Duration::from_secs(300);
/// How long after a question that was not answered it is put again.
const ASKED_AGAIN: Duration = Duration::from_secs(15);

/// Makes the URLs. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Urls {
    storage: Client,
    /// Where reading needs a token: lets browsers read what they cannot send it for.
    signer: Option<UrlSigner>,
    places: Arc<Mutex<HashMap<String, Place>>>,
}

/// What is known of the part of URLs before the key.
#[derive(Debug, Clone, Copy)]
struct Place {
    is_ours: bool,
    ask_after: Instant,
}

impl Urls {
    /// Asks this storage service. With `signer`, addresses are good for an hour or two, else for ever.
    pub(crate) fn new(storage: Client, signer: Option<UrlSigner>) -> Self {
        Self { storage, signer, places: Arc::default() }
    }

    /// Adds what shows the image.
    pub(crate) fn add_to(&self, image: &mut Image) {
        let file = percent_encode(image.google_drive_id.as_bytes(), ENCODED);
        image.drive_url = Some(format!("https://drive.google.com/file/d/{file}/view"));
        let key = split(&image.storage_path)
            .filter(|(place, _)| self.is_ours(place, &image.storage_path))
            .map(|(_, key)| decoded(key, image.md5.is_some()));
        let urls = key.map(|key| shown_at(&key, self.signer.as_ref()));
        (image.content_url, image.thumbnail_url) = urls.unzip();
    }

    fn is_ours(&self, place: &str, path: &str) -> bool {
        let now = Instant::now();
        let mut places = self.places();
        if places.len() >= MOST_PLACES && !places.contains_key(place) {
            return true;
        }
        let known = places.entry(place.to_owned()).or_insert(Place { is_ours: true, ask_after: now });
        if known.ask_after <= now {
            known.ask_after = now + ASKED_AGAIN;
            let ask = self.clone().ask(place.to_owned(), path.to_owned());
            tokio::spawn(trace::scope(trace::current(), ask));
        }
        known.is_ours
    }

    async fn ask(self, place: String, path: String) {
        match self.storage.resolve_paths(vec![path]).await {
            Ok(objects) => {
                let is_ours = objects.first().is_none_or(|object| !object.keys.is_empty());
                self.places().insert(place, Place { is_ours, ask_after: Instant::now() + BELIEVED });
            }
            // an older storage service does not know the question; one that is away is asked again
            Err(error) => tracing::debug!(cause = chain(&error), "whose objects these are is not known yet"),
        }
    }

    fn places(&self) -> MutexGuard<'_, HashMap<String, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part before the key, and the key as the URL says it: `<uuid>_…`, to the end (the original left slashes in names).
fn split(path: &str) -> Option<(&str, &str)> {
    let starts = path.match_indices('/').map(|(at, _)| at + 1);
    let mut splits = starts.filter_map(|start| path.split_at_checked(start));
    splits.find(|(_, key)| {
        key.split_at_checked(UUID_CHARS)
            .is_some_and(|(uuid, name)| Uuid::try_parse(uuid).is_ok() && name.starts_with('_'))
    })
}

/// The key itself. Rows with an MD5 are ours, and their paths encoded; the original's are not.
fn decoded(key: &str, is_encoded: bool) -> Vec<u8> {
    if is_encoded { percent_decode_str(key).collect() } else { key.as_bytes().to_vec() }
}

/// `/api/objects/{key}`, and the same of its thumbnail. One signature is good for both.
fn shown_at(key: &[u8], signer: Option<&UrlSigner>) -> (String, String) {
    let path = format!("/api/objects/{}", percent_encode(key, ENCODED));
    let query = signer.map(|signer| format!("?{}", signer.query(key))).unwrap_or_default();
    (format!("{path}{query}"), format!("{path}/thumbnail{query}"))
}

#[cfg(test)]
mod tests {
    use client::{Secret, signature};

    use super::*;

    const ID: &str = "0123abcd-89ab-4def-8123-456789abcdef";

    #[test]
    fn the_key_begins_at_the_uuid() {
        for base in ["https://b.s3.eu-central-1.amazonaws.com/", "http://127.0.0.1:9000/b/", "/"] {
            for name in ["_a.jpg", "_", "_a/b c.jpg", "_%2F?#.jpg"] {
                let path = format!("{base}{ID}{name}");
                assert_eq!(split(&path), Some((base, &path[base.len()..])), "{path}");
            }
        }
        for path in
            ["", "https://b/1", "https://b/é", &format!("https://b/{ID}-a"), &format!("{ID}_a"), "https://b/"]
        {
            assert_eq!(split(path), None, "{path}");
        }
    }

    #[test]
    fn keys_are_one_segment_however_they_were_stored() {
        for (stored, is_encoded, shown) in [
            ("a.jpg", true, "a.jpg"),
            ("a%20b.jpg", true, "a%20b.jpg"),
            ("100%2525.jpg", true, "100%2525.jpg"),
            ("100%25.jpg", false, "100%2525.jpg"),
            ("a b/é?.jpg", false, "a%20b%2F%C3%A9%3F.jpg"),
        ] {
            let key = format!("{ID}_{stored}");
            let at = format!("/api/objects/{ID}_{shown}");
            let urls = shown_at(&decoded(&key, is_encoded), None);
            assert_eq!(urls, (at.clone(), format!("{at}/thumbnail")), "{stored}");
        }
    }

    #[test]
    fn one_signature_opens_an_object_and_its_thumbnail() {
        let signer = UrlSigner::new(&Secret::new("a-token-of-the-api"));
        for (stored, is_encoded) in [("a%20b.jpg", true), ("a b/é?.jpg", false), ("100%25.jpg", false)] {
            let key = decoded(&format!("{ID}_{stored}"), is_encoded);
            let (content, thumbnail) = shown_at(&key, Some(&signer));
            for url in [content, thumbnail] {
                let url: url::Url = format!("http://h{url}").parse().unwrap();
                let query: HashMap<_, _> = url.query_pairs().collect();
                assert_eq!(signature::key_in(url.path()).as_deref(), Some(&*key), "{url}");
                assert_eq!(signer.check(&key, &query["expires"], &query["signature"]), Ok(()), "{url}");
            }
        }
    }
}
