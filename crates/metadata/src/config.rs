//! The settings of the service.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use client::{InternalToken, Secret, signature::UrlSigner};
use service::{Env, env::Reader, traces};
use sqlx::mysql::MySqlSslMode;
use url::Url;

/// Where the original keeps its SQLite file, under the working directory.
const FILE_OF_THE_ORIGINAL: &str = "instance/images.db";

/// What MySQL needs: SQLite is used unless all of them are set.
pub(crate) const MYSQL_SETTINGS: [&str; 4] = ["DB_SERVER", "DB_NAME", "DB_USER", "DB_PASSWORD"];

/// Everything that is set from outside.
#[derive(Debug, Clone)]
pub struct Config {
    /// The database.
    pub database: Database,
    /// `STORAGE_SERVICE_URL`: who deletes released objects. Default `http://localhost:5003`.
    pub storage_url: Url,
    /// `INTERNAL_TOKEN`: what the other services know us by, and we them; unset, everybody is answered.
    pub internal_token: Option<InternalToken>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and what goes with it: where traces go; unset, nowhere.
    pub traces: Option<traces::Settings>,
    /// `API_TOKEN`, where `API_TOKEN_READS` is true: signs the addresses of objects, for browsers that cannot send it.
    pub url_signer: Option<UrlSigner>,
    /// When released objects are deleted. Not a setting.
    pub release: ReleaseTimes,
}

/// Which database.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file: unless all four of `DB_SERVER`, `DB_NAME`, `DB_USER` and `DB_PASSWORD` are set. It is `images.db` in
    /// `DATA_DIR` (default `./.data`); where only the original's `instance/images.db` exists, that one.
    Sqlite {
        /// The file; it is made if missing.
        path: PathBuf,
    },
    /// MySQL or MariaDB.
    MySql(MySql),
}

/// How to reach MySQL or MariaDB.
#[derive(Debug, Clone)]
pub struct MySql {
    /// `DB_SERVER`: its host.
    pub server: String,
    /// `DB_PORT`, default 3306.
    pub port: u16,
    /// `DB_NAME`: the database, which must exist.
    pub name: String,
    /// `DB_USER`.
    pub user: String,
    /// `DB_PASSWORD`.
    pub password: Secret,
    /// `DB_SSL_MODE`: `disabled`, `preferred` (default: TLS where the server has it), `required`, `verify-ca` (default
    /// where `DB_SSL_CA` is set) or `verify-identity`.
    pub ssl_mode: MySqlSslMode,
    /// `DB_SSL_CA`: a file of certificates (PEM) that the server's must come from.
    pub ssl_ca: Option<PathBuf>,
}

/// When released objects are deleted.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseTimes {
    /// From the first delete to the second: twice the longest upload, so that a late one is caught too.
    pub second_delete_after: Duration,
    /// The longest wait between two tries while the storage service fails.
    pub longest_backoff: Duration,
    /// How long a path is refused after its last delete; longer than any job lives.
    pub remembered_for: Duration,
}

impl Default for ReleaseTimes {
    fn default() -> Self {
        Self {
            second_delete_after: Duration::from_secs(2 * 10 * 60),
            longest_backoff: Duration::from_secs(60),
            remembered_for: Duration::from_secs(90 * 24 * 3600),
        }
    }
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every bad value at once, by name.
    pub fn from_env(env: &Env) -> anyhow::Result<Self> {
        let read = env.reader();
        let database = database(&read, Path::new(FILE_OF_THE_ORIGINAL));
        let storage_url = read.url_or("STORAGE_SERVICE_URL", "http://localhost:5003");
        let internal_token = read.internal_token();
        let url_signer = read.url_signer("API_TOKEN", "API_TOKEN_READS");
        let (traces, release) = (read.traces(), ReleaseTimes::default());
        read.finish(Self { database, storage_url, internal_token, traces, url_signer, release })
    }
}

fn database(read: &Reader<'_>, of_the_original: &Path) -> Database {
    match read.text_or("DB_ENGINE", "mysql").to_ascii_lowercase().as_str() {
        "mysql" | "mariadb" => {}
        "mssql" => read.reject(
            "DB_ENGINE",
            "is mssql, which is not supported: move the images table to MySQL or MariaDB and set DB_ENGINE=mysql, \
             or unset the DB_ variables to use SQLite",
        ),
        _ => read.reject("DB_ENGINE", "must be mysql (MariaDB too); unset the DB_ variables to use SQLite"),
    }
    let mysql = mysql(read);
    let data_dir = PathBuf::from(read.text_or("DATA_DIR", "./.data"));
    mysql.map_or_else(|| Database::Sqlite { path: sqlite_file(&data_dir, of_the_original) }, Database::MySql)
}

