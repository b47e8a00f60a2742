//! The steps of a change in SQLite's SQL. There is one writer: nobody else can change anything in between.

use client::metadata::{Image, Share};
use sqlx::SqliteConnection;

use super::{
    super::{Release, Result, change::Steps, now_ms},
    decode, select,
};
use crate::new_image::NewImage;

/// One transaction.
pub(super) struct SqliteSteps<'a> {
    pub(super) connection: &'a mut SqliteConnection,
}

impl Steps for SqliteSteps<'_> {
    async fn row_of(&mut self, drive_id: &str) -> Result<Option<Image>> {
        let query = sqlx::query(select(" WHERE google_drive_id = ?")).bind(drive_id);
        let row = query.fetch_optional(&mut *self.connection).await?;
        row.map(|row| decode(&row).map(|row| row.image)).transpose()
    }

    async fn row(&mut self, id: i64) -> Result<Option<Image>> {
        let query = sqlx::query(select(" WHERE id = ?")).bind(id);
        let row = query.fetch_optional(&mut *self.connection).await?;
        row.map(|row| decode(&row).map(|row| row.image)).transpose()
    }

    async fn row_with(&mut self, bytes: &Share) -> Result<Option<Image>> {
        let sql = select(" WHERE sha256 = ? AND size = ? AND md5 IS NOT NULL ORDER BY id LIMIT 1");
        let query = sqlx::query(sql).bind(&bytes.sha256).bind(i64::try_from(bytes.size).unwrap_or(i64::MAX));
        let row = query.fetch_optional(&mut *self.connection).await?;
        row.map(|row| decode(&row).map(|row| row.image)).transpose()
    }

    async fn insert(&mut self, image: &NewImage) -> Result<i64> {
        let done = sqlx::query(
            "INSERT INTO images (name, google_drive_id, size, mime_type, storage_path, storage_provider, md5, \
             source_md5, source_checksum, sha256, job_id, width, height, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&image.name)
        .bind(&image.google_drive_id)
        .bind(image.size)
        .bind(&image.mime_type)
        .bind(&image.storage_path)
        .bind(&image.storage_provider)
        .bind(&image.md5)
        .bind(&image.source_md5)
        .bind(&image.source_checksum)
        .bind(&image.sha256)
        .bind(&image.job_id)
        .bind(image.width)
        .bind(image.height)
        // the original's form, always six digits: times are compared as text
        .bind(chrono::Utc::now().format("%Y-%m-%d %H:%M:%S%.6f").to_string())
        .execute(&mut *self.connection)
        .await?;
        Ok(done.last_insert_rowid())
    }

    async fn update(&mut self, id: i64, image: &NewImage) -> Result<()> {
        sqlx::query(
            "UPDATE images SET name = ?, size = ?, mime_type = ?, storage_path = ?, storage_provider = ?, md5 = ?, \
             source_md5 = ?, source_checksum = ?, sha256 = ?, job_id = ?, width = ?, height = ? WHERE id = ?",
        )
        .bind(&image.name)
        .bind(image.size)
        .bind(&image.mime_type)
        .bind(&image.storage_path)
        .bind(&image.storage_provider)
        .bind(&image.md5)
        .bind(&image.source_md5)
        .bind(&image.source_checksum)
        .bind(&image.sha256)
        .bind(&image.job_id)
        .bind(image.width)
        .bind(image.height)
        .bind(id)
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn delete(&mut self, id: i64) -> Result<()> {
        sqlx::query("DELETE FROM images WHERE id = ?").bind(id).execute(&mut *self.connection).await?;
        Ok(())
    }

    async fn is_named(&mut self, storage_path: &str) -> Result<bool> {
        let found: Option<i64> = sqlx::query_scalar("SELECT id FROM images WHERE storage_path = ? LIMIT 1")
            .bind(storage_path)
            .fetch_optional(&mut *self.connection)
            .await?;
        Ok(found.is_some())
    }

    async fn is_released(&mut self, storage_path: &str) -> Result<bool> {
        let found: Option<i32> =
            sqlx::query_scalar("SELECT deletes_left FROM released_objects WHERE storage_path = ?")
                .bind(storage_path)
                .fetch_optional(&mut *self.connection)
                .await?;
        Ok(found.is_some())
    }

    async fn add_release(&mut self, object: &Release) -> Result<()> {
        sqlx::query(
            "INSERT INTO released_objects (storage_path, storage_provider, deletes_left, due_ms) VALUES (?, ?, 2, ?) \
             ON CONFLICT (storage_path) DO UPDATE SET deletes_left = 2, due_ms = excluded.due_ms, failures = 0, \
             claim = NULL",
        )
        .bind(&object.storage_path)
        .bind(&object.storage_provider)
        .bind(now_ms())
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn withdraw_release(&mut self, storage_path: &str) -> Result<()> {
        sqlx::query("DELETE FROM released_objects WHERE storage_path = ?")
            .bind(storage_path)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
}
