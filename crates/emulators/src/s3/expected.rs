//! What a request announces about its body, and whether the body keeps to it.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use s3s::{TrailingHeaders, stream::ByteStream};

use super::{
    checksum::{Algorithm, Checksum, Coverage, text},
    refusal::Refusal,
};

/// Where the expected value of a checksum comes from.
enum Announced {
    Value(String),
    Trailer(TrailingHeaders),
    /// Nowhere: it is computed and kept.
    Nothing,
}

/// The longest silence on the way of a body.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a request says about its body.
pub(super) struct Expected {
    /// How long to wait for the next bytes.
    pub(super) patience: Duration,
    /// Length in bytes.
    pub(super) length: Option<u64>,
    md5: Option<[u8; 16]>,
    checksum: Option<(Algorithm, Announced)>,
}

impl Expected {
    /// Nothing announced: for bytes that this server read itself.
    pub(super) fn nothing() -> Self {
        Self { patience: PATIENCE, length: None, md5: None, checksum: None }
    }

    /// Reads the announcements of a request. `headers` are those after the removal of aws-chunked framing, so that
    /// Content-Length is the length of the object.
    pub(super) fn from_request(
        headers: &HeaderMap,
        trailers: Option<TrailingHeaders>,
    ) -> Result<Self, Refusal> {
        let length = text(headers, "content-length").and_then(|length| length.parse().ok());
        let md5 = text(headers, "content-md5").map(decode_md5).transpose()?;
        Ok(Self { patience: PATIENCE, length, md5, checksum: announced(headers, trailers)? })
    }

    /// Takes the length from the body where no header gives it. S3 takes no body of unknown length.
    pub(super) fn require_length(&mut self, body: &impl ByteStream) -> Result<(), Refusal> {
        if self.length.is_none() {
            self.length = body.remaining_length().exact().map(|length| length as u64);
        }
        self.length.map(|_| ()).ok_or(Refusal::MissingLength)
    }

    /// Computes and keeps a checksum where the request announces none.
    pub(super) fn compute(&mut self, algorithm: Option<Algorithm>) {
        if self.checksum.is_none() {
            self.checksum = algorithm.map(|algorithm| (algorithm, Announced::Nothing));
        }
    }

    /// The algorithm to hash with, besides MD5.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        self.checksum.as_ref().map(|(algorithm, _)| *algorithm)
    }

    /// Compares what came with what was announced; `value` is that of [`Expected::algorithm`].
    pub(super) fn verify(&self, md5: [u8; 16], value: Option<String>) -> Result<Option<Checksum>, Refusal> {
        if self.md5.is_some_and(|expected| expected != md5) {
            return Err(Refusal::BadDigest("Content-MD5"));
        }
        let (Some((algorithm, announced)), Some(value)) = (&self.checksum, value) else { return Ok(None) };
        let expected = match announced {
            Announced::Value(expected) => Some(expected.clone()),
            // a trailer that was promised and did not come is a body that was cut
            Announced::Trailer(trailers) => {
                Some(trailer(trailers, *algorithm).ok_or(Refusal::IncompleteBody)?)
            }
            Announced::Nothing => None,
        };
        if expected.is_some_and(|expected| expected != value) {
            return Err(Refusal::BadDigest(algorithm.name()));
        }
        Ok(Some(Checksum { algorithm: *algorithm, coverage: Coverage::Full, value }))
    }
}

fn announced(
    headers: &HeaderMap,
    trailers: Option<TrailingHeaders>,
) -> Result<Option<(Algorithm, Announced)>, Refusal> {
    let mut values = Algorithm::ALL.into_iter().filter_map(|it| Some((it, text(headers, it.header())?)));
    if let Some((algorithm, value)) = values.next() {
        if values.next().is_some() {
            return Err(Refusal::InvalidRequest(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            ));
        }
        let valid = STANDARD.decode(value).is_ok_and(|digest| digest.len() == algorithm.digest_bytes());
        return if valid {
            Ok(Some((algorithm, Announced::Value(value.to_owned()))))
        } else {
            Err(Refusal::InvalidRequest("Value for x-amz-checksum header is invalid."))
        };
    }
    let promised = text(headers, "x-amz-trailer").and_then(|names| {
        Algorithm::ALL
            .into_iter()
            .find(|it| names.split(',').any(|name| name.trim().eq_ignore_ascii_case(it.header())))
    });
    if let (Some(algorithm), Some(trailers)) = (promised, trailers) {
        return Ok(Some((algorithm, Announced::Trailer(trailers))));
    }
    let wished = text(headers, "x-amz-sdk-checksum-algorithm").and_then(Algorithm::from_name);
    Ok(wished.map(|algorithm| (algorithm, Announced::Nothing)))
}

fn trailer(trailers: &TrailingHeaders, algorithm: Algorithm) -> Option<String> {
    trailers.read(|headers| text(headers, algorithm.header()).map(str::to_owned)).flatten()
}

fn decode_md5(value: &str) -> Result<[u8; 16], Refusal> {
    STANDARD.decode(value).ok().and_then(|digest| digest.try_into().ok()).ok_or(Refusal::InvalidDigest)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{Algorithm, Expected};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn value_of(algorithm: Algorithm, bytes: &[u8]) -> String {
        let mut hasher = algorithm.hasher();
        hasher.update(bytes);
        algorithm.value(hasher)
    }

    #[test]
    fn a_wrong_value_is_refused_and_a_right_one_is_kept() {
        let right = value_of(Algorithm::Crc32, b"abc");
        let expected = Expected::from_request(&headers(&[("x-amz-checksum-crc32", &right)]), None).unwrap();
        assert_eq!(expected.verify([0; 16], Some(right.clone())).unwrap().unwrap().value, right);
        assert!(expected.verify([0; 16], Some(value_of(Algorithm::Crc32, b"abd"))).is_err());
    }

    #[test]
    fn announcements_that_make_no_sense_are_refused() {
        for pairs in [
            &[("content-md5", "not base64")][..],
            &[("content-md5", "AAAA")],
            &[("x-amz-checksum-crc32", "AAAA")],
            &[("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-sha1", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")],
        ] {
            assert!(Expected::from_request(&headers(pairs), None).is_err(), "{pairs:?}");
        }
    }
}
