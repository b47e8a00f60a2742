//! A MariaDB of one test.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
};

use sqlx::{ConnectOptions, Connection, mysql::MySqlConnectOptions};

use super::{LIMIT, Server, path_with_sbin};
use crate::wait_for;

/// Name of its database.
const DATABASE: &str = "image_import";
/// Who may use it.
const USER: &str = "app";
/// The password; no log may show it.
const PASSWORD: &str = "canary-db-password";

/// The server, with one empty database.
#[derive(Debug)]
pub struct MariaDb {
    server: Server,
}

impl MariaDb {
    /// Starts one that keeps its data in `dir`.
    ///
    /// # Panics
    /// When it is not installed, or does not start.
    pub async fn start(dir: &Path) -> Self {
        Self::start_with(dir, 64).await
    }

    /// The same with so much memory for its pages.
    ///
    /// # Panics
    /// When it is not installed, or does not start.
    pub async fn start_with(dir: &Path, buffer_pool_mib: u32) -> Self {
        let dir = dir.join("mariadb");
        std::fs::create_dir_all(&dir).expect("make a folder");
        let data = dir.join("data").display().to_string();
        // a server that starts clears the temporary tables of all others out of the usual folder
        let tmp = dir.join("tmp");
        std::fs::create_dir_all(&tmp).expect("make a folder");
        install(&data, &tmp).await;
        let port = crate::ports::free_port();
        let mut arguments: Vec<String> = [
            "--no-defaults",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_unicode_ci",
        ]
        .map(str::to_owned)
        .to_vec();
        let socket = dir.join("my.sock").display().to_string();
        arguments.extend([
            format!("--innodb-buffer-pool-size={buffer_pool_mib}M"),
            format!("--user={}", user()),
            format!("--datadir={data}"),
            format!("--tmpdir={}", tmp.display()),
            format!("--port={port}"),
            format!("--socket={socket}"),
            format!("--pid-file={}", dir.join("my.pid").display()),
        ]);
        let mut server = Server::new("mariadbd", arguments, &dir, port);
        server.start().await;
        make_database(&socket).await;
        Self { server }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The settings that point the metadata service at it, by way of `through`.
    pub fn settings(through: SocketAddr) -> Vec<(String, String)> {
        [
            ("DB_SERVER", through.ip().to_string()),
            ("DB_PORT", through.port().to_string()),
            ("DB_NAME", DATABASE.to_owned()),
            ("DB_USER", USER.to_owned()),
            ("DB_PASSWORD", PASSWORD.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// A URL of its database, for whoever looks into it directly.
    pub fn database_url(&self) -> String {
        format!("mysql://{USER}:{PASSWORD}@{}/{DATABASE}", self.address())
    }

    /// Bytes of memory that it occupies, where the system tells.
    pub fn resident_bytes(&self) -> Option<u64> {
        self.server.resident_bytes()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Stops in order.
    ///
    /// # Panics
    /// When it does not stop.
    pub async fn stop(&mut self) {
        self.server.stop().await;
    }

    /// Starts again with the same data.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_again(&mut self) {
        self.server.start().await;
    }
}

async fn install(data: &str, tmp: &Path) {
    let mut command = tokio::process::Command::new("mariadb-install-db");
    command.env("PATH", path_with_sbin()).env("TMPDIR", tmp).args([
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
    ]);
    command.arg(format!("--user={}", user())).arg(format!("--datadir={data}"));
    let installed = command.stdin(Stdio::null()).output().await.expect("run mariadb-install-db");
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
}

/// The server refuses to run as root unless it is told to.
fn user() -> String {
    let name = Command::new("id").arg("-un").output().expect("ask who this is");
    String::from_utf8_lossy(&name.stdout).trim().to_owned()
}

async fn make_database(socket: &str) {
    let root = MySqlConnectOptions::new().socket(socket).username("root");
    let connect = || async { root.connect().await.map_err(|error| error.to_string()) };
    let connected = wait_for("MariaDB takes root", LIMIT, connect, Result::is_ok).await;
    let mut connection = connected.expect("it is connected");
    let statements = format!(
        "CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
         CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
         GRANT ALL ON {DATABASE}.* TO '{USER}'@'127.0.0.1'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await.expect("make a database");
    let _ = connection.close().await;
}