/// MySQL, if all four of its settings are there. Bad values are rejected even when it is not used.
fn mysql(read: &Reader<'_>) -> Option<MySql> {
    let port = read.parse_or("DB_PORT", 3306, "a port number");
    let ssl_ca = read.text("DB_SSL_CA").map(PathBuf::from);
    if ssl_ca.as_ref().is_some_and(|file| !file.is_file()) {
        read.reject("DB_SSL_CA", "must name a file");
    }
    let ssl_mode = ssl_mode(read, ssl_ca.is_some());
    let server = read.text("DB_SERVER");
    let name = read.text("DB_NAME");
    let user = read.text("DB_USER");
    let password = read.secret("DB_PASSWORD");
    let present = [server.is_some(), name.is_some(), user.is_some(), password.is_some()];
    let missing = MYSQL_SETTINGS.into_iter().zip(present).filter(|(_, present)| !present);
    let missing: Vec<_> = missing.map(|(variable, _)| variable).collect();
    if (1..4).contains(&missing.len()) {
        tracing::warn!("using SQLite: MySQL also needs {}", missing.join(", "));
    }
    Some(MySql { server: server?, port, name: name?, user: user?, password: password?, ssl_mode, ssl_ca })
}

fn ssl_mode(read: &Reader<'_>, has_ca: bool) -> MySqlSslMode {
    let Some(text) = read.text("DB_SSL_MODE") else {
        return if has_ca { MySqlSslMode::VerifyCa } else { MySqlSslMode::Preferred };
    };
    match text.to_ascii_lowercase().replace('_', "-").as_str() {
        "disabled" => MySqlSslMode::Disabled,
        "preferred" => MySqlSslMode::Preferred,
        "required" => MySqlSslMode::Required,
        "verify-ca" => MySqlSslMode::VerifyCa,
        "verify-identity" => MySqlSslMode::VerifyIdentity,
        _ => {
            read.reject("DB_SSL_MODE", "must be disabled, preferred, required, verify-ca or verify-identity");
            MySqlSslMode::Preferred
        }
    }
}

/// The file to use: the original's, if it is the only one there is.
fn sqlite_file(data_dir: &Path, of_the_original: &Path) -> PathBuf {
    let ours = data_dir.join("images.db");
    if !ours.exists() && of_the_original.exists() { of_the_original.to_owned() } else { ours }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MYSQL: [(&str, &str); 4] =
        [("DB_SERVER", "db"), ("DB_NAME", "images"), ("DB_USER", "app"), ("DB_PASSWORD", "canary-secret")];

    fn config(pairs: &[(&str, &str)]) -> anyhow::Result<Config> {
        Config::from_env(&Env::from_pairs(pairs.iter().copied()))
    }

    #[test]
    fn mysql_is_used_if_and_only_if_all_four_settings_are_there() {
        let Database::MySql(mysql) = config(&MYSQL).unwrap().database else { panic!("SQLite") };
        assert_eq!((mysql.server.as_str(), mysql.port), ("db", 3306));
        for left_out in 0..4 {
            let mut some = MYSQL.to_vec();
            some[left_out].1 = " ";
            assert!(matches!(config(&some).unwrap().database, Database::Sqlite { .. }), "{some:?}");
        }
    }

    #[test]
    fn engines_that_are_not_there_are_refused_with_what_to_do() {
        for engine in ["mssql", " MSSQL ", "postgres"] {
            let error = config(&[("DB_ENGINE", engine)]).unwrap_err().to_string();
            assert!(error.contains("DB_ENGINE") && error.contains("SQLite"), "{error}");
        }
        for engine in ["mysql", " MySQL ", ""] {
            assert!(config(&[("DB_ENGINE", engine)]).is_ok(), "{engine}");
        }
    }

    #[test]
    fn tls_follows_its_settings() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let ca = file.path().to_str().unwrap();
        for (mode, ca, expected) in [
            ("", "", MySqlSslMode::Preferred),
            ("", ca, MySqlSslMode::VerifyCa),
            ("VERIFY_IDENTITY", ca, MySqlSslMode::VerifyIdentity),
            ("disabled", "", MySqlSslMode::Disabled),
            ("Required", "", MySqlSslMode::Required),
        ] {
            let mut pairs = MYSQL.to_vec();
            pairs.extend([("DB_SSL_MODE", mode), ("DB_SSL_CA", ca)]);
            let Database::MySql(mysql) = config(&pairs).unwrap().database else { panic!("SQLite") };
            assert_eq!(format!("{:?}", mysql.ssl_mode), format!("{expected:?}"), "{mode} {ca}");
        }
        let error =
            config(&[("DB_SSL_MODE", "maybe"), ("DB_SSL_CA", "nowhere.pem")]).unwrap_err().to_string();
        assert!(error.contains("DB_SSL_MODE") && error.contains("DB_SSL_CA"), "{error}");
    }

    #[test]
    fn the_originals_file_is_used_only_while_there_is_no_other() {
        let place = tempfile::tempdir().unwrap();
        let (ours, theirs) = (place.path().join("images.db"), place.path().join("original.db"));
        assert_eq!(sqlite_file(place.path(), &theirs), ours);
        std::fs::write(&theirs, "").unwrap();
        assert_eq!(sqlite_file(place.path(), &theirs), theirs);
        std::fs::write(&ours, "").unwrap();
        assert_eq!(sqlite_file(place.path(), &theirs), ours);
    }

    #[test]
    fn the_password_is_never_printed() {
        assert!(!format!("{:?}", config(&MYSQL).unwrap()).contains("canary"));
    }
}
