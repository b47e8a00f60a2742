//! Migrations on SQLite: all in one transaction, which only one process can hold.

use sqlx::{ConnectOptions, Connection, migrate::Migrator, sqlite::SqliteConnectOptions};

use super::{super::Result, triggers};

static MIGRATIONS: Migrator = Migrator {
    // a newer version may have been here; it only adds
    ignore_missing: true,
    ..sqlx::migrate!("migrations/sqlite")
};

/// Brings the schema up to date, one process at a time.
pub(super) async fn bring_up_to_date(options: &SqliteConnectOptions) -> Result<()> {
    let mut connection = options.connect().await?;
    let mut alone = connection.begin_with("BEGIN IMMEDIATE").await?;
    MIGRATIONS.run_direct(None, &mut *alone, false).await?;
    triggers::ensure(&mut alone).await?;
    alone.commit().await?;
    Ok(connection.close().await?)
}
