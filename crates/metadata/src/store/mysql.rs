//! MySQL and MariaDB. Transactions run at READ COMMITTED: without gap locks, writers of different images never wait
//! for one another.

mod build;
mod counts;
mod deep;
mod fold;
mod lists;
mod releases;
mod schema;
mod steps;
mod triggers;

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use client::{metadata::Image, retry::Backoff};
use sqlx::{
    Executor, MySqlPool, Row as _,
    mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlRow},
};

use super::{
    Result, StoreError,
    change::{Change, Create, Created, Outcome},
    row::{Row, columns, shown_time},
    sql::select_images,
    tracking::{Dialect, Unfolded},
};
use crate::config::MySql;
use steps::MySqlSteps;

pub(crate) use triggers::Refusal;

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
    /// Told when this process has changed a row.
    pub(super) unfolded: Arc<Unfolded>,
    /// True while the triggers are known to be there: counts may be relied on.
    is_tracking: Arc<AtomicBool>,
    /// How the columns of `images` compare.
    dialect: Dialect,
    /// The indexes of `images`.
    indexes: Arc<[String]>,
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
        let is_tracking = schema::bring_up_to_date(&pool).await?;
        let dialect = counts::dialect(&pool).await?;
        let indexes = schema::indexes(&pool).await?.into();
        Ok(Self {
            pool,
            unfolded: Arc::default(),
            is_tracking: Arc::new(is_tracking.into()),
            dialect,
            indexes,
        })
    }

    pub(super) fn connections_in_use(&self) -> (usize, usize) {
        let open = self.pool.size() as usize;
        (open.saturating_sub(self.pool.num_idle()), CONNECTIONS as usize)
    }

    pub(super) async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    pub(super) async fn create(&self, create: Create) -> Result<Created> {
        self.run(create).await
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
            self.unfolded.add();
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
        let marks = vec!["?"; drive_ids.len()].join(", ");
        let mut query = select_images!(COLUMNS, format!("WHERE google_drive_id IN ({marks})"));
        for id in drive_ids {
            query = query.bind(id);
        }
        // as many texts as there are numbers of ids: not worth keeping
        let rows = query.persistent(false).fetch_all(&self.pool).await?;
        rows.iter().map(|row| decode(row).map(|row| row.image)).collect()
    }

    pub(super) async fn walk(&self, after: i64, limit: u32) -> Result<Vec<Image>> {
        let query = select_images!(COLUMNS, "WHERE id > ? ORDER BY id LIMIT ?").bind(after).bind(limit);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(decode(row)?.image)).collect()
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
