//! What a person pastes, read as a Drive folder: every form of folder link there is or was, or a bare id. Whatever is
//! not a folder is refused with a word about what it is and what to paste instead.

mod refusal;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use client::{drive::DriveRef, ids::DriveId};
use url::Url;

pub(crate) use refusal::{Document, Refusal};

/// Longest text that is looked at.
const MAX_LENGTH: usize = 4096;
/// What Drive hangs on behind an id.
const SUFFIXES: [&str; 4] = ["view", "edit", "preview", "mobilebasic"];

/// The folder that `text` names. Whether it is one only Drive knows: `open?id=` links may also name files.
///
/// # Errors
/// What `text` is instead.
pub(crate) fn parse(text: &str) -> Result<DriveRef, Refusal> {
    let text = text.trim_matches(|c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '(' | '\u{200b}' | '\u{feff}')
    });
    if text.is_empty() {
        return Err(Refusal::Empty);
    }
    if text.len() > MAX_LENGTH {
        return Err(Refusal::NotALink);
    }
    if let Some(id) = DriveId::parse(text) {
        return Ok(DriveRef { id: for_everybody(id)?, resource_key: None });
    }
    // the end of a sentence is not the end of a link
    Link::of(&url_of(text.trim_end_matches(['.', ',', ';', ')']))?)?.folder()
}

/// `root` and `appDataFolder` mean something else for each account, and nothing for an API key.
fn for_everybody(id: DriveId) -> Result<DriveId, Refusal> {
    match id.as_str() {
        "root" | "appDataFolder" => Err(Refusal::Alias(id.as_str().to_owned())),
        _ => Ok(id),
    }
}

/// `text` as a web address; the scheme may be missing, and the whole may be percent-encoded.
fn url_of(text: &str) -> Result<Url, Refusal> {
    let mut text = Cow::Borrowed(text);
    if !text.contains("://") && text.to_ascii_lowercase().contains("%3a%2f%2f") {
        text = decoded(&text).into_owned().into();
    }
    if text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .filter(|part| part.contains("://"))
        .count()
        > 1
    {
        return Err(Refusal::SeveralLinks);
    }
    let url = match text.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
            Url::parse(&text)
        }
        // only a query may hold another address
        Some((scheme, _)) if !scheme.contains(['/', '?', '#']) => return Err(Refusal::NotALink),
        _ => Url::parse(&format!("https://{}", text.trim_start_matches('/'))),
    };
    let url = url.map_err(|_| Refusal::NotALink)?;
    let is_name = url.host_str().is_some_and(|host| host.contains('.'));
    if is_name { Ok(url) } else { Err(Refusal::NotALink) }
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

/// A link into Google Drive or Docs, taken apart.
struct Link {
    /// Of the path, decoded; without the `a/DOMAIN` of a Workspace.
    segments: Vec<String>,
    /// Of the fragment, where old links have their path.
    fragment: Vec<String>,
    /// All values of `id=`.
    ids: Vec<String>,
    resource_key: Option<String>,
}

impl Link {
    fn of(url: &Url) -> Result<Self, Refusal> {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        match host.strip_prefix("www.").unwrap_or(host) {
            "drive.google.com" | "docs.google.com" => {}
            "photos.google.com" | "photos.app.goo.gl" => return Err(Refusal::Photos),
            "drive.usercontent.google.com" | "lh3.googleusercontent.com" => return Err(Refusal::File),
            other => return Err(Refusal::OtherHost(other.to_owned())),
        }
        let mut segments = split(url.path());
        if segments.len() >= 2 && segments[0] == "a" {
            segments.drain(..2);
        }
        let values = |name: &str| -> Vec<String> {
            let named = url.query_pairs().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
        };
        Ok(Self {
            segments,
            fragment: split(url.fragment().unwrap_or_default()),
            ids: values("id"),
            // it has the syntax of an id, and becomes part of a header
            resource_key: values("resourcekey").into_iter().find(|key| DriveId::parse(key).is_some()),
        })
    }

    fn folder(self) -> Result<DriveRef, Refusal> {
        let id = for_everybody(self.folder_id()?)?;
        Ok(DriveRef { id, resource_key: self.resource_key })
    }

    fn folder_id(&self) -> Result<DriveId, Refusal> {
        if let Some(id) = id_after_folders(&self.segments) {
            return id;
        }
        let path: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        if let Some(refusal) = other_kind(&path) {
            return Err(refusal);
        }
        match path.as_slice() {
            ["folder", "d", id, ..] => return one_id(id),
            [.., "open" | "folderview" | "embeddedfolderview"] => return self.id_of_query(),
            _ => {}
        }
        id_after_folders(&self.fragment).unwrap_or_else(|| Err(self.view()))
    }

    fn id_of_query(&self) -> Result<DriveId, Refusal> {
        let (first, others) = self.ids.split_first().ok_or(Refusal::NoId)?;
        if others.iter().any(|other| other != first) {
            return Err(Refusal::TwoIds);
        }
        one_id(first)
    }

    /// What a page of Drive that names no folder is.
    fn view(&self) -> Refusal {
        let shown = self.fragment.first().or(self.segments.last()).map_or("", String::as_str);
        match shown {
            "shared-with-me" | "incoming" => Refusal::SharedWithMe,
            "search" => Refusal::Search,
            "recent" | "starred" | "trash" | "computers" | "shared-drives" | "priority" | "workspaces" => {
                Refusal::View(shown.to_owned())
            }
            "" | "drive" | "my-drive" | "home" | "mobile" => Refusal::MyDrive,
            // `/drive/u/0`
            number if number.bytes().all(|c| c.is_ascii_digit()) => Refusal::MyDrive,
            _ => Refusal::UnknownPage,
        }
    }
}

/// Decoded, non-empty segments. Decoding comes first: `folders%2FID` is two of them. Some links have lost the `?` of
/// their query.
fn split(path: &str) -> Vec<String> {
    let path = decoded(path);
    let path = path.split(['?', '&']).next().unwrap_or_default();
    path.split('/').map(str::trim).filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

/// The id behind the last `folders`; of `folders/PARENT/ID`, as phones write it, the last one.
fn id_after_folders(segments: &[String]) -> Option<Result<DriveId, Refusal>> {
    let at = segments.iter().rposition(|segment| segment == "folders")?;
    let mut after = &segments[at + 1..];
    while let [before @ .., last] = after
        && !before.is_empty()
        && SUFFIXES.contains(&last.as_str())
    {
        after = before;
    }
    Some(after.last().map_or(Err(Refusal::NoId), |id| one_id(id)))
}

fn one_id(text: &str) -> Result<DriveId, Refusal> {
    DriveId::parse(text).ok_or(Refusal::BadId)
}

/// Links to things that are no folders.
fn other_kind(path: &[&str]) -> Option<Refusal> {
    let document = |kind| Some(Refusal::Document(kind));
    match path {
        ["file", ..] | [.., "file", "d", _] | [.., "file", "d", _, _] => Some(Refusal::File),
        [.., "uc" | "leaf" | "thumbnail" | "download" | "viewer"] => Some(Refusal::File),
        ["document", ..] => document(Document::Docs),
        ["spreadsheets" | "spreadsheet", ..] => document(Document::Sheets),
        ["presentation", ..] => document(Document::Slides),
        ["forms", ..] => document(Document::Forms),
        ["drawings", ..] => document(Document::Drawings),
        _ => None,
    }
}
