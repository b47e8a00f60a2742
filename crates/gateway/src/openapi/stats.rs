//! Numbers over all images.
#![expect(dead_code, reason = "operations are documentation; what answers is the metadata service")]

use client::{ErrorBody, metadata::Stats};

/// How many images there are
///
/// And how many bytes, by provider and by type.
#[utoipa::path(
    get,
    path = "/api/stats",
    tag = "stats",
    responses(
        (status = 200, description = "The numbers.", body = Stats, example = json!({
            "total_images": 2, "aws_images": 2, "total_size_bytes": 1_572_864, "total_size_mb": 1.5,
            "by_provider": [{"storage_provider": "aws", "images": 2, "bytes": 1_572_864}],
            "by_type": [{"mime_type": "image/jpeg", "images": 2, "bytes": 1_572_864}]
        })),
        (status = 500, description = "The database does not answer: `database-unavailable`.", body = ErrorBody),
    )
)]
fn stats() {}
