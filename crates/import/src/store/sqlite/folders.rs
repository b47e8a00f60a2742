//! The folders of recursive jobs: each is visited once, however often it is found.

use client::{drive::DriveRef, ids::DriveId};
use serde_json::json;
use sqlx::SqliteConnection;

use crate::store::{Error, JobNo};

/// Notes that `folder` is being listed.
pub(super) async fn visit(on: &mut SqliteConnection, job: JobNo, folder: &DriveRef) -> Result<(), Error> {
    let query = sqlx::query(
        "INSERT OR IGNORE INTO folders (job_no, folder_id, resource_key, visited) VALUES (?, ?, ?, 1)",
    );
    query.bind(job.0).bind(folder.id.as_str()).bind(&folder.resource_key).execute(on).await?;
    Ok(())
}

/// Notes folders that are to be listed; those that are known stay as they are.
pub(super) async fn add(on: &mut SqliteConnection, job: JobNo, found: &[DriveRef]) -> Result<(), Error> {
    if found.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = found
        .iter()
        .map(|folder| json!({"id": folder.id.as_str(), "resource_key": folder.resource_key}))
        .collect();
    sqlx::query(
        "INSERT OR IGNORE INTO folders (job_no, folder_id, resource_key)
         SELECT ?, value ->> 'id', value ->> 'resource_key' FROM json_each(?) ORDER BY key",
    )
    .bind(job.0)
    .bind(serde_json::to_string(&rows)?)
    .execute(on)
    .await?;
    Ok(())
}

/// The folder to list next, noted as being listed; `None` when all are.
pub(super) async fn visit_next(on: &mut SqliteConnection, job: JobNo) -> Result<Option<DriveRef>, Error> {
    loop {
        let next: Option<(String, Option<String>)> = sqlx::query_as(
            "UPDATE folders SET visited = 1 WHERE folder_no =
             (SELECT folder_no FROM folders INDEXED BY folders_to_visit
              WHERE job_no = ? AND visited = 0 ORDER BY folder_no LIMIT 1)
             RETURNING folder_id, resource_key",
        )
        .bind(job.0)
        .fetch_optional(&mut *on)
        .await?;
        let Some((id, resource_key)) = next else { return Ok(None) };
        // only ids that were parsed are ever written
        if let Some(id) = DriveId::parse(&id) {
            return Ok(Some(DriveRef { id, resource_key }));
        }
    }
}
