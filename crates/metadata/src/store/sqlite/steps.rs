//! The steps of a change in SQLite's SQL. There is one writer: nobody else can change anything in between.

use client::metadata::{Image, Share};
use sqlx::SqliteConnection;

use super::{
    super::{
        Release, Result,
        change::Steps,
        now_ms,
        sql::{DELETE, INSERT, UPDATE, WITHDRAW, bind_content, select_images},
    },
    COLUMNS, created_now, decode,
};
use crate::new_image::NewImage;

/// One transaction.
pub(super) struct SqliteSteps<'a> {
    pub(super) connection: &'a mut SqliteConnection,
}

impl Steps for SqliteSteps<'_> {
    async fn row_of(&mut self, drive_id: &str) -> Result<Option<Image>> {
        let query = select_images!(COLUMNS, "WHERE google_drive_id = ?").bind(drive_id);
        let row = query.fetch_optional(&mut *self.connection).await?;
        row.map(|row| decode(&row).map(|row| row.image)).transpose()
    }

    async fn row(&mut self, id: i64) -> Result<Option<Image>> {
        let query = select_images!(COLUMNS, "WHERE id = ?").bind(id);
        let row = query.fetch_optional(&mut *self.connection).await?;
        row.map(|row| decode(&row).map(|row| row.image)).transpose()
    }

    async fn row_with(&mut self, bytes: &Share) -> Result<Option<Image>> {
        let condition = "WHERE sha256 = ? AND size = ? AND md5 IS NOT NULL ORDER BY id LIMIT 1";
        let query = select_images!(COLUMNS, condition)
            .bind(&bytes.sha256)
            .bind(i64::try_from(bytes.size).unwrap_or(i64::MAX));
        let row = query.fetch_optional(&mut *self.connection).await?;
        row.map(|row| decode(&row).map(|row| row.image)).transpose()
    }

    async fn insert(&mut self, image: &NewImage) -> Result<i64> {
        let query = bind_content!(sqlx::query(INSERT), image).bind(&image.google_drive_id);
        let done = query.bind(created_now()).execute(&mut *self.connection).await?;
        Ok(done.last_insert_rowid())
    }

    async fn update(&mut self, id: i64, image: &NewImage) -> Result<()> {
        let query = bind_content!(sqlx::query(UPDATE), image).bind(id);
        query.execute(&mut *self.connection).await?;
        Ok(())
    }

    async fn delete(&mut self, id: i64) -> Result<()> {
        sqlx::query(DELETE).bind(id).execute(&mut *self.connection).await?;
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
        sqlx::query(WITHDRAW).bind(storage_path).execute(&mut *self.connection).await?;
        Ok(())
    }
}
