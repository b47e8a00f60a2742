//! What is found, in words for programs.

use client::{metadata::Image, storage::ListedObject};
use serde::Serialize;

use super::judge::Expected;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// A row whose object is not there.
    Missing,
    /// A row whose object is there, and is not what the row says.
    Damaged,
    /// An object that no row names.
    Orphaned,
    /// An object that no row names yet, while an import runs. Nothing is wrong with it so far.
    InProgress,
}

/// What an object is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Content {
    /// Bytes.
    pub(super) size: u64,
    /// MD5, where it is known.
    pub(super) md5: Option<String>,
}

/// The row of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    /// Its number.
    pub(super) id: i64,
    /// Name in Drive.
    pub(super) name: String,
    /// Id in Drive.
    pub(super) google_drive_id: String,
    /// Type in Drive.
    #[serde(skip)]
    pub(super) mime_type: String,
}

/// What became of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub(super) enum Repair {
    /// It is mended.
    Repaired,
    /// It is not.
    NotRepaired {
        /// Stable name of the reason, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// Why, for a person.
        reason: String,
    },
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What is wrong.
    #[serde(rename = "finding")]
    pub(super) kind: Kind,
    /// Whose object it is, where a row names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image: Option<Row>,
    /// The object's key.
    pub(super) key: String,
    /// Its public URL, as the row says it.
    pub(super) storage_path: String,
    /// What differs: `size`, `md5`, `source_md5`; `readable` where the bucket does not hand it out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) differs: Vec<&'static str>,
    /// What the row says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<Expected>,
    /// What the object is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) found: Option<Content>,
    /// What the bucket says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
    /// True for a thumbnail whose image is gone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_thumbnail: bool,
    /// With `--repair`: what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) repair: Option<Repair>,
}

impl Finding {
    /// About the object `key` of a row.
    pub(super) fn of_row(row: &Image, key: &str, expected: Expected) -> Self {
        Self {
            kind: Kind::Damaged,
            image: Some(Row {
                id: row.id,
                name: row.name.clone(),
                google_drive_id: row.google_drive_id.clone(),
                mime_type: row.mime_type.clone(),
            }),
            key: key.to_owned(),
            storage_path: row.storage_path.clone(),
            differs: Vec::new(),
            expected: Some(expected),
            found: None,
            why: None,
            is_thumbnail: false,
            repair: None,
        }
    }

    /// About an object without a row.
    pub(super) fn of_object(kind: Kind, object: ListedObject) -> Self {
        Self {
            kind,
            image: None,
            key: object.key,
            storage_path: object.url,
            differs: Vec::new(),
            expected: None,
            found: Some(Content { size: object.size, md5: object.md5 }),
            why: None,
            is_thumbnail: object.is_thumbnail,
            repair: None,
        }
    }
}

/// What was looked at, and what came out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    /// Rows.
    pub(super) rows: u64,
    /// Objects of ours in the bucket.
    pub(super) objects: u64,
    /// Objects whose bytes were read.
    pub(super) read: u64,
    /// Rows without object.
    pub(super) missing: u64,
    /// Rows whose object is not what they say.
    pub(super) damaged: u64,
    /// Objects without row.
    pub(super) orphaned: u64,
    /// Of all these, how many are mended.
    pub(super) repaired: u64,
    /// Objects without row that a running import may be about to name.
    pub(super) in_progress: u64,
    /// Objects that are released and are about to be deleted.
    pub(super) going: u64,
    /// Rows without MD5: the size is all there is to compare.
    pub(super) unverified: u64,
    /// Rows whose URL names another bucket. They are never touched.
    pub(super) foreign: u64,
    /// Of these, rows whose object lies in this bucket all the same: it had another address once. Both stay.
    pub(super) moved: u64,
}

impl Counts {
    /// Counts a finding.
    pub(super) fn add(&mut self, finding: &Finding) {
        match finding.kind {
            Kind::Missing => self.missing += 1,
            Kind::Damaged => self.damaged += 1,
            Kind::Orphaned => self.orphaned += 1,
            Kind::InProgress => self.in_progress += 1,
        }
        self.repaired += u64::from(finding.repair == Some(Repair::Repaired));
    }

    /// Whether everything is as it should be by now.
    pub(super) fn is_all_well(&self) -> bool {
        self.missing + self.damaged + self.orphaned == self.repaired
    }
}
