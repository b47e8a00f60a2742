//! Databases for tests: SQLite in the stack's folder, or one of its own on the MySQL server that `tests/run` starts.

use sqlx::{Connection, MySqlConnection};

/// Which database the metadata service of a stack uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// A file in the stack's folder.
    Sqlite,
    /// A new, empty database on the server of `TEST_MYSQL_URL`.
    Mysql,
}

impl Database {
    /// The settings that point the metadata service at it.
    ///
    /// # Panics
    /// When it is MySQL and no server was started for the tests.
    pub async fn settings(self) -> Vec<(String, String)> {
        match self {
            Self::Sqlite => Vec::new(),
            Self::Mysql => new_mysql_database().await,
        }
    }
}

async fn new_mysql_database() -> Vec<(String, String)> {
    let server = mysql_server();
    let name = format!("t_{}", uuid::Uuid::new_v4().simple());
    let mut connection = MySqlConnection::connect(server.as_str()).await.expect("connect to MySQL");
    let create = format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci");
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&mut connection).await.expect("create a database");
    let password = server.password().unwrap_or_default();
    let port = server.port().unwrap_or(3306).to_string();
    [
        ("DB_SERVER", server.host_str().unwrap_or("127.0.0.1")),
        ("DB_PORT", &port),
        ("DB_NAME", &name),
        ("DB_USER", server.username()),
        ("DB_PASSWORD", password),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The server of `TEST_MYSQL_URL`.
///
/// # Panics
/// When the variable is not set: `tests/run` starts a server and sets it.
pub fn mysql_server() -> url::Url {
    let env = service::Env::from_process_without_file();
    let url =
        env.get("TEST_MYSQL_URL").expect("start the tests through tests/run: it provides a MySQL server");
    url.parse().expect("TEST_MYSQL_URL is a URL")
}
