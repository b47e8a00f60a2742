//! MySQL or MariaDB: reachable, as whom, over TLS, with which rights and which character set?

mod triggers;

use service::finding::{Finding, in_time};
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, Row as _, mysql::MySqlDatabaseError,
};
use uuid::Uuid;

use super::are_complete;
use crate::{config::MySql, store::mysql_options};

const REACH: &str = "database.reach";
const TLS: &str = "database.tls";
const RIGHTS: &str = "database.rights";
const CHARSET: &str = "database.charset";
const ENGINE: &str = "database.engine";

const RELEASES: &str = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND \
                        table_name = 'released_objects'";

/// Statements on no row, each of which needs one right.
const WORK: [(&str, &str); 4] = [
    ("SELECT", "SELECT id FROM images WHERE id < 0"),
    ("INSERT", "INSERT INTO images (name) SELECT name FROM images WHERE id < 0"),
    ("UPDATE", "UPDATE images SET name = name WHERE id < 0"),
    ("DELETE", "DELETE FROM images WHERE id < 0"),
];

/// Looks at the server and the database.
pub(super) async fn check(settings: &MySql) -> Vec<Finding> {
    client::http::install_tls();
    let options = mysql_options(settings);
    let mut connection = match in_time(MySqlConnection::connect_with(&options)).await {
        None => return vec![unreachable(settings, "no answer in time")],
        Some(Err(error)) => return vec![not_let_in(settings, &error)],
        Some(Ok(connection)) => connection,
    };
    let table = format!("image_import_doctor_{}", Uuid::new_v4().simple());
    let findings = in_time(look(&mut connection, settings, &table)).await;
    // an error on the way out is no finding, and neither is silence
    let _ = in_time(connection.close()).await;
    findings.unwrap_or_else(|| {
        let mut slow = Finding::too_slow(REACH, "the database");
        let stays = format!(" If there is a table `{table}`, drop it: it was made to try the rights.");
        slow.fix = slow.fix.map(|fix| fix + &stays);
        vec![slow]
    })
}

async fn look(connection: &mut MySqlConnection, settings: &MySql, table: &str) -> Vec<Finding> {
    let version = text(connection, "SELECT VERSION()").await.unwrap_or_default();
    let found = format!("{version} at {}:{} takes the user and the password", settings.server, settings.port);
    let mut findings = vec![Finding::ok(REACH, found)];
    findings.push(tls(connection, settings).await);
    let columns = columns(connection).await;
    let releases = text(connection, RELEASES).await;
    let tables = super::tables(&columns, releases.as_deref() == Some("1"));
    let complete = are_complete(&tables, &columns);
    findings.push(tables);
    findings.push(rights(connection, settings, table, !columns.is_empty(), complete).await);
    let grant = format!("GRANT TRIGGER ON `{}`.* TO {};", settings.name, account(connection, settings).await);
    findings.push(triggers::check(connection, table, &grant).await);
    if columns.is_empty() {
        findings.push(Finding::ok(CHARSET, "the tables will be made with utf8mb4"));
    } else {
        findings.push(charset(connection).await);
        findings.push(engine(connection).await);
    }
    findings
}

fn unreachable(settings: &MySql, why: &str) -> Finding {
    Finding::failed(
        REACH,
        format!("nothing answers at {}:{} ({why})", settings.server, settings.port),
        "Start the database, check DB_SERVER and DB_PORT, and that its firewall and `bind-address` let this machine \
         in. In containers, a database on the same computer is DB_SERVER=host.docker.internal.",
    )
}

