//! MD5 digests: what Drive, the clients and S3 all speak.

mod lanes;
mod running;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};

pub(crate) use self::running::{Hashers, RunningMd5};

/// An MD5. `Display` is 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Md5Digest([u8; 16]);

impl Md5Digest {
    /// The digest of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Md5::digest(bytes).into())
    }

    /// Ends a running digest.
    pub(crate) fn finish(hasher: Md5) -> Self {
        Self(hasher.finalize().into())
    }

    /// From 32 hexadecimal digits.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let mut digest = [0; 16];
        hex::decode_to_slice(text, &mut digest).ok()?;
        Some(Self(digest))
    }

    /// From base64, as in `Content-MD5`.
    pub(crate) fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// As in `Content-MD5`.
    pub(crate) fn base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// The raw digest.
    pub(crate) fn bytes(&self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for Md5Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_the_same_in_both_spellings() {
        let empty = Md5Digest::of(b"");
        assert_eq!(empty.to_string(), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(empty.base64(), "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert_eq!(Md5Digest::from_hex(&empty.to_string().to_uppercase()), Some(empty));
        assert_eq!(Md5Digest::from_base64(&empty.base64()), Some(empty));
        for wrong in ["", "d41d", "1B2M2Y8A", "not base64!"] {
            assert_eq!(Md5Digest::from_base64(wrong), None, "{wrong}");
        }
    }
}
