//! What was imported.
#![expect(dead_code, reason = "operations are documentation; what answers is the metadata service")]

use client::{
    ErrorBody,
    metadata::{
        AllImages, DeleteImages, Image, ImageBuckets, ImageCounts, ImageDeleted, ImagePage, ImagesDeleted,
    },
};
use utoipa::{IntoParams, ToSchema};

/// What a list is sorted by.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum ImageSort {
    Imported,
    Name,
    Size,
}

/// Which way.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum SortOrder {
    Asc,
    Desc,
}

/// What a histogram's buckets are.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum HistogramBy {
    Day,
    Month,
}

/// Which images.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct Filters {
    /// Part of the name, whatever its case.
    q: Option<String>,
    /// Type as Drive announced it, such as `image/png`.
    mime_type: Option<String>,
    /// The job that stored them.
    job_id: Option<String>,
    /// Where the objects are: `aws`.
    storage_provider: Option<String>,
}

/// A page of images
///
/// Newest first unless another order is asked for. Pages are numbers; or, for endless scrolling, each begins where the one
/// before ended, by `cursor`: then nothing is met twice or left out, whatever arrives meanwhile.
#[utoipa::path(
    get,
    path = "/api/images",
    tag = "images",
    params(
        ("page" = Option<i64>, Query, description = "Its number, from 1 on. Not looked at where there is a `cursor`."),
        ("per_page" = Option<i64>, Query, description = "Images on it, 50 by default."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, with the same filters and order."),
        Filters,
        ("sort" = inline(Option<ImageSort>), Query, description = "By time of import by default."),
        ("order" = inline(Option<SortOrder>), Query, description = "`asc` by name, else `desc`, by default."),
    ),
    responses(
        (status = 200, description = "The page.", body = ImagePage),
        (status = 400, description = "`sort` or `order` is no word for it, or `cursor` is none of this list.", body = ErrorBody),
        (status = 500, description = "The database does not answer: `database-unavailable`.", body = ErrorBody),
    )
)]
fn list_images() {}

/// Every image
///
/// Newest first, in one answer, which may be long.
#[utoipa::path(
    get,
    path = "/api/images/all",
    tag = "images",
    responses(
        (status = 200, description = "All of them.", body = AllImages),
        (status = 500, description = "The database does not answer: `database-unavailable`.", body = ErrorBody),
    )
)]
fn all_images() {}

/// How many images there are
///
/// By type and by provider.
#[utoipa::path(
    get,
    path = "/api/images/counts",
    tag = "images",
    params(Filters),
    responses(
        (status = 200, description = "The numbers.", body = ImageCounts),
        (status = 400, description = "A filter has a text in it that the database cannot compare.", body = ErrorBody),
        (status = 500, description = "The database does not answer: `database-unavailable`.", body = ErrorBody),
    )
)]
fn count_images() {}

/// How many images each day or month has
#[utoipa::path(
    get,
    path = "/api/images/histogram",
    tag = "images",
    params(
        ("by" = inline(Option<HistogramBy>), Query, description = "Days by default."),
        Filters,
    ),
    responses(
        (status = 200, description = "The numbers, newest first.", body = ImageBuckets),
        (status = 400, description = "`by` is no word for it.", body = ErrorBody),
        (status = 500, description = "The database does not answer: `database-unavailable`.", body = ErrorBody),
    )
)]
fn image_histogram() {}

/// Delete many images
///
/// And their objects, unless `keep_object` says otherwise or another image has the same.
#[utoipa::path(
    post,
    path = "/api/images/delete",
    tag = "images",
    request_body(content = DeleteImages, description = "Which ones.", example = json!({"ids": [17, 18]})),
    responses(
        (status = 200, description = "What is gone now, and what was not there.", body = ImagesDeleted,
            example = json!({"message": "1 image deleted", "deleted": [17], "not_found": [18]})),
        (status = 500, description = "The database does not answer: `database-unavailable`. `deleted` says what is gone \
            all the same; the same call again does the rest.", body = ErrorBody),
    )
)]
fn delete_images() {}

/// One image
#[utoipa::path(
    get,
    path = "/api/images/{id}",
    tag = "images",
    params(("id" = u64, Path, description = "Its number.", example = 17)),
    responses(
        (status = 200, description = "The image.", body = Image, example = json!({
            "id": 17, "name": "IMG_0017.jpg", "google_drive_id": "1i_rViDYPnCJERqClTVXxgT2BlbBozvsl", "size": 2_048_576,
            "mime_type": "image/jpeg", "storage_provider": "aws", "created_at": "2026-01-31T12:00:00",
            "storage_path": "https://bucket.s3.eu-central-1.amazonaws.com/0b8e7f0a-3c55-5d0c-9a53-0c8f8c1d2b3a_IMG_0017.jpg"
        })),
        (status = 404, description = "There is no such image.", body = ErrorBody),
        (status = 500, description = "The database does not answer: `database-unavailable`.", body = ErrorBody),
    )
)]
fn get_image() {}

/// Delete an image
///
/// And its object, unless `keep_object` says otherwise or another image has the same.
#[utoipa::path(
    delete,
    path = "/api/images/{id}",
    tag = "images",
    params(
        ("id" = u64, Path, description = "Its number.", example = 17),
        ("keep_object" = Option<bool>, Query, description = "`true`: the object stays in the bucket."),
    ),
    responses(
        (status = 200, description = "It is gone.", body = ImageDeleted,
            example = json!({"message": "Image deleted successfully"})),
        (status = 404, description = "There is no such image.", body = ErrorBody),
        (status = 500, description = "The database does not answer: `database-unavailable`.", body = ErrorBody),
    )
)]
fn delete_image() {}
