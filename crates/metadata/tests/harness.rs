//! A service on a fresh database of either engine, asked through its whole router.

use std::{future::Future, path::PathBuf, time::Duration};

use axum::{Router, body::Body};
use client::Secret;
use http_body_util::BodyExt;
use metadata::{App, Config, Database, MySql, ReleaseTimes};
use serde_json::{Value, json};
use service::Shutdown;
use sqlx::{Connection, Executor, MySqlConnection, mysql::MySqlConnectOptions, mysql::MySqlSslMode};
use tower::ServiceExt;

/// Declares each claim once for SQLite and once for MariaDB.
macro_rules! on_both_engines {
    ($($claim:ident),+ $(,)?) => {
        mod sqlite_engine {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $claim() {
                super::$claim($crate::harness::Place::sqlite()).await;
            })+
        }
        mod mysql_engine {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $claim() {
                super::$claim($crate::harness::Place::mysql().await).await;
            })+
        }
    };
}
pub(crate) use on_both_engines;

/// A fresh database, gone when this is dropped.
pub(crate) enum Place {
    /// A file in a directory of its own.
    Sqlite(tempfile::TempDir),
    /// A database of its own.
    MySql(MySql),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) async fn mysql() -> Self {
        let env = service::Env::from_process_without_file();
        let Some(url) = env.get("TEST_MYSQL_URL") else {
            panic!("TEST_MYSQL_URL is not set: start the tests through tests/run, which provides MariaDB")
        };
        Self::on_server(url).await
    }

    /// On a server of MySQL, as a user who may do everything.
    pub(crate) async fn on_server(url: &str) -> Self {
        let url: url::Url = url.parse().unwrap();
        let settings = MySql {
            server: url.host_str().unwrap().to_owned(),
            port: url.port().unwrap_or(3306),
            name: format!("metadata_{}", uuid::Uuid::new_v4().simple()),
            user: url.username().to_owned(),
            password: Secret::new(url.password().unwrap_or_default()),
            ssl_mode: MySqlSslMode::Preferred,
            ssl_ca: None,
        };
        statement(&settings, format!("CREATE DATABASE {}", settings.name)).await;
        Self::MySql(settings)
    }

    pub(crate) fn is_mysql(&self) -> bool {
        matches!(self, Self::MySql(_))
    }

    pub(crate) fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(place) => place.path().join("images.db"),
            Self::MySql(_) => unreachable!("MySQL has no file"),
        }
    }

    pub(crate) fn config(&self) -> Config {
        let database = match self {
            Self::Sqlite(_) => Database::Sqlite { path: self.file() },
            Self::MySql(settings) => Database::MySql(settings.clone()),
        };
        let nobody = "http://127.0.0.1:9/".parse().unwrap();
        Config {
            database,
            storage_url: nobody,
            internal_token: None,
            traces: None,
            url_signer: None,
            release: ReleaseTimes::default(),
        }
    }

    pub(crate) fn start(&self) -> Service {
        Service::start(self.config())
    }

    /// Runs statements as another program would, one after the other.
    pub(crate) async fn execute(&self, statements: &str) {
        match self {
            Self::Sqlite(_) => {
                let mut connection = sqlx::SqliteConnection::connect(&self.sqlite_url()).await.unwrap();
                connection.execute(sqlx::AssertSqlSafe(statements.to_owned())).await.unwrap();
                connection.close().await.unwrap();
            }
            Self::MySql(settings) => {
                statement(settings, format!("USE {}; {statements}", settings.name)).await;
            }
        }
    }

    /// One number that a query answers.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(query.to_owned());
        match self {
            Self::Sqlite(_) => {
                let mut connection = sqlx::SqliteConnection::connect(&self.sqlite_url()).await.unwrap();
                sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
            }
            Self::MySql(settings) => {
                let options = options(settings).database(&settings.name);
                let mut connection = MySqlConnection::connect_with(&options).await.unwrap();
                sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// All numbers that a query answers.
    pub(crate) async fn numbers(&self, query: &str) -> Vec<i64> {
        let query = sqlx::AssertSqlSafe(query.to_owned());
        match self {
            Self::Sqlite(_) => {
                let mut connection = sqlx::SqliteConnection::connect(&self.sqlite_url()).await.unwrap();
                sqlx::query_scalar(query).fetch_all(&mut connection).await.unwrap()
            }
            Self::MySql(settings) => {
                let options = options(settings).database(&settings.name);
                let mut connection = MySqlConnection::connect_with(&options).await.unwrap();
                sqlx::query_scalar(query).fetch_all(&mut connection).await.unwrap()
            }
        }
    }

    fn sqlite_url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.file().display())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self::MySql(settings) = self else { return };
        let settings = settings.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(statement(&settings, format!("DROP DATABASE IF EXISTS {}", settings.name)));
        });
        let _ = dropping.join();
    }
}

fn options(settings: &MySql) -> MySqlConnectOptions {
    client::http::install_tls();
    let options =
        MySqlConnectOptions::new().host(&settings.server).port(settings.port).username(&settings.user);
    match settings.password.expose() {
        "" => options,
        password => options.password(password),
    }
}

async fn statement(settings: &MySql, sql: String) {
    let mut connection = MySqlConnection::connect_with(&options(settings)).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
}

/// A running service; it stops when this is dropped.
pub(crate) struct Service {
    router: Router,
    shutdown: Shutdown,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Service {
    pub(crate) fn start(config: Config) -> Self {
        let shutdown = Shutdown::new();
        Self { router: metadata::served(App::build(config, &shutdown)), shutdown }
    }

    pub(crate) async fn send(&self, request: http::Request<Body>) -> http::Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut request = http::Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.send(request.body(body).unwrap()).await;
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, None).await
    }

    /// Makes a row, which must be new.
    pub(crate) async fn create(&self, body: &Value) -> Value {
        let answer = self.post("/images", body).await;
        assert_eq!(answer.status, 201, "{body} -> {}", answer.body);
        answer.body
    }

    /// Stops and waits for the background work.
    pub(crate) async fn stop(self) {
        self.shutdown.stop();
        assert!(self.shutdown.drain(Duration::from_secs(10)).await);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.shutdown.stop();
    }
}

/// A body for `POST /images`, everything in it made of `id`.
pub(crate) fn image(id: &str) -> Value {
    json!({"name": format!("{id}.jpg"), "google_drive_id": id, "size": 100, "mime_type": "image/jpeg",
           "storage_path": format!("https://b/{id}"), "storage_provider": "aws"})
}

/// `body` with one field more, or another value of it.
pub(crate) fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body[field] = value.into();
    body
}

/// Asks again and again until `probe` answers; fails after 20 s.
pub(crate) async fn wait_for<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut probe: impl FnMut() -> F,
) -> T {
    let patience = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            if let Some(found) = probe().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    patience.await.unwrap_or_else(|_| panic!("waited in vain for: {what}"))
}
