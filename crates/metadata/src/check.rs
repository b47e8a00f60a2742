//! What is to be said about the database before anything relies on it: for `image-import doctor`. Nothing that is there
//! is changed; what is made to try a right is removed again.

mod mysql;
mod sqlite;

use service::{
    Env,
    finding::{Finding, Verdict},
};

use crate::config::{Database, MYSQL_SETTINGS};

/// The columns of the original, and ours.
const COLUMNS: [&str; 16] = [
    "id",
    "name",
    "google_drive_id",
    "size",
    "mime_type",
    "storage_path",
    "storage_provider",
    "created_at",
    "md5",
    "source_md5",
    "source_checksum",
    "sha256",
    "job_id",
    "width",
    "height",
    "content_type",
];
/// How many of them the original has.
const OF_THE_ORIGINAL: usize = 8;

/// Looks at the database that the settings name.
pub async fn check(database: &Database) -> Vec<Finding> {
    match database {
        Database::MySql(settings) => mysql::check(settings).await,
        Database::Sqlite { path } => sqlite::check(path).await,
    }
}

/// A warning where some of the settings of MySQL are there, but not all: SQLite is used then, perhaps by mistake.
pub fn check_settings(env: &Env) -> Option<Finding> {
    let missing: Vec<_> = MYSQL_SETTINGS.into_iter().filter(|name| env.get(name).is_none()).collect();
    (1..MYSQL_SETTINGS.len()).contains(&missing.len()).then(|| {
        Finding::warning(
            "database.settings",
            format!("SQLite is used: for MySQL {} missing", and_are(&missing)),
            "Set all of DB_SERVER, DB_NAME, DB_USER and DB_PASSWORD, or none of them.",
        )
    })
}

fn and_are(names: &[&str]) -> String {
    match names {
        [one] => format!("{one} is"),
        several => format!("{} are", several.join(", ")),
    }
}

/// What the columns of the table `images` say; `has_releases` is whether the second table is there.
fn tables(columns: &[String], has_releases: bool) -> Finding {
    const CHECK: &str = "database.tables";
    let missing: Vec<_> = COLUMNS.iter().filter(|name| !columns.iter().any(|has| has == *name)).collect();
    let foreign = missing.iter().any(|name| COLUMNS[..OF_THE_ORIGINAL].contains(name));
    match (columns.is_empty(), missing.is_empty()) {
        (true, _) => Finding::ok(CHECK, "there are no tables yet: the metadata service makes them"),
        (false, true) if has_releases => Finding::ok(CHECK, "the tables are as they should be"),
        _ if foreign => Finding::failed(
            CHECK,
            format!("a table `images` of another program is there: it has no column {}", missing[0]),
            "Use a database of its own: change DB_NAME.",
        ),
        _ => Finding::ok(
            CHECK,
            "the table of an earlier version is there: the metadata service adds what it needs, and keeps all rows",
        ),
    }
}

/// Whether tables have to be made or changed first.
fn are_complete(tables: &Finding, columns: &[String]) -> bool {
    tables.verdict == Verdict::Ok && COLUMNS.iter().all(|name| columns.iter().any(|has| has == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn tables_of_others_are_told_from_those_of_earlier_versions() {
        let ours = columns(&COLUMNS);
        let original = columns(&COLUMNS[..OF_THE_ORIGINAL]);
        assert_eq!(tables(&[], false).verdict, Verdict::Ok);
        assert_eq!(tables(&ours, true).verdict, Verdict::Ok);
        assert_eq!(tables(&original, false).verdict, Verdict::Ok);
        assert_eq!(tables(&columns(&["id", "title"]), false).verdict, Verdict::Failed);
        let complete = |columns: &[String]| are_complete(&tables(columns, true), columns);
        assert!(complete(&ours) && !complete(&original) && !complete(&[]));
    }

    #[test]
    fn half_the_settings_of_mysql_are_a_warning() {
        let env = |pairs: &[(&str, &str)]| Env::from_pairs(pairs.iter().copied());
        assert_eq!(check_settings(&env(&[])), None);
        let half = check_settings(&env(&[("DB_SERVER", "db"), ("DB_USER", "u")])).unwrap();
        assert!(half.found.contains("DB_NAME, DB_PASSWORD are missing"), "{half:?}");
        let all = [("DB_SERVER", "db"), ("DB_USER", "u"), ("DB_NAME", "n"), ("DB_PASSWORD", "p")];
        assert_eq!(check_settings(&env(&all)), None);
    }
}
