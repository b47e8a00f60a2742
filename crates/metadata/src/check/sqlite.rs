//! A file of SQLite: can it be made, opened and written?

use std::path::Path;

use service::{
    error::chain,
    finding::{Finding, in_time},
};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, sqlite::SqliteConnectOptions};

const REACH: &str = "database.reach";
const WRITE: &str = "database.write";

/// Looks at the file, which need not be there yet.
pub(super) async fn check(path: &Path) -> Vec<Finding> {
    if !path.exists() {
        let found = format!("SQLite: the metadata service makes {} when it starts", path.display());
        return vec![Finding::ok(REACH, found)];
    }
    in_time(look(path)).await.unwrap_or_else(|| {
        let fix = "Find out which program holds it open, and stop that one.";
        vec![Finding::failed(REACH, format!("{} is locked", path.display()), fix)]
    })
}

async fn look(path: &Path) -> Vec<Finding> {
    let mut connection = match SqliteConnectOptions::new().filename(path).connect().await {
        Ok(connection) => connection,
        Err(error) => return vec![unusable(path, &error)],
    };
    let columns = sqlx::query_scalar("SELECT name FROM pragma_table_info('images')");
    let columns: Vec<String> = match columns.fetch_all(&mut connection).await {
        Ok(columns) => columns,
        Err(error) => return vec![unusable(path, &error)],
    };
    let releases = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE name = 'released_objects'");
    let releases: i64 = releases.fetch_one(&mut connection).await.unwrap_or(0);
    let mut findings = vec![
        Finding::ok(REACH, format!("SQLite: {} can be read", path.display())),
        super::tables(&columns, releases > 0),
    ];
    findings.push(match connection.execute("BEGIN IMMEDIATE; ROLLBACK").await {
        Ok(_) => Finding::ok(WRITE, "the file can be written"),
        Err(error) => Finding::failed(
            WRITE,
            format!("{} cannot be written ({})", path.display(), chain(&error)),
            "Give the user that runs the services the right to write the file and its folder (chown).",
        ),
    });
    // what it says then is of no use any more
    let _ = connection.close().await;
    findings
}

fn unusable(path: &Path, error: &sqlx::Error) -> Finding {
    Finding::failed(
        REACH,
        format!("{} cannot be used ({})", path.display(), chain(error)),
        "Check that it is a file of SQLite and that the user that runs the services may read and write it; put a \
         backup in its place if it is damaged.",
    )
}
