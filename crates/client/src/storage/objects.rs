//! Questions about objects: which there are, what their bytes are, which one a URL names. Internal: none of them is
//! reachable through the gateway.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::Client;
use crate::{
    Error,
    call::{Answer, Call},
};

/// Code of the 404 that says that there is no such object.
pub const NO_SUCH_OBJECT: &str = "no-such-object";

/// Where an object is, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectPlace {
    /// `<uuid>_<name>`.
    pub key: String,
    /// Its public URL: what a row's `storage_path` says.
    pub url: String,
}

/// Body of `POST /objects/locate`: what `PUT /objects/{uuid}` would be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LocateObject {
    /// First half of the key.
    pub uuid: Uuid,
    /// The name in Drive.
    pub filename: String,
}

/// An object of ours as the bucket lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedObject {
    /// `<uuid>_<name>`, or for a thumbnail `thumbnails/<uuid>/<name>`.
    pub key: String,
    /// Its public URL.
    pub url: String,
    /// Bytes.
    pub size: u64,
    /// When it was written, RFC 3339 in UTC, where the bucket tells.
    #[serde(default)]
    pub last_modified: Option<String>,
    /// MD5 in 32 hexadecimal digits where the bucket tells (its ETag is one); `None` for objects in parts.
    #[serde(default)]
    pub md5: Option<String>,
    /// True for a picture that was made of an image, and may be made again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_thumbnail: bool,
}

/// Answer to `GET /objects`: the next of our own objects in the order of their keys. Others are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectPage {
    /// May be empty before the end.
    pub objects: Vec<ListedObject>,
    /// `cursor` of the next page; none on the last one.
    pub next_cursor: Option<String>,
}

/// Body of `POST /objects/stat` and `POST /objects/checksum`: an object of ours. In the body, because keys of the
/// original may hold slashes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ObjectKey {
    /// As listed.
    pub key: String,
}

/// Answer to `POST /objects/checksum`: what the object's bytes are, read just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectChecksum {
    /// Bytes.
    pub size: u64,
    /// MD5 in 32 hexadecimal digits.
    pub md5: String,
}

/// Body of `POST /objects/resolve`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResolvePaths {
    /// As rows have them, at most 1,000.
    pub storage_paths: Vec<String>,
}

/// Answer to `POST /objects/resolve`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResolvedPaths {
    /// One for each path, in their order.
    pub objects: Vec<NamedObject>,
}

/// What a `storage_path` names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedObject {
    /// The keys in our bucket that it can mean: two where it reads differently percent-decoded, as the original's URLs
    /// may; none where it names another bucket, or a key that this system cannot have written.
    pub keys: Vec<String>,
}

impl Client {
    /// `POST /objects/locate`: where [`Client::put_object`] would store this. Nothing is read or written.
    pub async fn locate_object(&self, object: &LocateObject) -> Result<ObjectPlace, Error> {
        self.post("locate", object).await?.json()
    }

    /// `GET /objects`, at most `limit` of them.
    pub async fn list_objects(&self, cursor: Option<&str>, limit: u32) -> Result<ObjectPage, Error> {
        let mut url = self.target.url(&["objects"]);
        url.query_pairs_mut().append_pair("limit", &limit.to_string());
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        self.target.send_ok(Call::get(url)).await?.json()
    }

    /// `POST /objects/stat`; `None` where there is no such object.
    pub async fn stat_object(&self, key: &str) -> Result<Option<ListedObject>, Error> {
        self.ask_about("stat", key).await
    }

    /// `POST /objects/checksum`: the storage service reads the whole object. `None` where there is none.
    pub async fn object_checksum(&self, key: &str) -> Result<Option<ObjectChecksum>, Error> {
        self.ask_about("checksum", key).await
    }

    /// `POST /objects/resolve`: one answer for each path.
    pub async fn resolve_paths(&self, storage_paths: Vec<String>) -> Result<Vec<NamedObject>, Error> {
        let resolved: ResolvedPaths = self.post("resolve", &ResolvePaths { storage_paths }).await?.json()?;
        Ok(resolved.objects)
    }

    async fn post(&self, what: &str, body: &impl Serialize) -> Result<Answer, Error> {
        let url = self.target.url(&["objects", what]);
        self.target.send_ok(Call::post(url).json(body)).await
    }

    async fn ask_about<T: DeserializeOwned>(&self, what: &str, key: &str) -> Result<Option<T>, Error> {
        match self.post(what, &ObjectKey { key: key.to_owned() }).await {
            Ok(answer) => answer.json().map(Some),
            // the code tells an object that is not there from a service that does not know the question
            Err(error) if error.code() == Some(NO_SUCH_OBJECT) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