fn not_let_in(settings: &MySql, error: &sqlx::Error) -> Finding {
    let MySql { server, name, user, .. } = settings;
    let refusal = match error {
        sqlx::Error::Database(refusal) => refusal.try_downcast_ref::<MySqlDatabaseError>(),
        sqlx::Error::Tls(_) => {
            return Finding::failed(
                TLS,
                "the secure connection fails: the server has no TLS, or a certificate that is not trusted",
                "Set DB_SSL_CA to the certificates that the server's comes from, or DB_SSL_MODE=preferred if the way \
                 to it is safe.",
            );
        }
        // the driver has no RSA, by which such a user's password could go over an open connection
        sqlx::Error::Configuration(_) => {
            return Finding::failed(
                TLS,
                "the server lets this user in over TLS only (caching_sha2_password), and the connection has none",
                "Switch TLS on at the server (MySQL 8 makes its own certificate at its first start), and leave DB_SSL_MODE \
                 unset.",
            );
        }
        sqlx::Error::Io(error) => return unreachable(settings, &error.kind().to_string()),
        _ => None,
    };
    let (found, fix) = match refusal.map(MySqlDatabaseError::number) {
        Some(1045 | 1698) => (
            "the user or the password is refused".to_owned(),
            format!(
                "Check DB_USER and DB_PASSWORD. To make the user: CREATE USER '{user}'@'%' IDENTIFIED BY '…'; GRANT \
                 ALL ON `{name}`.* TO '{user}'@'%';"
            ),
        ),
        Some(1049) => (
            format!("there is no database `{name}`"),
            format!("Make it: CREATE DATABASE `{name}` CHARACTER SET utf8mb4; or correct DB_NAME."),
        ),
        Some(1044) => (
            format!("the user may not use the database `{name}`, or it is not there"),
            format!(
                "As an administrator: CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4; GRANT ALL ON \
                 `{name}`.* TO '{user}'@'%';"
            ),
        ),
        Some(1130) => (
            "the server lets nobody in from this machine".to_owned(),
            format!("Make the user for this machine: CREATE USER '{user}'@'%' IDENTIFIED BY '…';"),
        ),
        Some(1040) => (
            "the server has too many connections".to_owned(),
            "Raise max_connections, or stop other programs that use it.".to_owned(),
        ),
        Some(number) => (
            format!("the server refuses the connection (error {number})"),
            format!("Look the error up in the log of the server at {server}."),
        ),
        None => (
            "what answers does not speak MySQL".to_owned(),
            "Check DB_SERVER and DB_PORT: MySQL and MariaDB listen on 3306.".to_owned(),
        ),
    };
    Finding::failed(REACH, found, fix)
}

async fn tls(connection: &mut MySqlConnection, settings: &MySql) -> Finding {
    let cipher = match sqlx::query("SHOW SESSION STATUS LIKE 'Ssl_cipher'").fetch_optional(connection).await {
        Ok(Some(row)) => row.try_get::<String, _>(1).unwrap_or_default(),
        _ => String::new(),
    };
    let here = matches!(settings.server.as_str(), "localhost" | "127.0.0.1" | "::1" | "host.docker.internal");
    match (cipher.is_empty(), here) {
        (false, _) => Finding::ok(TLS, format!("the connection is encrypted ({cipher})")),
        (true, true) => Finding::ok(TLS, "not encrypted; the server is on this machine"),
        (true, false) => Finding::warning(
            TLS,
            "the connection is not encrypted: rows travel in the clear",
            "Switch TLS on at the server, and set DB_SSL_MODE=required; or leave it so in a network of your own.",
        ),
    }
}

/// The account that the server took the user for, as `GRANT` names it: a host is part of it.
async fn account(connection: &mut MySqlConnection, settings: &MySql) -> String {
    let account: Option<String> =
        sqlx::query_scalar("SELECT CURRENT_USER()").fetch_one(connection).await.ok();
    let account = account.unwrap_or_else(|| format!("{}@%", settings.user));
    let (user, host) = account.rsplit_once('@').unwrap_or((&account, "%"));
    format!("'{user}'@'{host}'")
}

