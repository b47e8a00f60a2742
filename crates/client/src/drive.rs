//! Google Drive v3 with an API key: pages of a folder, one file's record, its bytes.
//!
//! The key travels in the `X-Goog-Api-Key` header, never in a URL, and never to a host that Drive redirects to.

mod download;
mod error;
mod file;
mod page;

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Response,
    header::{LOCATION, RANGE},
};
use http_body_util::BodyExt as _;

pub use download::Download;
pub use error::{Error, Reason};
pub use file::{BadSize, Capabilities, File, ImageMediaMetadata, ShortcutDetails, checksum};
pub use page::FilePage;

use crate::{
    Secret,
    hop::{AnswerBody, Failure, Hop, Outgoing},
    ids::DriveId,
};

/// The longest silence on an open answer of Drive.
const IDLE: Duration = Duration::from_secs(60);
/// Longest chain of redirects that is followed.
const MAX_REDIRECTS: usize = 3;
/// Longest JSON that is read: a page of a thousand files with room to spare.
const MAX_JSON: usize = 32 * 1024 * 1024;
/// What is asked of every file.
const FILE_FIELDS: &str = "id,name,mimeType,size,md5Checksum,sha1Checksum,sha256Checksum,createdTime,modifiedTime,\
    trashed,resourceKey,shortcutDetails,capabilities(canDownload,canListChildren),\
    imageMediaMetadata(width,height,rotation,time)";
/// Type of a folder.
pub const FOLDER_TYPE: &str = "application/vnd.google-apps.folder";
/// Type of a shortcut.
pub const SHORTCUT_TYPE: &str = "application/vnd.google-apps.shortcut";
/// Most files that one page of a listing may hold (Google's limit).
pub const MAX_PAGE_SIZE: u32 = 1000;

/// An id and, where its link carries one, the key that opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriveRef {
    /// The id.
    pub id: DriveId,
    /// The resource key that some links from before 2021 need.
    pub resource_key: Option<String>,
}

/// What a listing asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Children {
    /// Files whose type is `image/…`.
    Images,
    /// Those, and folders, and shortcuts of any kind: what a tree of folders is made of.
    Tree,
    /// Everything.
    All,
}

/// Client of Google Drive. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    base: url::Url,
    key: Option<Secret>,
    /// The way to `base`.
    hop: Hop,
    /// The way to where it redirects.
    http: reqwest::Client,
}

impl Client {
    /// A client of the API at `base` (path included, such as `https://www.googleapis.com/drive/v3`).
    ///
    /// # Panics
    /// Never in practice: see [`crate::http::service_client`].
    pub fn new(base: url::Url, key: Option<Secret>) -> Self {
        let http =
            crate::http::builder(IDLE).build().expect("TLS is installed and the settings are constant");
        let mut root = base.clone();
        root.set_path("");
        Self { hop: Hop::abroad(root, IDLE, || http.clone()), base, key, http }
    }

    /// One page of the children of `folder`, in a stable order; trashed ones never.
    pub async fn list_children(
        &self,
        folder: &DriveRef,
        children: Children,
        page_token: Option<&str>,
    ) -> Result<FilePage, Error> {
        let kind = match children {
            Children::Images => " and mimeType contains 'image/'".to_owned(),
            Children::Tree => format!(
                " and (mimeType contains 'image/' or mimeType = '{FOLDER_TYPE}' or mimeType = '{SHORTCUT_TYPE}')"
            ),
            Children::All => String::new(),
        };
        // an id needs no escaping: only `DriveId::parse` makes one
        let query = format!("'{}' in parents and trashed = false{kind}", folder.id);
        let mut url = self.url(&["files"]);
        url.query_pairs_mut()
            .append_pair("q", &query)
            .append_pair("pageSize", &MAX_PAGE_SIZE.to_string())
            .append_pair("fields", &format!("nextPageToken,incompleteSearch,files({FILE_FIELDS})"))
            .append_pair("orderBy", "name_natural")
            .append_pair("supportsAllDrives", "true")
            .append_pair("includeItemsFromAllDrives", "true");
        if let Some(token) = page_token {
            url.query_pairs_mut().append_pair("pageToken", token);
        }
        let body = self.body(url, folder).await?;
        let page = FilePage::read(&body).map_err(|_| Error::unexpected_body())?;
        // whoever followed it would ask for the same page for ever
        if page_token.is_some() && page.next_page_token.as_deref() == page_token {
            return Err(Error::same_page());
        }
        Ok(page)
    }

    /// The record of one file or folder.
    pub async fn get(&self, file: &DriveRef) -> Result<File, Error> {
        let mut url = self.url(&["files", file.id.as_str()]);
        url.query_pairs_mut().append_pair("fields", FILE_FIELDS).append_pair("supportsAllDrives", "true");
        let body = self.body(url, file).await?;
        serde_json::from_slice(&body).map_err(|_| Error::unexpected_body())
    }

