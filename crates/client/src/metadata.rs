//! The metadata service: wire types and client. It owns the `images` table, and the decision that an object may go.

mod lists;
mod stats;
mod verify;

use http::StatusCode;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use self::lists::{
    AllImages, DeleteImages, ImageBuckets, ImageCounts, ImageDay, ImageDeleted, ImageFilters, ImageHistogram,
    ImageMonth, ImagePage, ImagesDeleted, MonthlyHistogram,
};
pub use self::stats::{ProviderStats, Stats, TypeStats};
pub use self::verify::{ImageWalk, LookUpObjects, ObjectFate, ObjectsLookedUp};
use crate::{
    Calls, Error,
    call::{Call, Target},
};

/// One image as every service answers it. The fields after `created_at` are our additions, absent on rows of the
/// original.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Image {
    /// Number of the row.
    pub id: i64,
    /// Name in Drive, at most 255 characters.
    pub name: String,
    /// Id in Drive.
    pub google_drive_id: String,
    /// Bytes. A number, but for rows of the original in SQLite, which may hold anything.
    pub size: Value,
    /// Type as Drive announced it.
    pub mime_type: String,
    /// Public URL of the object.
    pub storage_path: String,
    /// `aws`.
    pub storage_provider: String,
    /// UTC, `YYYY-MM-DDTHH:MM:SS`, on SQLite with six digits of a fraction.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub created_at: Option<String>,
    /// MD5 of the bytes stored, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub md5: Option<String>,
    /// MD5 as Drive listed it when the image was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_md5: Option<String>,
    /// `stale` when Drive's MD5 was wrong twice for the same bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_checksum: Option<String>,
    /// SHA-256 as Drive listed it, verified through the MD5 of the same listing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The job that stored it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// Pixels, where Drive lists them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels as a viewer sees them: from Drive's listing, else from the bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// What the bytes are, by their first ones; `mime_type` is only what Drive announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The image through the gateway: a path on the API's origin. Absent where the object is not in our bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_url: Option<String>,
    /// A small picture of it, where there is a `content_url`; `?size=` 160, 320, 640 or 1280.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
    /// The file's page at Google Drive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drive_url: Option<String>,
}

impl Image {
    /// `size` as a number of bytes.
    pub fn size_bytes(&self) -> Option<u64> {
        self.size.as_u64()
    }

    /// True when Drive lists other content than the row was made of: another MD5, or, as rows of the original know no
    /// MD5, another size. `listed_md5` as [`crate::drive::File::md5`] reads it.
    pub fn is_outdated(&self, listed_md5: Option<&str>, listed_size_bytes: Option<u64>) -> bool {
        match (listed_md5, &self.source_md5) {
            (Some(listed), Some(stored)) => !listed.eq_ignore_ascii_case(stored),
            (None, Some(_)) => false,
            (_, None) => {
                matches!((listed_size_bytes, self.size_bytes()), (Some(listed), Some(stored)) if listed != stored)
            }
        }
    }
}

/// Body of `POST /images`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NewImage {
    /// Name in Drive.
    pub name: String,
    /// Id in Drive.
    pub google_drive_id: String,
    /// Bytes stored.
    pub size: u64,
    /// Type as Drive announced it.
    pub mime_type: String,
    /// Public URL of the object; empty with `share`.
    pub storage_path: String,
    /// `aws`.
    pub storage_provider: String,
    /// See [`Image::md5`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub md5: Option<String>,
    /// See [`Image::source_md5`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_md5: Option<String>,
    /// See [`Image::source_checksum`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_checksum: Option<String>,
    /// See [`Image::sha256`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// See [`Image::job_id`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// See [`Image::width`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// See [`Image::height`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// See [`Image::content_type`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Changed content: the row's `storage_path` must still be this one, and is replaced; `id` and `created_at` stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// With `replaces`: only where the row is still there. Without, one that was dropped meanwhile is made anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_known: bool,
    /// The same bytes are stored under another Drive id already: use that object. 404 where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
}

/// Which stored bytes to share: both must be equal, and the row's own bytes verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// What `POST /images` did.
#[derive(Debug, Clone, PartialEq)]
pub enum ImageCreated {
    /// 201 (new) or 200 (replaced): the row as it is now, exactly as answered.
    Stored(Value),
    /// 409: a row with this Drive id is there, and was not changed. The row, exactly as answered.
    Exists(Value),
    /// 409 `object-released`: that object is being deleted; it must be written again under a new key.
    Released,
    /// 404 to `share`: no such bytes are stored; download them.
    NothingToShare,
    /// 404 to `only_known`: the row is gone.
    Gone,
}

/// Body of `POST /images/known`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KnownQuery {
    /// Ids in Drive, at most 1,000.
    pub google_drive_ids: Vec<String>,
}

