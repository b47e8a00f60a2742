//! Settings of the emulator.

use super::faults::Faults;
use super::manifest::Manifest;
use super::request::KeyRule;
use super::stats::Stats;
use std::path::{Path, PathBuf};

/// What is served, and to whom.
///
/// `faults` and `stats` are handles: keep a clone to change and read them while the emulator runs.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// A directory tree.
    pub root: Option<PathBuf>,
    /// Explicit items; where an id is in both, the manifest wins.
    pub manifest: Option<Manifest>,
    /// Which keys are accepted.
    pub key: KeyRule,
    /// What goes wrong.
    pub faults: Faults,
    /// What was asked.
    pub stats: Stats,
}

impl Config {
    /// Serves a directory tree; its folder has the id [`super::root_folder_id`].
    #[must_use]
    pub fn with_root(self, root: impl Into<PathBuf>) -> Self {
        Self { root: Some(root.into()), ..self }
    }

    /// Serves what a manifest says.
    #[must_use]
    pub fn with_manifest(self, manifest: Manifest) -> Self {
        Self { manifest: Some(manifest), ..self }
    }

    /// Serves what a manifest file says.
    pub fn with_manifest_file(self, path: &Path) -> anyhow::Result<Self> {
        Ok(self.with_manifest(Manifest::read(path)?))
    }

    /// Accepts only one key.
    #[must_use]
    pub fn with_key(self, key: &str) -> Self {
        Self { key: KeyRule::Only(client::secret::Secret::new(key)), ..self }
    }
}
