//! MySQL that lets the service make no triggers, or has some that fail.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use client::Secret;
use metadata::{Config, Database, check};
use service::finding::{Finding, Verdict};

use crate::{
    harness::{Place, Service, image, wait_for},
    tracking::{assert_exact, insert, row, settled},
};

/// All that the service needs but for triggers.
const RIGHTS: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, REFERENCES";

/// A user of the database with these rights, and the settings to be one.
async fn user(place: &Place, rights: &str) -> (String, Config) {
    let mut config = place.config();
    let Database::MySql(settings) = &mut config.database else { unreachable!("it is MySQL") };
    let user = format!("plain_{}", &uuid::Uuid::new_v4().simple().to_string()[..16]);
    place.execute(&format!("CREATE USER {user}@'127.0.0.1' IDENTIFIED BY 'canary-plain'")).await;
    place.execute(&format!("GRANT {rights} ON {}.* TO {user}@'127.0.0.1'", settings.name)).await;
    settings.user.clone_from(&user);
    settings.password = Secret::new("canary-plain");
    (user, config)
}

async fn told(config: &Config) -> Finding {
    let findings = check(&config.database).await;
    let triggers = findings.into_iter().find(|finding| finding.check == "database.triggers");
    triggers.expect("triggers are looked at")
}

/// Everything works and every number is right, without a trigger.
async fn assert_works(place: &Place, config: &Config) {
    let service = Service::start(config.clone());
    service.create(&image("a")).await;
    insert(place, &[row("b", 7, "image/png", "gcp", None)]).await;
    assert_exact(place, &service).await;
    assert_eq!(service.get("/images?q=B.J").await.body["images"][0]["google_drive_id"], "b");
    assert_eq!(place.number("SELECT COUNT(*) FROM image_changes").await, 0);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_make_triggers_the_table_is_counted() {
    let place = Place::mysql().await;
    let (user, config) = user(&place, RIGHTS).await;
    assert_works(&place, &config).await;
    let finding = told(&config).await;
    assert_eq!(finding.verdict, Verdict::Warning, "{finding:?}");
    let fix = finding.fix.unwrap_or_default();
    assert!(fix.contains("GRANT TRIGGER ON") && fix.contains(&format!("'{user}'@'127.0.0.1'")), "{fix}");
    // somebody gives the right, and another replica starts
    let other = place.start();
    other.create(&image("c")).await;
    settled(&place).await;
    assert_exact(&place, &other).await;
    place.execute(&format!("DROP USER {user}@'127.0.0.1'")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_of_a_user_who_is_gone_are_made_anew() {
    let place = Place::mysql().await;
    let (user, config) = user(&place, "ALL").await;
    assert_eq!(told(&config).await.verdict, Verdict::Ok);
    let service = Service::start(config);
    service.create(&image("a")).await;
    settled(&place).await;
    service.stop().await;
    place.execute(&format!("DROP USER {user}@'127.0.0.1'")).await;
    let service = place.start();
    service.create(&image("b")).await;
    settled(&place).await;
    assert_exact(&place, &service).await;
    let users = "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND definer LIKE 'plain%'";
    assert_eq!(place.number(users).await, 0);
}

/// A server that writes a binary log, as MySQL 8 does unless told otherwise; gone when this is dropped.
struct LoggingServer {
    process: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl LoggingServer {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = database_command("mariadb-install-db", folder.path())
            .args(["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"])
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success(), "no database was made");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let in_folder = |option: &str, file: &str| format!("{option}={}", folder.path().join(file).display());
        let process = database_command("mariadbd", folder.path())
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--log-bin", "--binlog-format=ROW"])
            .args([format!("--port={port}"), in_folder("--socket", "s"), in_folder("--pid-file", "pid")])
            .args(["--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, folder, port };
        server.administrate("CREATE USER tests@'127.0.0.1' IDENTIFIED BY 'canary-plain'").await;
        server.administrate("GRANT ALL ON *.* TO tests@'127.0.0.1' WITH GRANT OPTION").await;
        server
    }

    /// Runs a statement as root, as soon as the server is up.
    async fn administrate(&self, statement: &str) {
        let socket = self.folder.path().join("s");
        wait_for("the server", || async {
            let client = Command::new("mariadb")
                .args(["--no-defaults", "-u", "root", "-e", statement, "-S"])
                .arg(&socket)
                .output();
            client.unwrap().status.success().then_some(())
        })
        .await;
    }
}

impl Drop for LoggingServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program of MariaDB, which refuses to run as root unless told.
fn database_command(program: &str, folder: &Path) -> Command {
    let path = std::env::join_paths(
        std::env::split_paths(service::Env::from_process_without_file().get("PATH").unwrap_or_default())
            .chain(["/usr/sbin".into()]),
    );
    let mut command = Command::new(program);
    command.env("PATH", path.unwrap()).arg("--no-defaults").arg("--user=root");
    command.arg(format!("--datadir={}", folder.join("data").display()));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_writes_a_log_and_trusts_nobody_is_served_without_triggers() {
    let server = LoggingServer::start().await;
    let place = Place::on_server(&format!("mysql://tests:canary-plain@127.0.0.1:{}", server.port)).await;
    let (_, config) = user(&place, "ALL").await;
    assert_works(&place, &config).await;
    let finding = told(&config).await;
    assert!(finding.verdict == Verdict::Warning && finding.found.contains("1419"), "{finding:?}");
    assert!(finding.fix.unwrap_or_default().contains("log_bin_trust_function_creators"));
    // the advice is right
    server.administrate("SET GLOBAL log_bin_trust_function_creators = 1").await;
    assert_eq!(told(&config).await.verdict, Verdict::Ok);
    let service = Service::start(config);
    service.create(&image("c")).await;
    settled(&place).await;
    assert_exact(&place, &service).await;
    assert!(place.number("SELECT COUNT(*) FROM image_counts").await > 0);
    service.stop().await;
}
