//! MySQL and MariaDB. Transactions run at READ COMMITTED: without gap locks, writers of different images never wait
//! for one another.

mod releases;
mod schema;
mod steps;

use std::time::Duration;

use client::{
    metadata::{Image, Stats},
    retry::Backoff,
};
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, Executor, MySqlPool, Row as _,
    mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlRow},
};

use super::{
    Cursor, Result, Row, Start, StoreError,
    change::{Change, Outcome},
    row::{batch_sql, bind_batch, columns, shown_time},
    sql::{COUNT, COUNT_OF_PROVIDER, select_images, select_known},
};
use crate::config::MySql;
use steps::MySqlSteps;

/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(3);
/// Connections of one process.
const CONNECTIONS: u32 = 16;
/// How often a change is tried when others are faster.
const TRIES: u32 = 8;
/// `AS`: an alias `created_at` would take the place of the column in ORDER BY, and its index.
const COLUMNS: &str = columns!("CAST(created_at AS CHAR) AS created_text");

/// The rows in MySQL or MariaDB.
#[derive(Debug, Clone)]
pub(crate) struct MySqlStore {
    pool: MySqlPool,
}

impl MySqlStore {
    /// Connects and brings the schema up to date.
    pub(super) async fn open(settings: &MySql) -> Result<Self> {
        client::http::install_tls();
        let pool = MySqlPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    let session = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
                                   SET SESSION innodb_lock_wait_timeout = 10";
                    connection.execute(session).await.map(drop)
                })
            })
            .connect_lazy_with(options(settings));
        schema::bring_up_to_date(&pool).await?;
        Ok(Self { pool })
    }

    pub(super) async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Runs a change in a transaction of its own, again while others are faster.
    pub(super) async fn run<C: Change>(&self, change: C) -> Result<C::Done> {
        let mut tries = 1;
        loop {
            match self.try_once(&change).await {
                Err(StoreError::Raced(_)) if tries < TRIES => {
                    tokio::time::sleep(Backoff::SERVICE.wait(tries, None) / 10).await;
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    async fn try_once<C: Change>(&self, change: &C) -> Result<C::Done> {
        let mut transaction = self.pool.begin().await?;
        let done = change.apply(&mut MySqlSteps { connection: &mut transaction }).await?;
        if done.is_to_be_kept() {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        Ok(done)
    }

    pub(super) async fn image(&self, id: i64) -> Result<Option<Image>> {
        let query = select_images!(COLUMNS, "WHERE id = ?").bind(id);
        Ok(query.fetch_optional(&self.pool).await?.map(|row| decode(&row)).transpose()?.map(|row| row.image))
    }

    pub(super) async fn image_of(&self, drive_id: &str) -> Result<Option<Image>> {
        let query = select_images!(COLUMNS, "WHERE google_drive_id = ?").bind(drive_id);
        Ok(query.fetch_optional(&self.pool).await?.map(|row| decode(&row)).transpose()?.map(|row| row.image))
    }

    pub(super) async fn known(&self, drive_ids: &[String]) -> Result<Vec<Image>> {
        let rows = select_known!(COLUMNS, drive_ids).fetch_all(&self.pool).await?;
        rows.iter().map(|row| decode(row).map(|row| row.image)).collect()
    }

    pub(super) async fn count(&self, provider: Option<&str>) -> Result<u64> {
        let query = match provider {
            None => sqlx::query_scalar(COUNT),
            Some(provider) => sqlx::query_scalar(COUNT_OF_PROVIDER).bind(provider),
        };
        let count: i64 = query.fetch_one(&self.pool).await?;
        Ok(count.unsigned_abs())
    }

    pub(super) async fn select(&self, provider: Option<&str>, start: &Start, limit: u64) -> Result<Vec<Row>> {
        let sql = batch_sql(COLUMNS, provider.is_some(), start);
        let query = bind_batch!(sqlx::query(AssertSqlSafe(sql)), provider, start, limit);
        query.fetch_all(&self.pool).await?.iter().map(decode).collect()
    }

    pub(super) async fn walk(&self, after: i64, limit: u32) -> Result<Vec<Image>> {
        let query = select_images!(COLUMNS, "WHERE id > ? ORDER BY id LIMIT ?").bind(after).bind(limit);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(decode(row)?.image)).collect()
    }

    pub(super) async fn stats(&self) -> Result<Stats> {
        let row = sqlx::query(
            "SELECT COUNT(*), CAST(COALESCE(SUM(storage_provider = 'aws'), 0) AS SIGNED), \
             CAST(COALESCE(SUM(size), 0) AS CHAR) FROM images",
        )
        .fetch_one(&self.pool)
        .await?;
        let bytes: String = row.try_get(2)?;
        let bytes: Value =
            bytes.parse::<i64>().map_or_else(|_| bytes.parse::<f64>().unwrap_or(0.0).into(), Value::from);
        Ok(super::row::stats(row.try_get::<i64, _>(0)?, row.try_get::<i64, _>(1)?, bytes))
    }
}

/// How the settings say to connect.
pub(crate) fn options(settings: &MySql) -> MySqlConnectOptions {
    let mut options = MySqlConnectOptions::new()
        .host(&settings.server)
        .port(settings.port)
        .username(&settings.user)
        .database(&settings.name)
        .ssl_mode(settings.ssl_mode);
    if !settings.password.expose().is_empty() {
        options = options.password(settings.password.expose());
    }
    if let Some(ca) = &settings.ssl_ca {
        options = options.ssl_ca(ca);
    }
    options
}

fn decode(row: &MySqlRow) -> Result<Row> {
    let created_at: Option<String> = row.try_get(7)?;
    let image = Image {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        google_drive_id: row.try_get(2)?,
        size: row.try_get::<i64, _>(3)?.into(),
        mime_type: row.try_get(4)?,
        storage_path: row.try_get(5)?,
        storage_provider: row.try_get(6)?,
        created_at: created_at.as_deref().map(shown_time),
        md5: row.try_get(8)?,
        source_md5: row.try_get(9)?,
        source_checksum: row.try_get(10)?,
        sha256: row.try_get(11)?,
        job_id: row.try_get(12)?,
        width: row.try_get(13)?,
        height: row.try_get(14)?,
        content_type: row.try_get(15)?,
        content_url: None,
        thumbnail_url: None,
        drive_url: None,
    };
    Ok(Row { image, created_at })
}
