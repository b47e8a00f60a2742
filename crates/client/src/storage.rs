//! The storage service: wire types and client. It owns objects.

mod objects;

use std::{io, time::Duration};

use bytes::Bytes;
use futures::Stream;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::objects::{
    ListedObject, LocateObject, NO_SUCH_OBJECT, NamedObject, ObjectChecksum, ObjectKey, ObjectPage,
    ObjectPlace, ResolvePaths, ResolvedPaths,
};
use crate::{
    Calls, Error, InternalToken,
    call::{Answer, Call, Target},
    hop::{Hop, Outgoing},
};

/// The service, as in its `/health`.
const SERVICE: &str = "storage-service";

/// Body of the original's `POST /upload`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    /// The bytes in base64.
    pub file_data: String,
    /// The name in Drive; the key's second half is made of it.
    pub filename: String,
    /// As Drive announced it.
    pub mime_type: String,
    /// `aws` is the only one.
    pub provider: String,
    /// First half of the key, so that an object whose answer was lost can be found. The original's storage service
    /// does not look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<Uuid>,
}

/// Answer to `POST /upload`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Uploaded {
    /// `aws`.
    pub provider: String,
    /// Always true.
    pub success: bool,
    /// Public URL of the object.
    pub url: String,
}

/// What goes with the bytes of `PUT /objects/{uuid}`.
#[derive(Debug, Clone)]
pub struct NewObject {
    /// First half of the key; the same one again writes the same object again.
    pub uuid: Uuid,
    /// The name in Drive.
    pub filename: String,
    /// `aws` is the only one.
    pub provider: String,
    /// As Drive announced it.
    pub mime_type: String,
    /// Length of the body in bytes, where it is known before. A body of another length is refused.
    pub size_bytes: Option<u64>,
    /// MD5 that the bytes must have, where it is known before. Other bytes are refused (code `checksum-mismatch`).
    pub md5: Option<String>,
}

/// Answer to `PUT /objects/{uuid}`: 200, the object is stored, whole and verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// Always true.
    pub success: bool,
    /// `aws`.
    pub provider: String,
    /// Public URL of the object: the row's `storage_path`.
    pub url: String,
    /// `<uuid>_<name>`.
    pub key: String,
    /// Bytes stored.
    pub size: u64,
    /// MD5 of the bytes stored, 32 hexadecimal digits.
    pub md5: String,
    /// What the bytes are, by their first ones.
    pub content_type: String,
    /// Pixels as a viewer sees them (orientation applied), where the bytes tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// See [`StoredObject::width`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

/// Body of `POST /delete`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeleteObject {
    /// Public URL of the object, as stored in the row.
    pub file_path: String,
    /// `aws` is the only one.
    pub provider: String,
}

/// Client of the storage service.
#[derive(Debug, Clone)]
pub struct Client {
    target: Target,
}

impl Client {
    /// A client of the service at `base`.
    pub fn new(base: url::Url, calls: impl Into<Calls>) -> Self {
        Self { target: Target::new(SERVICE, base, calls) }
    }

    /// `POST /upload`, the original's way: the whole image in memory.
    pub async fn upload(&self, upload: &Upload) -> Result<Uploaded, Error> {
        let answer = self.target.send_ok(Call::post(self.target.url(&["upload"])).json(upload)).await?;
        // the original counts anything but 200 as a failure, a 201 too
        if answer.status == http::StatusCode::OK { answer.json() } else { Err(answer.into_error()) }
    }

    /// `POST /delete`: the object is gone afterwards, whether it was there or not.
    pub async fn delete_object(&self, delete: &DeleteObject) -> Result<(), Error> {
        let url = self.target.url(&["delete"]);
        self.target.send_ok(Call::post(url).json(delete)).await.map(drop)
    }
}

/// The way for the bytes of objects into the storage service. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Uploads {
    hop: Hop,
}

impl Uploads {
    /// To the service at `base`, which answers `silence` after the request at the latest: an upload is answered only
    /// after its last byte. `token` is what it knows the caller by.
    pub fn new(base: url::Url, silence: Duration, token: Option<InternalToken>) -> Self {
        Self { hop: Hop::new(base, silence).with_token(token) }
    }

    /// `PUT /objects/{uuid}`: streams `body`; answers when the object is whole and verified.
    pub async fn put_object(
        &self,
        object: &NewObject,
        body: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Result<StoredObject, Error> {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("filename", &object.filename)
            .append_pair("provider", &object.provider)
            .finish();
        let mut headers = HeaderMap::new();
        let mime = HeaderValue::from_str(&object.mime_type)
            .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
        headers.insert(header::CONTENT_TYPE, mime);
        if let Some(size) = object.size_bytes {
            headers.insert(header::CONTENT_LENGTH, size.into());
        }
        let md5 = object.md5.as_deref().and_then(content_md5);
        if let Some(md5) = md5.and_then(|md5| HeaderValue::try_from(md5).ok()) {
            headers.insert("content-md5", md5);
        }
        let outgoing = Outgoing {
            method: Method::PUT,
            path: format!("/objects/{}", object.uuid),
            query: Some(query),
            headers,
            body: Bytes::new(),
        };
        let answer = self.hop.send_stream(outgoing, body).await;
        Answer::of_hop(SERVICE, answer).await?.ok()?.json()
    }
}

/// The `Content-MD5` header (base64) for an MD5 in 32 hexadecimal digits.
fn content_md5(hex_digits: &str) -> Option<String> {
    use base64::Engine;
    let bytes = hex::decode(hex_digits).ok().filter(|bytes| bytes.len() == 16)?;
    Some(base64::engine::general_purpose::STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_md5_in_hexadecimal_becomes_a_header_in_base64() {
        let header = super::content_md5("d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(header.as_deref(), Some("1B2M2Y8AsgTpgAmY7PhCfg=="));
        assert_eq!(super::content_md5("d41d"), None);
        assert_eq!(super::content_md5("not hex"), None);
    }
}
