//! The checksums of S3: which ones a request announces, and whether its bytes have them.

use http::HeaderMap;
use s3s::{
    checksum::ChecksumHasher,
    crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256},
};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// A checksum algorithm of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    pub(super) const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64nvme, Self::Sha1, Self::Sha256];

    /// The header (and trailer) that carries its value.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// Its name in S3's XML and in the headers that announce it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The algorithm called `name`, as [`Algorithm::name`] writes it.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// Length of its value in bytes.
    pub(super) fn digest_bytes(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// A hasher for this algorithm alone.
    pub(super) fn hasher(self) -> ChecksumHasher {
        let mut hasher = ChecksumHasher::default();
        match self {
            Self::Crc32 => hasher.crc32 = Some(Crc32::new()),
            Self::Crc32c => hasher.crc32c = Some(Crc32c::new()),
            Self::Crc64nvme => hasher.crc64nvme = Some(Crc64Nvme::new()),
            Self::Sha1 => hasher.sha1 = Some(Sha1::new()),
            Self::Sha256 => hasher.sha256 = Some(Sha256::new()),
        }
        hasher
    }

    /// The base64 value that [`Algorithm::hasher`] came to.
    pub(super) fn value(self, hasher: ChecksumHasher) -> String {
        let sums = hasher.finalize();
        let value = match self {
            Self::Crc32 => sums.checksum_crc32,
            Self::Crc32c => sums.checksum_crc32c,
            Self::Crc64nvme => sums.checksum_crc64nvme,
            Self::Sha1 => sums.checksum_sha1,
            Self::Sha256 => sums.checksum_sha256,
        };
        value.unwrap_or_default()
    }
}

/// Whether a value covers the bytes of the object or the values of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Coverage {
    Full,
    Composite,
}

impl Coverage {
    /// Its name in `x-amz-checksum-type`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Full => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }
}

/// The checksum of an object or a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub(super) algorithm: Algorithm,
    pub(super) coverage: Coverage,
    /// Base64; with `-<parts>` behind it when composite.
    pub(super) value: String,
}

/// The checksum that a multipart upload will end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) algorithm: Algorithm,
    pub(super) coverage: Coverage,
}

impl Plan {
    /// What the request that begins a multipart upload announces.
    pub(super) fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let Some(name) = text(headers, "x-amz-checksum-algorithm") else { return Ok(None) };
        let algorithm = Algorithm::from_name(name)
            .ok_or(Refusal::InvalidRequest("Checksum algorithm provided is unsupported."))?;
        let coverage = match text(headers, "x-amz-checksum-type") {
            Some("FULL_OBJECT") => Coverage::Full,
            None if algorithm == Algorithm::Crc64nvme => Coverage::Full,
            Some("COMPOSITE") | None => Coverage::Composite,
            Some(_) => {
                return Err(Refusal::InvalidRequest("Value for x-amz-checksum-type header is invalid."));
            }
        };
        Ok(Some(Self { algorithm, coverage }))
    }
}

/// The value of a header, if it is text and not blank.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{Algorithm, Coverage, Plan};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn value_of(algorithm: Algorithm, bytes: &[u8]) -> String {
        let mut hasher = algorithm.hasher();
        hasher.update(bytes);
        algorithm.value(hasher)
    }

    #[test]
    fn every_algorithm_has_its_published_check_value() {
        // the check values of the CRC catalogue and of FIPS 180, all over "123456789"
        for (algorithm, value) in [
            (Algorithm::Crc32, "y/Q5Jg=="),
            (Algorithm::Crc32c, "4waSgw=="),
            (Algorithm::Crc64nvme, "rosUhgp5mIg="),
            (Algorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
            (Algorithm::Sha256, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
        ] {
            assert_eq!(value_of(algorithm, b"123456789"), value, "{algorithm:?}");
        }
    }

    #[test]
    fn a_multipart_checksum_is_composite_unless_told_or_bound_otherwise() {
        let plan = |pairs| Plan::from_headers(&headers(pairs)).unwrap().unwrap().coverage;
        assert_eq!(plan(&[("x-amz-checksum-algorithm", "CRC32")]), Coverage::Composite);
        assert_eq!(plan(&[("x-amz-checksum-algorithm", "CRC64NVME")]), Coverage::Full);
        assert_eq!(
            plan(&[("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", "FULL_OBJECT")]),
            Coverage::Full
        );
    }
}
