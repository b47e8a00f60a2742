//! A manifest: explicit ids, listings and faults, for what no directory tree can show.
//!
//! ```json
//! {
//!   "folders": {
//!     "album": [
//!       {"id": "a1", "name": "a.jpg", "mimeType": "image/jpeg", "size": "auto", "bytes": 2048},
//!       {"id": "s1", "name": "a link", "shortcut": {"targetId": "a1", "targetMimeType": "image/jpeg"}},
//!       {"id": "sub", "name": "more", "children": [{"id": "b1", "name": "b.png", "path": "b.png"}]}
//!     ],
//!     "many": {"generate": {"count": 500000, "bytes": 1000}}
//!   },
//!   "overrides": {"holiday/beach.jpg": {"trashed": true}},
//!   "faults": [{"kind": "internalError", "on": "media", "file": "a1", "count": 1}]
//! }
//! ```
//! | place | meaning |
//! |---|---|
//! | `folders` | id → list of items, or an item with `children` or `generate` |
//! | `overrides` | path (or id) inside the directory tree → what to say about it instead |
//! | `faults` | rules that always hold, see the fault book |
//! | `folder_errors` | id → what listing it answers, in the words of a recording |
//! | `about`, `key` | for the reader |
//!
//! In any manifest these folders exist as well: `small<N>` (N files `small<N>_f<i>`, named `img-<i>.jpg`, of
//! 50 + 100·i bytes), `bench-<N>-<BYTES>` (`bench-<i>.jpg`, of BYTES each), and `big1205` (1205 files `big0000` …, named
//! `big-0000.jpg` …, of 120 bytes).
//!
//! **An item** has `id`, `name` and `mimeType` (each may be left out, as the listing then leaves it out). Its bytes
//! come from `bytes` (so many, generated), `text`, or `path` (beside the manifest). `size` and the three checksums
//! are announced as given: `"auto"` is the truth, `null` leaves the field out. Without a word there is no `size`,
//! and the checksums are true. `children` or `generate` make a folder, `shortcut` a shortcut, another
//! `application/vnd.google-apps.…` type a document that cannot be downloaded. `private`, `trashed` and `driveId`
//! hold for everything inside a folder too. `resourceKey` is demanded on every call that names the item.
//! `fault` is a rule (or several) for downloads of this file, or the words of a recording.

mod load;
pub(crate) mod phrases;

use super::faults::Rule;
use super::item::{Claim, Shortcut};
use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use load::{Contents, Loaded};

/// A manifest, read and checked, not yet served.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(default, rename = "about")]
    _about: Value,
    #[serde(default, rename = "key")]
    _key: Value,
    #[serde(default)]
    folder_errors: BTreeMap<String, String>,
    #[serde(default)]
    folders: BTreeMap<String, Folder>,
    #[serde(default)]
    pub(crate) overrides: BTreeMap<String, Entry>,
    #[serde(default)]
    faults: Vec<Rule>,
    /// Where `path` of an item starts.
    #[serde(skip)]
    base: PathBuf,
}

/// The value of `folders`: an item, or just its children.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Value")]
struct Folder(Entry);

/// One item as it is written down.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Entry {
    id: Option<String>,
    name: Option<String>,
    mime_type: Option<String>,
    bytes: Option<u64>,
    text: Option<String>,
    path: Option<PathBuf>,
    shortcut: Option<Shortcut>,
    children: Option<Vec<Entry>>,
    generate: Option<Generate>,
    fault: Option<Fault>,
    #[serde(alias = "ignores_range")]
    ignores_range: Option<bool>,
    trashed: Option<bool>,
    private: Option<bool>,
    drive_id: Option<String>,
    resource_key: Option<String>,
    can_download: Option<bool>,
    created_time: Option<DateTime<Utc>>,
    modified_time: Option<DateTime<Utc>>,
    image_media_metadata: Option<Value>,
    #[serde(deserialize_with = "Claim::optional")]
    size: Option<Claim>,
    #[serde(deserialize_with = "Claim::optional")]
    md5_checksum: Option<Claim>,
    #[serde(deserialize_with = "Claim::optional")]
    sha1_checksum: Option<Claim>,
    #[serde(deserialize_with = "Claim::optional")]
    sha256_checksum: Option<Claim>,
}

/// Files made by rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Generate {
    count: u32,
    bytes: u64,
    #[serde(default)]
    mime_type: Option<String>,
}

/// What a download answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Fault {
    Words(String),
    Rule(Box<Rule>),
    Rules(Vec<Rule>),
}

impl Manifest {
    /// Reads a manifest from a file; `path` of an item starts in the same directory.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("read manifest {}", path.display()))?;
        let mut manifest = Self::parse(&text).with_context(|| format!("read manifest {}", path.display()))?;
        manifest.base = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(manifest)
    }

    /// Reads a manifest from its JSON text.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(serde_json::from_str(text)?)
    }
}

impl TryFrom<Value> for Folder {
    type Error = serde_json::Error;

    fn try_from(value: Value) -> Result<Self, serde_json::Error> {
        if value.is_array() {
            let children = Some(serde_json::from_value(value)?);
            return Ok(Self(Entry { children, ..Entry::default() }));
        }
        serde_json::from_value(value).map(Self)
    }
}
