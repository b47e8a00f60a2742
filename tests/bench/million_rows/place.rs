//! A stack whose database was filled behind its back, by direct SQL.

use std::{path::Path, time::Duration};

use sqlx::{
    AssertSqlSafe, Connection, Executor, MySqlConnection, SqliteConnection, migrate::Migrator,
    sqlite::SqliteConnectOptions,
};
use tests::{Backend, Stack, drive, wait_for};
use tokio::time::Instant;

use super::rows::{COLUMNS, Rows};

/// Rows of one statement.
const AT_ONCE: u64 = 1000;
/// Statements of one transaction.
const PER_COMMIT: u64 = 20;
/// The last migration of the version before.
const BEFORE: i64 = 2;
/// How long the take-over may last.
const TAKE_OVER: Duration = Duration::from_secs(1800);
/// Memory of a database server: what one has that serves a million rows.
const BUFFER_POOL_MIB: u32 = 1024;

/// The database itself, for whoever looks into it directly.
#[derive(Debug)]
pub(crate) enum Sql {
    Sqlite(SqliteConnection),
    MySql(MySqlConnection),
}

/// A stack with rows, and how long the services took to be ready for them.
pub(crate) struct Place {
    pub(crate) stack: Stack,
    pub(crate) sql: Sql,
    /// Seconds that direct SQL took.
    pub(crate) filled_secs: f64,
    /// Seconds from the start of the metadata service to sums and names being ready.
    pub(crate) ready_secs: f64,
}

impl Place {
    /// Fills the database while the metadata service is down, and waits until that is ready again.
    pub(crate) async fn make(backend: Backend, rows: Rows) -> Self {
        let drive = drive::serving(&serde_json::json!({}));
        let stack = Stack::with(drive).backend(backend).buffer_pool_mib(BUFFER_POOL_MIB);
        let mut stack = stack.set("RUST_LOG", "warn").start().await;
        stack.process("metadata").kill();
        let started = Instant::now();
        let mut sql = Sql::new(&stack).await;
        let bucket = format!("{}/{}", stack.bucket.url, tests::bucket::BUCKET);
        sql.fill(rows, &bucket).await;
        let filled_secs = started.elapsed().as_secs_f64();
        let started = Instant::now();
        stack.process("metadata").start_again();
        // migrations of a million rows take their time, and `/ready` comes after them
        let look = || stack.http.get(format!("{}/ready", stack.url("metadata"))).send();
        let is_ready =
            |seen: &Result<reqwest::Response, _>| seen.as_ref().is_ok_and(|answer| answer.status() == 200);
        wait_for("metadata is ready", TAKE_OVER, look, is_ready).await.expect("it is ready");
        loop {
            match sql.number("SELECT COUNT(*) FROM image_index_state WHERE value = 'ready'").await {
                Some(1) => break,
                _ => assert!(started.elapsed() < TAKE_OVER, "sums and names are not ready in time"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let place = Self { filled_secs, ready_secs: started.elapsed().as_secs_f64(), stack, sql };
        eprintln!("filled in {:.1} s, taken over in {:.1} s", place.filled_secs, place.ready_secs);
        place
    }
}

impl Sql {
    /// A database of the version before, empty.
    async fn new(stack: &Stack) -> Self {
        if let Some(server) = &stack.mariadb {
            let url = server.database_url();
            let mut sql = MySqlConnection::connect(&url).await.expect("connect to MariaDB");
            let (_, name) = url.rsplit_once('/').expect("a database has a name");
            let anew = format!(
                "DROP DATABASE {name}; CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
            );
            sql.execute(AssertSqlSafe(anew)).await.expect("empty the database");
            sql.close().await.expect("close the connection");
            let mut sql = MySqlConnection::connect(&url).await.expect("connect to MariaDB");
            let migrations = Migrator { locking: false, ..before("mysql").await };
            migrations.run_direct(None, &mut sql, false).await.expect("make the tables");
            return Self::MySql(sql);
        }
        let path = stack.dir.path().join("data/images.db");
        for ending in ["", "-wal", "-shm"] {
            let file = format!("{}{ending}", path.display());
            assert!(std::fs::remove_file(&file).is_ok() || !Path::new(&file).exists(), "remove {file}");
        }
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut sql = SqliteConnection::connect_with(&options).await.expect("open SQLite");
        before("sqlite").await.run_direct(None, &mut sql, false).await.expect("make the tables");
        let fast = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000";
        sql.execute(fast).await.expect("set SQLite");
        Self::Sqlite(sql)
    }

    async fn fill(&mut self, rows: Rows, bucket: &str) {
        let is_sqlite = matches!(self, Self::Sqlite(_));
        let time = |second: u64| {
            if is_sqlite {
                format!("strftime('%Y-%m-%d %H:%M:%S.000000', '2020-01-01', '+{second} seconds')")
            } else {
                format!("TIMESTAMPADD(SECOND, {second}, '2020-01-01')")
            }
        };
        let mut open = 0;
        for from in (0..rows.count).step_by(usize::try_from(AT_ONCE).expect("a few")) {
            if open == 0 {
                self.run("BEGIN".to_owned()).await;
            }
            let values = rows.values(from, from + AT_ONCE, bucket, time);
            self.run(format!("INSERT INTO images ({COLUMNS}) VALUES {values}")).await;
            open = (open + 1) % PER_COMMIT;
            if open == 0 {
                self.run("COMMIT".to_owned()).await;
            }
        }
        if open > 0 {
            self.run("COMMIT".to_owned()).await;
        }
        let settle = if is_sqlite { "PRAGMA wal_checkpoint(TRUNCATE)" } else { "ANALYZE TABLE images" };
        self.run(settle.to_owned()).await;
    }

    async fn run(&mut self, statement: String) {
        let statement = AssertSqlSafe(statement);
        match self {
            Self::Sqlite(sql) => drop(sqlx::raw_sql(statement).execute(sql).await.expect("run SQL")),
            Self::MySql(sql) => drop(sqlx::raw_sql(statement).execute(sql).await.expect("run SQL")),
        }
    }

    /// One whole number; `None` where there is no such table yet, or the database is busy.
    pub(crate) async fn number(&mut self, question: &'static str) -> Option<i64> {
        match self {
            Self::Sqlite(sql) => sqlx::query_scalar(question).fetch_one(sql).await.ok(),
            Self::MySql(sql) => sqlx::query_scalar(question).fetch_one(sql).await.ok(),
        }
    }

    /// Ids of rows, newest first: `rest` goes on after the table's name.
    pub(crate) async fn ids(&mut self, rest: &str) -> Vec<i64> {
        let question = AssertSqlSafe(format!("SELECT id FROM images {rest}"));
        match self {
            Self::Sqlite(sql) => {
                sqlx::query_scalar::<_, i64>(question).fetch_all(sql).await.expect("ask SQLite")
            }
            Self::MySql(sql) => sqlx::query_scalar::<_, i32>(question)
                .fetch_all(sql)
                .await
                .expect("ask MariaDB")
                .into_iter()
                .map(i64::from)
                .collect(),
        }
    }

    /// The condition that a name contains this text, byte for byte.
    pub(crate) fn contains(&self, text: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("instr(name, '{text}') > 0"),
            Self::MySql(_) => format!("INSTR(name, BINARY '{text}') > 0"),
        }
    }
}

/// The migrations up to the version before.
async fn before(backend: &str) -> Migrator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/metadata/migrations").join(backend);
    let mut migrator = Migrator::new(folder).await.expect("read the migrations");
    migrator.migrations = migrator.migrations.iter().filter(|step| step.version <= BEFORE).cloned().collect();
    migrator
}