    /// The bytes of a file from `offset` on. The answer is checked to start there (200 only for offset 0).
    pub async fn download(&self, file: &DriveRef, offset: u64) -> Result<Download, Error> {
        let mut url = self.url(&["files", file.id.as_str()]);
        url.query_pairs_mut().append_pair("alt", "media").append_pair("supportsAllDrives", "true");
        // no Range for the whole file: Drive answers 416 to any range of an empty one
        let range = (offset > 0).then(|| format!("bytes={offset}-"));
        let response = self.send(url, file, range.as_deref()).await?;
        Download::from_response(response, offset)
    }

    fn url(&self, segments: &[&str]) -> url::Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// What should be JSON.
    async fn body(&self, url: url::Url, named: &DriveRef) -> Result<Vec<u8>, Error> {
        let mut answer = self.send(url, named, None).await?.into_body();
        let mut body = Vec::new();
        while let Some(frame) = answer.frame().await {
            let frame = frame.map_err(|failure| Error::network(&failure))?;
            body.extend_from_slice(&frame.into_data().unwrap_or_default());
            // a server of plain files hands out the file itself
            if body.len() > MAX_JSON {
                return Err(Error::unexpected_body());
            }
        }
        Ok(body)
    }

    /// Sends a GET; follows redirects within Google only; any status outside 2xx is an error.
    async fn send(
        &self,
        url: url::Url,
        named: &DriveRef,
        range: Option<&str>,
    ) -> Result<Response<AnswerBody>, Error> {
        let mut url = url;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.ask(&url, named, range).await.map_err(|failure| Error::network(&failure))?;
            if response.status().is_success() {
                return Ok(response);
            }
            let next = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            match next.filter(|_| response.status().is_redirection()).and_then(|to| url.join(to).ok()) {
                Some(next) if self.may_follow(&next) => url = next,
                // rare, and larger than all the rest
                _ => return Err(Box::pin(Error::from_response(response, self.key.as_ref())).await),
            }
        }
        Err(Error::too_many_redirects())
    }

    async fn ask(
        &self,
        url: &url::Url,
        named: &DriveRef,
        range: Option<&str>,
    ) -> Result<Response<AnswerBody>, Failure> {
        let mut headers = HeaderMap::new();
        if let Some(range) = range {
            headers.insert(RANGE, value(range)?);
        }
        if url.origin() != self.base.origin() {
            let answer = self.http.get(url.clone()).headers(headers).send().await;
            return Ok(Response::from(answer.map_err(Failure::of_tls)?).map(AnswerBody::of_tls));
        }
        if let Some(key) = &self.key {
            let mut key = value(key.expose())?;
            key.set_sensitive(true);
            headers.insert("x-goog-api-key", key);
        }
        if let Some(resource_key) = &named.resource_key {
            headers.insert("x-goog-drive-resource-keys", value(&format!("{}/{resource_key}", named.id))?);
        }
        let (path, query) = (url.path().to_owned(), url.query().map(str::to_owned));
        self.hop.send(Outgoing { method: Method::GET, path, query, headers, body: Bytes::new() }).await
    }

    /// Only Google's own hosts, and the one that was configured.
    fn may_follow(&self, url: &url::Url) -> bool {
        let google =
            |host: &str| host.ends_with(".googleapis.com") || host.ends_with(".googleusercontent.com");
        // a name and a password in an address would be sent along
        let is_plain = url.username().is_empty() && url.password().is_none();
        let is_google = url.scheme() == "https" && url.port().is_none() && url.host_str().is_some_and(google);
        is_plain && (is_google || url.origin() == self.base.origin())
    }
}

fn value(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text).map_err(|_| Failure::NoRequest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_followed_to_google_only() {
        let base = url::Url::parse("https://www.googleapis.com/drive/v3").unwrap();
        let client = Client::new(base, None);
        for (url, follow) in [
            ("https://doc-0s.googleusercontent.com/x", true),
            ("https://content.googleapis.com/x", true),
            ("http://doc-0s.googleusercontent.com/x", false),
            ("https://googleusercontent.com.evil.example/x", false),
            ("http://169.254.169.254/latest", false),
            ("https://127.0.0.1/x", false),
            ("https://user:pass@doc-0s.googleusercontent.com/x", false),
            ("https://www.googleapis.com@evil.example/x", false),
            ("https://doc-0s.googleusercontent.com:8443/x", false),
            ("https://user@www.googleapis.com/drive/v3/x", false),
            ("https://googleusercontent.com./x", false),
            ("https://evilgoogleapis.com/x", false),
            ("file:///etc/passwd", false),
            ("data:text/plain,x", false),
        ] {
            assert_eq!(client.may_follow(&url::Url::parse(url).unwrap()), follow, "{url}");
        }
    }
}
