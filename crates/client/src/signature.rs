//! Signatures of the addresses of objects. An `<img>` cannot send a token, so where reading needs one, its address carries
//! the proof that it was made by who knows the token: `?expires=<Unix seconds>&signature=<HMAC-SHA256 in hexadecimal>` over
//! `<key>\n<expires>`. One signature holds for an object and all its thumbnails. Pure, but for the clock.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::Sha256;

use crate::Secret;

/// Name of the parameter that says until when, in Unix seconds.
pub const EXPIRES: &str = "expires";
/// Name of the parameter with the signature.
pub const SIGNATURE: &str = "signature";
/// What the token is turned into a key for: a signature is of no use anywhere else.
const PURPOSE: &[u8] = b"object-urls";
/// Addresses made within an hour expire together, so that browsers find in their caches what they have loaded before.
const STEP_SECS: u64 = 60 * 60;
/// Bytes of a signature.
const BYTES: usize = 32;
/// Where objects are, from the API's origin.
const OBJECTS: &str = "/api/objects/";

/// The fields of an image, in the JSON of our services, that have such an address.
const FIELDS: [&str; 2] = [r#""content_url":""#, r#""thumbnail_url":""#];

/// Signs addresses, and tells which ones it has signed.
#[derive(Clone)]
pub struct UrlSigner {
    /// With the key, and nothing else so far.
    keyed: Hmac<Sha256>,
}

/// Why an address is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It was good once.
    Expired,
    /// It was never made here, or was changed since.
    Forged,
}

impl fmt::Debug for UrlSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrlSigner(***)")
    }
}

impl UrlSigner {
    /// With the key that follows from the API's token.
    pub fn new(token: &Secret) -> Self {
        let key = keyed_with(token.expose().as_bytes()).chain_update(PURPOSE).finalize().into_bytes();
        Self { keyed: keyed_with(&key) }
    }

    /// The query that lets a browser read the object `key`, and its thumbnails, for one to two hours from now.
    pub fn query(&self, key: &[u8]) -> String {
        self.query_at(key, now_secs())
    }

    /// The JSON of images with addresses that are good from now on, for those that were written down with the images.
    /// Text that is not what our services write stays as it is: in a text of JSON, no quote stands alone.
    pub fn renew(&self, json: &str) -> String {
        let mut renewed = String::with_capacity(json.len() + 256);
        let mut rest = json;
        while let Some(at) = FIELDS.iter().filter_map(|field| Some(rest.find(field)? + field.len())).min() {
            let (before, value) = rest.split_at(at);
            let (url, after) = value.split_at(value.find('"').unwrap_or(value.len()));
            let path = url.split('?').next().unwrap_or_default();
            renewed.push_str(before);
            match key_in(path) {
                Some(key) => renewed.extend([path, "?", &self.query(&key)]),
                None => renewed.push_str(url),
            }
            rest = after;
        }
        renewed + rest
    }

    fn query_at(&self, key: &[u8], now_secs: u64) -> String {
        self.query_until(key, (now_secs.div_ceil(STEP_SECS) + 1) * STEP_SECS)
    }

    /// The same until a time of the caller's own, in Unix seconds.
    pub fn query_until(&self, key: &[u8], expires: u64) -> String {
        let signature = hex::encode(self.over(key, &expires.to_string()).finalize().into_bytes());
        format!("{EXPIRES}={expires}&{SIGNATURE}={signature}")
    }

    /// Whether this query of an address lets read the object `key`. Signatures are compared in constant time.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, key: &[u8], expires: &str, signature: &str) -> Result<(), Refusal> {
        self.check_at(key, expires, signature, now_secs())
    }

    fn check_at(&self, key: &[u8], expires: &str, signature: &str, now_secs: u64) -> Result<(), Refusal> {
        let mut given = [0; BYTES];
        hex::decode_to_slice(signature, &mut given).map_err(|_| Refusal::Forged)?;
        self.over(key, expires).verify_slice(&given).map_err(|_| Refusal::Forged)?;
        let until: u64 = expires.parse().map_err(|_| Refusal::Forged)?;
        if now_secs < until { Ok(()) } else { Err(Refusal::Expired) }
    }

    fn over(&self, key: &[u8], expires: &str) -> Hmac<Sha256> {
        self.keyed.clone().chain_update(key).chain_update(b"\n").chain_update(expires)
    }
}

/// The key of the object that a path is about, be it of the object itself (`/api/objects/{key}`) or of its thumbnail.
pub fn key_in(path: &str) -> Option<Vec<u8>> {
    let (key, below) = match path.strip_prefix(OBJECTS)?.split_once('/') {
        Some((key, below)) => (key, Some(below)),
        None => (path.strip_prefix(OBJECTS)?, None),
    };
    let is_one = !key.is_empty() && below.is_none_or(|below| below == "thumbnail");
    is_one.then(|| percent_decode_str(key).collect())
}

