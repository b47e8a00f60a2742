//! The steps of a change in MySQL's SQL. All reads lock what they find (`LOCK IN SHARE MODE`: MariaDB knows no `FOR
//! SHARE`), so they see what others have committed up to now, and wait for what others are about to.

use client::metadata::{Image, Share};
use sqlx::MySqlConnection;

use super::{
    super::{
        Release, Result, StoreError,
        change::Steps,
        now_ms,
        sql::{DELETE, INSERT, UPDATE, WITHDRAW, bind_content, select_images},
    },
    COLUMNS, decode,
};
use crate::new_image::NewImage;

/// One transaction.
pub(super) struct MySqlSteps<'a> {
    pub(super) connection: &'a mut MySqlConnection,
}

impl Steps for MySqlSteps<'_> {
    async fn row_of(&mut self, drive_id: &str) -> Result<Option<Image>> {
        let query = select_images!(COLUMNS, "WHERE google_drive_id = ? FOR UPDATE").bind(drive_id);
        let row = query.fetch_optional(&mut *self.connection).await?;
        row.map(|row| decode(&row).map(|row| row.image)).transpose()
    }

    async fn row(&mut self, id: i64) -> Result<Option<Image>> {
        let query = select_images!(COLUMNS, "WHERE id = ? FOR UPDATE").bind(id);
        let row = query.fetch_optional(&mut *self.connection).await?;
        row.map(|row| decode(&row).map(|row| row.image)).transpose()
    }

    async fn row_with(&mut self, bytes: &Share) -> Result<Option<Image>> {
        let condition =
            "WHERE sha256 = ? AND size = ? AND md5 IS NOT NULL ORDER BY id LIMIT 1 LOCK IN SHARE MODE";
        let query = select_images!(COLUMNS, condition)
            .bind(&bytes.sha256)
            .bind(i64::try_from(bytes.size).unwrap_or(i64::MAX));
        let row = query.fetch_optional(&mut *self.connection).await?;
        row.map(|row| decode(&row).map(|row| row.image)).transpose()
    }

    async fn insert(&mut self, image: &NewImage) -> Result<i64> {
        let query = bind_content!(sqlx::query(INSERT), image).bind(&image.google_drive_id);
        // whole seconds: MariaDB would cut a fraction, MySQL 8 would round it into the future
        let now = chrono::Utc::now().format("%Y-%m-%d %H:%M:%S").to_string();
        let done = query.bind(now).execute(&mut *self.connection).await?;
        Ok(i64::try_from(done.last_insert_id()).unwrap_or(i64::MAX))
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
        let same: Result<Vec<String>, _> =
            sqlx::query_scalar("SELECT storage_path FROM images WHERE storage_path = ? LOCK IN SHARE MODE")
                .bind(storage_path)
                .fetch_all(&mut *self.connection)
                .await;
        let same = match same.map_err(StoreError::from) {
            // what the column cannot hold, no row has
            Err(StoreError::Unstorable(_)) => return Ok(false),
            same => same?,
        };
        // the column's collation may take different paths for one
        Ok(same.iter().any(|path| path == storage_path))
    }

    async fn is_released(&mut self, storage_path: &str) -> Result<bool> {
        let found: Option<i32> = sqlx::query_scalar(
            "SELECT deletes_left FROM released_objects WHERE storage_path = ? LOCK IN SHARE MODE",
        )
        .bind(storage_path.as_bytes())
        .fetch_optional(&mut *self.connection)
        .await?;
        Ok(found.is_some())
    }

    async fn add_release(&mut self, object: &Release) -> Result<()> {
        sqlx::query(
            "INSERT INTO released_objects (storage_path, storage_provider, deletes_left, due_ms) VALUES (?, ?, 2, ?) \
             ON DUPLICATE KEY UPDATE deletes_left = 2, due_ms = VALUES(due_ms), failures = 0, claim = NULL",
        )
        .bind(object.storage_path.as_bytes())
        .bind(&object.storage_provider)
        .bind(now_ms())
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn withdraw_release(&mut self, storage_path: &str) -> Result<()> {
        sqlx::query(WITHDRAW).bind(storage_path.as_bytes()).execute(&mut *self.connection).await?;
        Ok(())
    }
}