/// Can the tables be made and changed, and rows written?
async fn rights(
    connection: &mut MySqlConnection,
    settings: &MySql,
    table: &str,
    has_table: bool,
    is_complete: bool,
) -> Finding {
    let grant = format!(
        "As an administrator: GRANT ALL ON `{}`.* TO {};",
        settings.name,
        account(connection, settings).await
    );
    let mut missing = Vec::new();
    for (right, statement) in WORK.iter().filter(|_| has_table) {
        if is_denied(connection.execute(*statement).await.err().as_ref()) {
            missing.push(*right);
        }
    }
    let may_make = try_to_make(connection, table).await;
    if !missing.is_empty() {
        return Finding::failed(RIGHTS, format!("the user lacks {}", missing.join(", ")), grant);
    }
    match may_make {
        Ok(()) if has_table => Finding::ok(RIGHTS, "rows can be written, tables made and changed"),
        Ok(()) => Finding::ok(RIGHTS, "tables can be made and changed"),
        Err(right) if is_complete => Finding::warning(
            RIGHTS,
            format!("rows can be written, but the user lacks {right}, which a later version may need"),
            grant,
        ),
        Err(right) => Finding::failed(
            RIGHTS,
            format!("the tables cannot be made or changed: the user lacks {right}"),
            grant,
        ),
    }
}

/// Makes, changes and removes `table`, a name that nobody else has; the right that was missing, if one was.
async fn try_to_make(connection: &mut MySqlConnection, table: &str) -> Result<(), &'static str> {
    let steps = [
        ("CREATE", format!("CREATE TABLE {table} (id INT)")),
        ("ALTER", format!("ALTER TABLE {table} ADD COLUMN name INT")),
        ("INDEX", format!("CREATE INDEX by_name ON {table} (name)")),
        ("DROP", format!("DROP TABLE {table}")),
    ];
    let mut outcome = Ok(());
    for (right, statement) in steps {
        // once it is made, it goes, whatever comes between
        let goes_on = outcome.is_ok() || right == "DROP" && outcome != Err("CREATE");
        if goes_on && connection.execute(AssertSqlSafe(statement)).await.is_err() && outcome.is_ok() {
            outcome = Err(right);
        }
    }
    outcome
}

async fn charset(connection: &mut MySqlConnection) -> Finding {
    let sql = "SELECT character_set_name FROM information_schema.columns WHERE table_schema = DATABASE() AND \
               table_name = 'images' AND column_name = 'name'";
    match text(connection, sql).await.as_deref() {
        Some("utf8mb4") => Finding::ok(CHARSET, "every character of a file name can be stored (utf8mb4)"),
        Some(other) => Finding::warning(
            CHARSET,
            format!(
                "names have the character set {other}: one with emoji cannot be stored, and such an image fails"
            ),
            "Make a backup, then: ALTER TABLE images CONVERT TO CHARACTER SET utf8mb4;",
        ),
        None => Finding::skipped(CHARSET, "the server does not tell the character set"),
    }
}

async fn engine(connection: &mut MySqlConnection) -> Finding {
    let sql = "SELECT engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'images'";
    match text(connection, sql).await {
        Some(engine) if engine.eq_ignore_ascii_case("innodb") => {
            Finding::ok(ENGINE, "rows change in transactions (InnoDB)")
        }
        Some(engine) => Finding::failed(
            ENGINE,
            format!(
                "the table is kept by {engine}, which has no transactions: a crash could lose or double rows"
            ),
            "Make a backup, then: ALTER TABLE images ENGINE = InnoDB;",
        ),
        None => Finding::skipped(ENGINE, "the server does not tell the engine"),
    }
}

async fn columns(connection: &mut MySqlConnection) -> Vec<String> {
    let sql = "SELECT CAST(column_name AS CHAR) FROM information_schema.columns WHERE table_schema = DATABASE() AND \
               table_name = 'images'";
    let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(connection).await.unwrap_or_default();
    names.into_iter().map(|name| name.to_ascii_lowercase()).collect()
}

/// The one value of a question, as text.
async fn text(connection: &mut MySqlConnection, sql: &str) -> Option<String> {
    let sql = format!("SELECT CAST(({sql}) AS CHAR)");
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await.ok().flatten()
}

/// No right to do it, as opposed to anything else that can be wrong.
fn is_denied(error: Option<&sqlx::Error>) -> bool {
    let Some(sqlx::Error::Database(error)) = error else { return false };
    let number = error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number);
    matches!(number, Some(1142 | 1143 | 1227 | 1044))
}
