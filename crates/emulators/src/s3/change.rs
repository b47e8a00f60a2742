//! The changes that can be made to the index, each in SQL. A change either holds as a whole or is refused.

use serde_json::to_string;
use sqlx::SqliteConnection;

use super::{
    access::Acl,
    conditions::WriteCondition,
    object::{Details, Object, Part, PartDetails, Segment, Upload, now},
    refusal::Refusal,
};

/// Where an object lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) bucket: String,
    pub(super) key: String,
}

/// A change to the index.
#[derive(Debug)]
pub(super) enum Change {
    CreateBucket(String),
    DeleteBucket(String),
    PutObject { at: Place, object: Object, condition: WriteCondition },
    DeleteObject { at: Place, condition: WriteCondition },
    SetAcl { at: Place, acl: Acl },
    CreateUpload { bucket: String, upload: Upload },
    PutPart { at: Place, upload: String, part: Part },
    CompleteUpload { at: Place, upload: String, object: Object, condition: WriteCondition },
    AbortUpload { at: Place, upload: String },
}

impl Change {
    /// Makes the change and says which files nothing names any more.
    pub(super) async fn apply(&self, db: &mut SqliteConnection) -> Result<Vec<Segment>, Refusal> {
        match self {
            Self::CreateBucket(bucket) => create_bucket(db, bucket).await,
            Self::DeleteBucket(bucket) => delete_bucket(db, bucket).await,
            Self::PutObject { at, object, condition } => put_object(db, at, object, condition).await,
            Self::DeleteObject { at, condition } => delete_object(db, at, condition).await,
            Self::SetAcl { at, acl } => set_acl(db, at, *acl).await,
            Self::CreateUpload { bucket, upload } => create_upload(db, bucket, upload).await,
            Self::PutPart { at, upload, part } => put_part(db, at, upload, part).await,
            Self::CompleteUpload { at, upload, object, condition } => {
                complete_upload(db, at, upload, object, condition).await
            }
            Self::AbortUpload { at, upload } => abort_upload(db, at, upload).await,
        }
    }
}

