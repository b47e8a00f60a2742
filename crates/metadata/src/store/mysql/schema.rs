//! Migrations on MySQL and MariaDB, where DDL commits at once: one replica at a time, and what a killed start left
//! half-done is done again.

use sqlx::{Connection, MySqlConnection, MySqlPool, migrate::Migrator};

use super::{super::Result, triggers};

static MIGRATIONS: Migrator = Migrator {
    // the driver's own lock waits with a negative time, which MariaDB refuses
    locking: false,
    // a newer version may have been here; it only adds
    ignore_missing: true,
    ..sqlx::migrate!("migrations/mysql")
};

/// Brings the schema up to date, one process at a time; false when the triggers cannot be made.
pub(super) async fn bring_up_to_date(pool: &MySqlPool) -> Result<bool> {
    // off the pool: the lock ends with the connection, whatever happens
    let mut connection = pool.acquire().await?.detach();
    lock(&mut connection).await?;
    forget_half_done(&mut connection).await?;
    MIGRATIONS.run_direct(None, &mut connection, false).await?;
    let is_tracking = triggers::ensure(&mut connection, true).await?;
    connection.close().await?;
    Ok(is_tracking)
}

async fn lock(connection: &mut MySqlConnection) -> Result<()> {
    let locked: Option<i64> =
        sqlx::query_scalar("SELECT GET_LOCK(CONCAT('image-import schema ', MD5(DATABASE())), 30)")
            .fetch_one(connection)
            .await?;
    if locked == Some(1) { Ok(()) } else { Err(sqlx::Error::PoolTimedOut.into()) }
}

/// Every statement of a migration may run twice, so one that did not come to its end is simply run again.
async fn forget_half_done(connection: &mut MySqlConnection) -> Result<()> {
    let noted: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_name = '_sqlx_migrations'",
    )
    .fetch_one(&mut *connection)
    .await?;
    if noted > 0 {
        sqlx::query("DELETE FROM _sqlx_migrations WHERE success = FALSE").execute(connection).await?;
    }
    Ok(())
}

/// Whoever has it folds, counts anew or makes blocks; it ends with the connection.
pub(super) async fn try_lock(connection: &mut MySqlConnection) -> Result<bool> {
    let locked: Option<i64> =
        sqlx::query_scalar("SELECT GET_LOCK(CONCAT('image-import counts ', MD5(DATABASE())), 0)")
            .fetch_one(connection)
            .await?;
    Ok(locked == Some(1))
}

/// The indexes of `images`: an administrator may have dropped some.
pub(super) async fn indexes(pool: &MySqlPool) -> Result<Vec<String>> {
    let names = sqlx::query_scalar(
        "SELECT DISTINCT CAST(index_name AS CHAR) FROM information_schema.statistics \
         WHERE table_schema = DATABASE() AND table_name = 'images'",
    );
    Ok(names.fetch_all(pool).await?)
}
