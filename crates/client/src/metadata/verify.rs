//! What a comparison of rows with the bucket asks.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{Client, Image};
use crate::{Error, call::Call};

/// Answer to `GET /images/verify`: rows in the order of their numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImageWalk {
    /// The next rows.
    pub images: Vec<Image>,
    /// `cursor` of the next page; none on the last one.
    pub next_cursor: Option<i64>,
}

/// Body of `POST /objects/lookup`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LookUpObjects {
    /// Public URLs of objects, at most 1,000.
    pub storage_paths: Vec<String>,
}

/// Answer to `POST /objects/lookup`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ObjectsLookedUp {
    /// One for each path, in their order.
    pub objects: Vec<ObjectFate>,
}

/// What is known of an object by its public URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectFate {
    /// A row names it.
    Named,
    /// It is released, and deletes of it are still to come.
    Going,
    /// It was released and deleted, or nothing is known of it.
    Unknown,
}

impl Client {
    /// `GET /images/verify`: at most `limit` rows after the one numbered `cursor`.
    pub async fn walk_images(&self, cursor: Option<i64>, limit: u32) -> Result<ImageWalk, Error> {
        let mut url = self.target.url(&["images", "verify"]);
        url.query_pairs_mut().append_pair("limit", &limit.to_string());
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", &cursor.to_string());
        }
        self.target.send_ok(Call::get(url)).await?.json()
    }

    /// `GET /images/{id}`; `None` where there is no such row.
    pub async fn image(&self, id: i64) -> Result<Option<Image>, Error> {
        let url = self.target.url(&["images", &id.to_string()]);
        let answer = self.target.send(Call::get(url)).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => answer.json().map(Some),
            _ => Err(answer.into_error()),
        }
    }

    /// `POST /objects/lookup`: one answer for each path.
    pub async fn look_up_objects(&self, storage_paths: Vec<String>) -> Result<Vec<ObjectFate>, Error> {
        let url = self.target.url(&["objects", "lookup"]);
        let request = Call::post(url).json(&LookUpObjects { storage_paths });
        let answered: ObjectsLookedUp = self.target.send_ok(request).await?.json()?;
        Ok(answered.objects)
    }
}
