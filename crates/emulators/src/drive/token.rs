//! Page tokens: opaque to the caller, bound to the search they were given for, and good over a restart.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use sha2::{Digest, Sha256};

const PREFIX: &str = "~!!~";
const BINDING: usize = 16;
const PAYLOAD: usize = BINDING + 4 + 8;
/// Long enough for nobody to guess, and for the token to be as long as Drive's.
const SEAL: usize = 64;

/// A place in a listing: the folder's number among those searched, and the place in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cursor {
    pub(crate) folder: u32,
    pub(crate) index: u64,
}

/// What a token is bound to: everything that decides which files a search finds, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Binding([u8; BINDING]);

impl Binding {
    /// Binds to these parameters.
    pub(crate) fn to(parameters: &[&str]) -> Self {
        let digest: [u8; 32] = Sha256::digest(parameters.join("\0")).into();
        let mut binding = [0; BINDING];
        binding.copy_from_slice(&digest[..BINDING]);
        Self(binding)
    }

    /// The token for a place.
    pub(crate) fn token(self, cursor: Cursor) -> String {
        let mut bytes = self.0.to_vec();
        bytes.extend_from_slice(&cursor.folder.to_be_bytes());
        bytes.extend_from_slice(&cursor.index.to_be_bytes());
        bytes.extend_from_slice(&seal(&bytes));
        format!("{PREFIX}{}", URL_SAFE.encode(bytes))
    }

    /// The place that a token stands for; `None` if it is forged, damaged or for another search.
    pub(crate) fn cursor(self, token: &str) -> Option<Cursor> {
        let bytes = URL_SAFE.decode(token.strip_prefix(PREFIX)?).ok()?;
        let (payload, sealed) = bytes.split_at_checked(PAYLOAD)?;
        let (binding, place) = payload.split_at(BINDING);
        let (folder, index) = place.split_at(4);
        let genuine = sealed == seal(payload) && binding == self.0;
        genuine.then_some(Cursor {
            folder: u32::from_be_bytes(folder.try_into().ok()?),
            index: u64::from_be_bytes(index.try_into().ok()?),
        })
    }
}

fn seal(payload: &[u8]) -> [u8; SEAL] {
    let mut sealed = [0; SEAL];
    for (number, part) in sealed.chunks_mut(32).enumerate() {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(format!("page token {number}"))
            .chain_update(payload)
            .finalize()
            .into();
        part.copy_from_slice(&digest);
    }
    sealed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_search_only() {
        let binding = Binding::to(&["'A' in parents", "name"]);
        let cursor = Cursor { folder: 3, index: 1 << 40 };
        let token = binding.token(cursor);
        assert!(token.len() > 100 && token.starts_with(PREFIX));
        assert_eq!(binding.cursor(&token), Some(cursor));
        assert_eq!(Binding::to(&["'B' in parents", "name"]).cursor(&token), None);
        assert_eq!(Binding::to(&["'A' in parentsname", ""]).cursor(&token), None);
    }

    #[test]
    fn damage_is_noticed() {
        let binding = Binding::to(&[]);
        let token = binding.token(Cursor::default());
        for damaged in ["", "1", &token[1..], &token[..token.len() - 4], &token.replace('A', "B")] {
            assert_eq!(binding.cursor(damaged), None, "{damaged}");
        }
    }
}