/// Answer to `POST /images/known`: the rows with exactly these Drive ids. `Row` is how a row is held.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KnownImages<Row = Image> {
    /// In no order.
    pub images: Vec<Row>,
}

/// Body of `POST /objects/release`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReleaseObject {
    /// Public URL of an object that no task will give a row any more.
    pub storage_path: String,
    /// `aws`.
    pub storage_provider: String,
}

/// Answer to `POST /objects/release`: 200.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ObjectReleased {
    /// Always true.
    pub success: bool,
    /// False when a row names the object, which therefore stays.
    pub released: bool,
}

/// Client of the metadata service, or of the gateway when `base` ends in `/api`.
#[derive(Debug, Clone)]
pub struct Client {
    target: Target,
}

impl Client {
    /// A client of the service at `base`.
    pub fn new(base: url::Url, calls: impl Into<Calls>) -> Self {
        Self { target: Target::new("metadata-service", base, calls) }
    }

    /// `POST /images`.
    pub async fn create_image(&self, image: &NewImage) -> Result<ImageCreated, Error> {
        let answer = self.target.send(Call::post(self.target.url(&["images"])).json(image)).await?;
        match answer.status {
            StatusCode::CREATED => answer.json().map(ImageCreated::Stored),
            StatusCode::OK if image.replaces.is_some() => answer.json().map(ImageCreated::Stored),
            StatusCode::NOT_FOUND if image.share.is_some() => Ok(ImageCreated::NothingToShare),
            StatusCode::NOT_FOUND if image.only_known => Ok(ImageCreated::Gone),
            StatusCode::CONFLICT => {
                let body: Value = answer.json()?;
                if body["code"] == "object-released" {
                    return Ok(ImageCreated::Released);
                }
                Ok(ImageCreated::Exists(body["image"].clone()))
            }
            // the original counts anything else as a failure, a 200 too
            _ => Err(answer.into_error()),
        }
    }

    /// `POST /images/known`; `None` where the service is the original's, which cannot tell.
    pub async fn known_images(&self, drive_ids: &[&str]) -> Result<Option<Vec<Image>>, Error> {
        self.known_rows(drive_ids).await
    }

    /// The same, with rows held by the caller's own means: as they come, for one.
    pub async fn known_rows<Row: DeserializeOwned>(
        &self,
        drive_ids: &[&str],
    ) -> Result<Option<Vec<Row>>, Error> {
        let query = KnownQuery { google_drive_ids: drive_ids.iter().map(|id| (*id).to_owned()).collect() };
        let request = Call::post(self.target.url(&["images", "known"])).json(&query);
        let answer = self.target.send(request).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Ok(None),
            status if status.is_success() => {
                answer.json::<KnownImages<Row>>().map(|known| Some(known.images))
            }
            _ => Err(answer.into_error()),
        }
    }

    /// `POST /objects/release`; `None` where the service is the original's, which never deletes objects.
    pub async fn release_object(&self, release: &ReleaseObject) -> Result<Option<ObjectReleased>, Error> {
        let request = Call::post(self.target.url(&["objects", "release"])).json(release);
        let answer = self.target.send(request).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Ok(None),
            status if status.is_success() => answer.json().map(Some),
            _ => Err(answer.into_error()),
        }
    }

    /// `DELETE /images/{id}`.
    pub async fn delete_image(&self, id: i64) -> Result<(), Error> {
        let url = self.target.url(&["images", &id.to_string()]);
        self.target.send_ok(Call::delete(url)).await.map(drop)
    }

    /// `GET /stats`.
    pub async fn stats(&self) -> Result<Stats, Error> {
        self.target.send_ok(Call::get(self.target.url(&["stats"]))).await?.json()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Image;

    fn row(source_md5: Option<&str>, size: u64) -> Image {
        let mut row = json!({"id": 1, "name": "n", "google_drive_id": "a", "size": size, "mime_type": "m",
            "storage_path": "p", "storage_provider": "aws", "created_at": null});
        if let Some(md5) = source_md5 {
            row["source_md5"] = json!(md5);
        }
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn changed_means_another_md5_and_for_old_rows_another_size() {
        let (one, two) = ("a".repeat(32), "b".repeat(32));
        for (md5, size, row, changed) in [
            (Some(one.as_str()), Some(5), row(Some(&one), 9), false),
            (Some(one.as_str()), Some(5), row(Some(&two), 5), true),
            (None, Some(5), row(Some(&two), 9), false),
            (Some(one.as_str()), Some(5), row(None, 5), false),
            (Some(one.as_str()), Some(5), row(None, 9), true),
            (None, None, row(None, 9), false),
        ] {
            assert_eq!(row.is_outdated(md5, size), changed, "{md5:?} {size:?} {row:?}");
        }
    }
}
