//! One thing in Drive: a folder, a file with bytes, a document without, or a shortcut.

use super::content::Source;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::io;

/// The media type of folders.
pub(crate) const FOLDER: &str = "application/vnd.google-apps.folder";
/// The media type of shortcuts.
pub(crate) const SHORTCUT: &str = "application/vnd.google-apps.shortcut";

/// An item as the library holds it. What costs a look at the disk is read only when asked for.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    /// Absent where a manifest leaves it out.
    pub(crate) name: Option<String>,
    pub(crate) mime_type: Option<String>,
    /// The id of the folder it lies in.
    pub(crate) parent: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) marks: Marks,
}

/// What an item is made of.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Folder,
    Blob(Source),
    Shortcut(Shortcut),
    /// A Docs editors file: no bytes to download.
    Document,
}

/// What a shortcut points to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names on the wire")]
pub(crate) struct Shortcut {
    pub(crate) target_id: String,
    #[serde(default)]
    pub(crate) target_mime_type: Option<String>,
    #[serde(default)]
    pub(crate) target_resource_key: Option<String>,
}

/// What is said about an item, beyond its bytes.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(crate) struct Marks {
    /// In the owner's trash; still readable.
    pub(crate) trashed: bool,
    /// Not shared with "Anyone with the link".
    pub(crate) private: bool,
    /// The shared drive that it belongs to.
    pub(crate) drive_id: Option<String>,
    /// Needed in `X-Goog-Drive-Resource-Keys` on every call that names the item.
    pub(crate) resource_key: Option<String>,
    /// The owner switched downloads off.
    pub(crate) download_disabled: bool,
    /// Downloads answer 200 with everything, whatever range was asked for.
    pub(crate) ignores_range: bool,
    pub(crate) created: Option<DateTime<Utc>>,
    pub(crate) modified: Option<DateTime<Utc>>,
    pub(crate) size: Claim,
    pub(crate) md5: Claim,
    pub(crate) sha1: Claim,
    pub(crate) sha256: Claim,
    pub(crate) image: Option<Value>,
}

/// What the metadata says about the bytes, true or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The truth.
    #[default]
    Real,
    /// Nothing.
    Absent,
    /// This, whatever the bytes are.
    Given(String),
}

impl Claim {
    /// For an optional field of a manifest: `null` is absent, `"auto"` the truth, other text is given as it is.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(Some(match Option::<String>::deserialize(deserializer)?.as_deref() {
            None => Self::Absent,
            Some("auto") => Self::Real,
            Some(text) => Self::Given(text.to_owned()),
        }))
    }

    /// What was given was about other bytes.
    pub(crate) fn forget_given(&mut self) {
        if matches!(self, Self::Given(_)) {
            *self = Self::Real;
        }
    }

    /// The text to announce, computed only where it must be true.
    pub(crate) fn text<E>(&self, truth: impl FnOnce() -> Result<String, E>) -> Result<Option<String>, E> {
        match self {
            Self::Real => truth().map(Some),
            Self::Absent => Ok(None),
            Self::Given(text) => Ok(Some(text.clone())),
        }
    }
}

/// Length and times of an item, as they are at this moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) len: u64,
    pub(crate) created: DateTime<Utc>,
    pub(crate) modified: DateTime<Utc>,
}

impl Item {
    /// A folder with nothing special about it.
    pub(crate) fn folder(id: impl Into<String>, name: Option<String>, parent: Option<String>) -> Self {
        let mime_type = Some(FOLDER.to_owned());
        Self { id: id.into(), name, mime_type, parent, kind: Kind::Folder, marks: Marks::default() }
    }

    /// Looks at the disk where the item lies there.
    pub(crate) fn facts(&self) -> io::Result<Facts> {
        let mut facts = match &self.kind {
            Kind::Blob(source) => source.facts()?,
            Kind::Folder | Kind::Shortcut(_) | Kind::Document => Facts::of_nothing(),
        };
        facts.created = self.marks.created.unwrap_or(facts.created);
        facts.modified = self.marks.modified.unwrap_or(facts.modified);
        Ok(facts)
    }

    /// The size that a listing announces, as a number; 0 where it announces none.
    pub(crate) fn announced_size(&self) -> u64 {
        let announced = self.marks.size.text(|| self.facts().map(|facts| facts.len.to_string()));
        announced.ok().flatten().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn is_folder(&self) -> bool {
        matches!(self.kind, Kind::Folder)
    }
}

impl Facts {
    /// Times of what has no bytes and no place on the disk.
    pub(crate) fn of_nothing() -> Self {
        Self { len: 0, created: DateTime::UNIX_EPOCH, modified: DateTime::UNIX_EPOCH }
    }
}

/// RFC 3339 with milliseconds, as Drive writes it.
pub(crate) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
