//! Lists of images, and what is done with many at once.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Client, Image, ProviderStats, TypeStats};
use crate::{Error, call::Call};

/// Which images, in which order. What is not set asks for nothing; services of the original know `storage_provider` only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImageFilters {
    /// Part of the name, whatever its case.
    pub q: Option<String>,
    /// Type as Drive announced it.
    pub mime_type: Option<String>,
    /// The job that stored it.
    pub job_id: Option<String>,
    /// `aws`.
    pub storage_provider: Option<String>,
    /// `imported`, `name` or `size`.
    pub sort: Option<String>,
    /// `asc` or `desc`.
    pub order: Option<String>,
}

/// Answer to `GET /images`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImagePage {
    /// In the order that was asked for, newest first by default.
    pub images: Vec<Image>,
    /// As asked for.
    pub page: i64,
    /// As asked for.
    pub per_page: i64,
    /// Rows in all; `null` where that is not known.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub total: Option<u64>,
    /// Pages in all, likewise.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub total_pages: Option<u64>,
    /// True where `total` is known. Not from services of the original.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub total_is_exact: bool,
    /// `cursor` of the next page; `null` on the last one, and from services of the original.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<String>,
}

/// Answer to `GET /images/counts`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageCounts {
    /// Rows.
    pub total: u64,
    /// False where there may be more.
    pub total_is_exact: bool,
    /// Their bytes, where they are known.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    pub bytes: Option<Value>,
    /// By the type that Drive announced, most images first.
    pub by_type: Vec<TypeStats>,
    /// By provider, likewise.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub by_provider: Vec<ProviderStats>,
}

/// Answer to `GET /images/histogram?by=day`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageHistogram {
    /// `day`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^day$", required))]
    pub by: String,
    /// Newest first.
    pub buckets: Vec<ImageDay>,
    /// False where there may be more.
    pub total_is_exact: bool,
}

/// The images of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageDay {
    /// `YYYY-MM-DD`; `null` for images without a time.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub day: Option<String>,
    /// Rows.
    pub images: u64,
    /// Opens `GET /images` at the first one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub cursor: Option<String>,
}

/// Answer to `GET /images/histogram`, by what is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum ImageBuckets {
    /// `by=day`, or nothing.
    Days(ImageHistogram),
    /// `by=month`.
    Months(MonthlyHistogram),
}

/// Answer to `GET /images/histogram?by=month`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MonthlyHistogram {
    /// `month`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^month$"))]
    pub by: String,
    /// Newest first.
    pub buckets: Vec<ImageMonth>,
    /// False where there may be more.
    pub total_is_exact: bool,
}

/// The images of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageMonth {
    /// `YYYY-MM`; `null` for images without a time.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub month: Option<String>,
    /// Rows.
    pub images: u64,
    /// Opens `GET /images` at the first one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub cursor: Option<String>,
}

/// Answer to `GET /images/all`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AllImages {
    /// Newest first.
    pub images: Vec<Image>,
    /// Always true.
    pub success: bool,
    /// Rows.
    pub total: u64,
}

/// Answer to `DELETE /images/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageDeleted {
    /// In words.
    pub message: String,
}

/// Body of `POST /images/delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteImages {
    /// 1 to 1,000 numbers of rows.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 1000))]
    pub ids: Vec<i64>,
    /// Their objects stay in the bucket.
    #[serde(default)]
    pub keep_object: bool,
}

/// Answer to `POST /images/delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImagesDeleted {
    /// In words.
    pub message: String,
    /// Those that are gone now.
    pub deleted: Vec<i64>,
    /// Those that were not there.
    pub not_found: Vec<i64>,
}

impl ImageFilters {
    /// As parameters.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let pairs = [
            ("q", &self.q),
            ("mime_type", &self.mime_type),
            ("job_id", &self.job_id),
            ("storage_provider", &self.storage_provider),
            ("sort", &self.sort),
            ("order", &self.order),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect()
    }
}

impl Client {
    /// `GET /images`, one page, newest first.
    pub async fn list_images(&self, page: u64, per_page: u64) -> Result<ImagePage, Error> {
        let (page, per_page) = (page.to_string(), per_page.to_string());
        self.images(&[("page", page.as_str()), ("per_page", per_page.as_str())]).await
    }

    /// `GET /images`: the page behind `cursor`, the first one without.
    pub async fn list_images_from(
        &self,
        filters: &ImageFilters,
        cursor: Option<&str>,
        per_page: u64,
    ) -> Result<ImagePage, Error> {
        let per_page = per_page.to_string();
        let mut pairs = filters.pairs();
        pairs.push(("per_page", &per_page));
        pairs.extend(cursor.map(|cursor| ("cursor", cursor)));
        self.images(&pairs).await
    }

    /// `GET /images/counts`.
    pub async fn count_images(&self, filters: &ImageFilters) -> Result<ImageCounts, Error> {
        let mut url = self.target.url(&["images", "counts"]);
        url.query_pairs_mut().extend_pairs(filters.pairs());
        self.target.send_ok(Call::get(url)).await?.json()
    }

    /// `GET /images/histogram?by=day`.
    pub async fn image_histogram(&self, filters: &ImageFilters) -> Result<ImageHistogram, Error> {
        let mut url = self.target.url(&["images", "histogram"]);
        url.query_pairs_mut().append_pair("by", "day").extend_pairs(filters.pairs());
        self.target.send_ok(Call::get(url)).await?.json()
    }

    /// `POST /images/delete`; `None` where the service is the original's, which deletes one by one.
    pub async fn delete_images(&self, delete: &DeleteImages) -> Result<Option<ImagesDeleted>, Error> {
        let request = Call::post(self.target.url(&["images", "delete"])).json(delete);
        let answer = self.target.send(request).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Ok(None),
            status if status.is_success() => answer.json().map(Some),
            _ => Err(answer.into_error()),
        }
    }

    async fn images(&self, pairs: &[(&str, &str)]) -> Result<ImagePage, Error> {
        let mut url = self.target.url(&["images"]);
        url.query_pairs_mut().extend_pairs(pairs);
        self.target.send_ok(Call::get(url)).await?.json()
    }
}