fn keyed_with(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn now_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"0123abcd-89ab-4def-8123-456789abcdef_a b.jpg";
    const NOW: u64 = 1_700_000_000;

    fn signer(token: &str) -> UrlSigner {
        UrlSigner::new(&Secret::new(token))
    }

    fn parts(query: &str) -> (&str, &str) {
        let (expires, signature) = query.split_once('&').unwrap();
        (expires.strip_prefix("expires=").unwrap(), signature.strip_prefix("signature=").unwrap())
    }

    #[test]
    fn what_was_signed_is_let_in_for_an_hour_at_least_and_two_at_most() {
        let signer = signer("a token of the API");
        for now in [NOW, NOW - NOW % 3600, NOW - NOW % 3600 + 1, NOW - NOW % 3600 + 3599] {
            let query = signer.query_at(KEY, now);
            let (expires, signature) = parts(&query);
            let until: u64 = expires.parse().unwrap();
            assert!((3600..=7200).contains(&(until - now)) && until.is_multiple_of(3600), "{now}: {until}");
            assert_eq!(signer.check_at(KEY, expires, signature, now), Ok(()));
            assert_eq!(signer.check_at(KEY, expires, signature, until - 1), Ok(()));
            assert_eq!(signer.check_at(KEY, expires, signature, until), Err(Refusal::Expired));
        }
    }

    #[test]
    fn addresses_stay_the_same_for_an_hour() {
        let signer = signer("a token of the API");
        let hour = NOW - NOW % 3600;
        assert_eq!(signer.query_at(KEY, hour + 1), signer.query_at(KEY, hour + 3600));
        assert_ne!(signer.query_at(KEY, hour + 3600), signer.query_at(KEY, hour + 3601));
    }

    #[test]
    fn whatever_was_changed_is_refused() {
        let mine = signer("a token of the API");
        let query = mine.query_at(KEY, NOW);
        let (expires, signature) = parts(&query);
        let later = (expires.parse::<u64>().unwrap() + 3600).to_string();
        let padded = format!("0{expires}");
        let mut flipped = signature.to_owned();
        flipped.replace_range(..1, if signature.starts_with('0') { "1" } else { "0" });
        for (key, expires, signature) in [
            (b"another_key".as_slice(), expires, signature),
            (KEY, later.as_str(), signature),
            (KEY, padded.as_str(), signature),
            (KEY, "", signature),
            (KEY, "soon", signature),
            (KEY, expires, flipped.as_str()),
            (KEY, expires, &signature[2..]),
            (KEY, expires, &signature[1..]),
            (KEY, expires, ""),
            (KEY, expires, "no hexadecimal digits at all, though of the length of a signature"),
        ] {
            assert_eq!(
                mine.check_at(key, expires, signature, NOW),
                Err(Refusal::Forged),
                "{expires} {signature}"
            );
        }
        let longer = format!("{signature}00");
        assert_eq!(mine.check_at(KEY, expires, &longer, NOW), Err(Refusal::Forged));
        assert_eq!(
            signer("another token, not it").check_at(KEY, expires, signature, NOW),
            Err(Refusal::Forged)
        );
    }

    #[test]
    fn the_end_of_a_key_cannot_move_into_the_time() {
        let signer = signer("a token of the API");
        let whole = signer.over(b"a\n1", "2").finalize().into_bytes();
        assert_eq!(signer.check_at(b"a", "1\n2", &hex::encode(whole), 0), Err(Refusal::Forged));
    }

    #[test]
    fn paths_of_objects_and_of_their_thumbnails_name_a_key() {
        for (path, key) in [
            ("/api/objects/u_a.jpg", Some("u_a.jpg")),
            ("/api/objects/u_a%20b%2Fc.jpg", Some("u_a b/c.jpg")),
            ("/api/objects/u_a.jpg/thumbnail", Some("u_a.jpg")),
            ("/api/objects/u_a.jpg/checksum", None),
            ("/api/objects/u_a.jpg/thumbnail/x", None),
            ("/api/objects/", None),
            ("/api/objects", None),
            ("/api/images/7", None),
        ] {
            assert_eq!(key_in(path).map(|key| String::from_utf8(key).unwrap()).as_deref(), key, "{path}");
        }
    }

    #[test]
    fn addresses_that_were_written_down_are_good_again() {
        let signer = signer("a token of the API");
        let (now, old) = (signer.query(b"u_a b.jpg"), signer.query_until(b"u_a b.jpg", 1));
        let image = |query: &str| {
            let at = "/api/objects/u_a%20b.jpg";
            format!(
                r#"{{"id":1,"content_url":"{at}{query}","thumbnail_url":"{at}/thumbnail{query}","width":2}}"#
            )
        };
        let renewed = image(&format!("?{now}"));
        assert_eq!(signer.renew(&image(&format!("?{old}"))), renewed);
        assert_eq!(signer.renew(&image("")), renewed, "from before reading needed a token");
        let known = |image: &str| format!(r#"{{"error":"Image already exists","image":{image}}}"#);
        assert_eq!(signer.renew(&known(&image(""))), known(&renewed));
        for other in [
            "",
            "null",
            r#"{"name":"\"content_url\":\"/api/objects/u_a.jpg"}"#,
            r#"{"name":"/api/objects/u_a.jpg","content_url":null,"thumbnail_url":"https://elsewhere/x?y"}"#,
            r#"{"content_url":"/api/objects/"#,
        ] {
            assert_eq!(signer.renew(other), other);
        }
    }

    #[test]
    fn a_signer_shows_nothing_of_its_key() {
        assert_eq!(format!("{:?}", signer("canary-canary-canary")), "UrlSigner(***)");
    }
}