async fn create_bucket(db: &mut SqliteConnection, bucket: &str) -> Result<Vec<Segment>, Refusal> {
    let made = sqlx::query("INSERT INTO buckets (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(bucket)
        .bind(now().timestamp())
        .execute(db)
        .await?;
    if made.rows_affected() == 1 { Ok(Vec::new()) } else { Err(Refusal::BucketExists) }
}

async fn delete_bucket(db: &mut SqliteConnection, bucket: &str) -> Result<Vec<Segment>, Refusal> {
    require_bucket(db, bucket).await?;
    let object = sqlx::query_scalar::<_, i64>("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1");
    if object.bind(bucket).fetch_optional(&mut *db).await?.is_some() {
        return Err(Refusal::BucketNotEmpty);
    }
    let mut released = Vec::new();
    let uploads = sqlx::query_scalar::<_, String>("SELECT id FROM uploads WHERE bucket = ?");
    for upload in uploads.bind(bucket).fetch_all(&mut *db).await? {
        released.extend(drop_parts(db, &upload).await?);
    }
    sqlx::query("DELETE FROM uploads WHERE bucket = ?").bind(bucket).execute(&mut *db).await?;
    sqlx::query("DELETE FROM buckets WHERE name = ?").bind(bucket).execute(db).await?;
    Ok(released)
}

async fn put_object(
    db: &mut SqliteConnection,
    at: &Place,
    object: &Object,
    condition: &WriteCondition,
) -> Result<Vec<Segment>, Refusal> {
    require_bucket(db, &at.bucket).await?;
    let current = current(db, at).await?;
    condition.check(current.as_ref().map(|(etag, _)| etag.as_str()))?;
    sqlx::query("INSERT OR REPLACE INTO objects (bucket, key, size, etag, modified, details) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(&at.bucket)
        .bind(at.key.as_bytes())
        .bind(i64::try_from(object.size).unwrap_or(i64::MAX))
        .bind(&object.etag)
        .bind(object.modified.timestamp())
        .bind(to_string(&object.details)?)
        .execute(db)
        .await?;
    Ok(current.map(|(_, details)| details.segments).unwrap_or_default())
}

async fn delete_object(
    db: &mut SqliteConnection,
    at: &Place,
    condition: &WriteCondition,
) -> Result<Vec<Segment>, Refusal> {
    require_bucket(db, &at.bucket).await?;
    let current = current(db, at).await?;
    condition.check(current.as_ref().map(|(etag, _)| etag.as_str()))?;
    sqlx::query("DELETE FROM objects WHERE bucket = ? AND key = ?")
        .bind(&at.bucket)
        .bind(at.key.as_bytes())
        .execute(db)
        .await?;
    Ok(current.map(|(_, details)| details.segments).unwrap_or_default())
}

async fn set_acl(db: &mut SqliteConnection, at: &Place, acl: Acl) -> Result<Vec<Segment>, Refusal> {
    require_bucket(db, &at.bucket).await?;
    let (_, mut details) = current(db, at).await?.ok_or(Refusal::NoSuchKey)?;
    details.acl = acl;
    sqlx::query("UPDATE objects SET details = ? WHERE bucket = ? AND key = ?")
        .bind(to_string(&details)?)
        .bind(&at.bucket)
        .bind(at.key.as_bytes())
        .execute(db)
        .await?;
    Ok(Vec::new())
}

async fn create_upload(
    db: &mut SqliteConnection,
    bucket: &str,
    upload: &Upload,
) -> Result<Vec<Segment>, Refusal> {
    require_bucket(db, bucket).await?;
    sqlx::query("INSERT INTO uploads (id, bucket, key, initiated, details) VALUES (?, ?, ?, ?, ?)")
        .bind(&upload.id)
        .bind(bucket)
        .bind(upload.key.as_bytes())
        .bind(upload.initiated.timestamp())
        .bind(to_string(&upload.details)?)
        .execute(db)
        .await?;
    Ok(Vec::new())
}

async fn put_part(
    db: &mut SqliteConnection,
    at: &Place,
    upload: &str,
    part: &Part,
) -> Result<Vec<Segment>, Refusal> {
    require_open_upload(db, at, upload).await?;
    let replaced =
        sqlx::query_scalar::<_, String>("SELECT details FROM parts WHERE upload = ? AND number = ?")
            .bind(upload)
            .bind(part.number)
            .fetch_optional(&mut *db)
            .await?;
    sqlx::query("INSERT OR REPLACE INTO parts (upload, number, modified, details) VALUES (?, ?, ?, ?)")
        .bind(upload)
        .bind(part.number)
        .bind(part.modified.timestamp())
        .bind(to_string(&part.details)?)
        .execute(db)
        .await?;
    segments_of_parts(replaced)
}

async fn complete_upload(
    db: &mut SqliteConnection,
    at: &Place,
    upload: &str,
    object: &Object,
    condition: &WriteCondition,
) -> Result<Vec<Segment>, Refusal> {
    require_open_upload(db, at, upload).await?;
    let mut parts = drop_parts(db, upload).await?;
    let used = &object.details.segments;
    if !used.iter().all(|segment| parts.contains(segment)) {
        return Err(Refusal::InvalidPart); // a part was written anew since the object was put together
    }
    parts.retain(|part| !used.contains(part));
    parts.extend(put_object(db, at, object, condition).await?);
    sqlx::query("UPDATE uploads SET completed = ? WHERE id = ?")
        .bind(&object.etag)
        .bind(upload)
        .execute(db)
        .await?;
    Ok(parts)
}

async fn abort_upload(db: &mut SqliteConnection, at: &Place, upload: &str) -> Result<Vec<Segment>, Refusal> {
    require_open_upload(db, at, upload).await?;
    let released = drop_parts(db, upload).await?;
    sqlx::query("DELETE FROM uploads WHERE id = ?").bind(upload).execute(db).await?;
    Ok(released)
}

/// Forgets uploads that were completed before the given time; until then a repeated completion is answered.
pub(super) async fn forget_completed(db: &mut SqliteConnection, before: i64) -> sqlx::Result<()> {
    let forget = sqlx::query("DELETE FROM uploads WHERE completed IS NOT NULL AND initiated < ?");
    forget.bind(before).execute(db).await.map(|_| ())
}

async fn require_bucket(db: &mut SqliteConnection, bucket: &str) -> Result<(), Refusal> {
    let found = sqlx::query_scalar::<_, i64>("SELECT 1 FROM buckets WHERE name = ?");
    found.bind(bucket).fetch_optional(db).await?.map(|_| ()).ok_or(Refusal::NoSuchBucket)
}

async fn require_open_upload(db: &mut SqliteConnection, at: &Place, upload: &str) -> Result<(), Refusal> {
    let open = "SELECT 1 FROM uploads WHERE id = ? AND bucket = ? AND key = ? AND completed IS NULL";
    let found = sqlx::query_scalar::<_, i64>(open).bind(upload).bind(&at.bucket).bind(at.key.as_bytes());
    found.fetch_optional(db).await?.map(|_| ()).ok_or(Refusal::NoSuchUpload)
}

async fn current(db: &mut SqliteConnection, at: &Place) -> Result<Option<(String, Details)>, Refusal> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT etag, details FROM objects WHERE bucket = ? AND key = ?")
            .bind(&at.bucket)
            .bind(at.key.as_bytes())
            .fetch_optional(db)
            .await?;
    row.map(|(etag, details)| Ok((etag, serde_json::from_str(&details)?))).transpose()
}

async fn drop_parts(db: &mut SqliteConnection, upload: &str) -> Result<Vec<Segment>, Refusal> {
    let details = sqlx::query_scalar::<_, String>("DELETE FROM parts WHERE upload = ? RETURNING details")
        .bind(upload)
        .fetch_all(db)
        .await?;
    segments_of_parts(details)
}

fn segments_of_parts(details: impl IntoIterator<Item = String>) -> Result<Vec<Segment>, Refusal> {
    details.into_iter().map(|details| Ok(serde_json::from_str::<PartDetails>(&details)?.segment)).collect()
}
