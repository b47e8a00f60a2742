//! What `metadata::check` says about databases of every kind.

use client::Secret;
use metadata::{Config, Database, check};
use service::finding::{Finding, Verdict};

use crate::harness::{Place, on_both_engines};

fn verdict(findings: &[Finding], check: &str) -> Option<Verdict> {
    findings.iter().filter(|finding| finding.check == check).map(|finding| finding.verdict).max()
}

async fn checked(place: &Place) -> Vec<Finding> {
    let Config { database, .. } = place.config();
    check(&database).await
}

/// Makes the tables.
async fn prepared(place: &Place) {
    let service = place.start();
    service.get("/images").await;
    service.stop().await;
}

on_both_engines!(a_new_database_and_one_in_use_are_fine, a_table_of_another_program_is_told);

async fn a_new_database_and_one_in_use_are_fine(place: Place) {
    let findings = checked(&place).await;
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Ok), "{findings:#?}");
    prepared(&place).await;
    let findings = checked(&place).await;
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Ok), "{findings:#?}");
    assert_eq!(verdict(&findings, "database.tables"), Some(Verdict::Ok));
}

async fn a_table_of_another_program_is_told(place: Place) {
    place.execute("CREATE TABLE images (id INTEGER, title TEXT)").await;
    let findings = checked(&place).await;
    assert_eq!(verdict(&findings, "database.tables"), Some(Verdict::Failed), "{findings:#?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_and_a_missing_one_is_not_made() {
    let place = Place::sqlite();
    assert_eq!(verdict(&checked(&place).await, "database.reach"), Some(Verdict::Ok));
    assert!(!place.file().exists());
    std::fs::write(place.file(), [7; 4096]).unwrap();
    assert_eq!(verdict(&checked(&place).await, "database.reach"), Some(Verdict::Failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_leaves_nothing_behind_and_changes_no_row() {
    let place = Place::mysql().await;
    prepared(&place).await;
    let row = "INSERT INTO images (name, google_drive_id, size, mime_type, storage_path, storage_provider) \
               VALUES ('a', 'b', 1, 'c', 'd', 'aws')";
    place.execute(row).await;
    checked(&place).await;
    let tables = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() \
                  AND table_name LIKE '%doctor%'";
    assert_eq!(place.number(tables).await, 0);
    assert_eq!(place.number("SELECT COUNT(*) FROM images WHERE name = 'a'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_would_lose_characters_or_rows_are_told() {
    let place = Place::mysql().await;
    prepared(&place).await;
    place.execute("ALTER TABLE images MODIFY name VARCHAR(255) CHARACTER SET latin1 NOT NULL").await;
    let findings = checked(&place).await;
    assert_eq!(verdict(&findings, "database.charset"), Some(Verdict::Warning), "{findings:#?}");
    // whose keys are shorter
    place
        .execute("DROP INDEX ix_images_job_id_created_at ON images; ALTER TABLE images ENGINE = MyISAM")
        .await;
    let findings = checked(&place).await;
    assert_eq!(verdict(&findings, "database.engine"), Some(Verdict::Failed), "{findings:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_hears_why_without_the_password() {
    let place = Place::mysql().await;
    let Config { database: Database::MySql(right), .. } = place.config() else { panic!("SQLite") };
    let stranger = format!("stranger_{}", &uuid::Uuid::new_v4().simple().to_string()[..16]);
    place.execute(&format!("CREATE USER {stranger}@'127.0.0.1' IDENTIFIED BY 'canary-stranger'")).await;
    let mut cases = Vec::new();
    let mut wrong = right.clone();
    wrong.password = Secret::new("canary-wrong");
    cases.push((wrong, "the user or the password"));
    let mut down = right.clone();
    down.port = 1;
    cases.push((down, "nothing answers"));
    let mut missing = right.clone();
    missing.name = "there_is_no_such_database".to_owned();
    cases.push((missing, "there is no database"));
    let mut without_rights = right.clone();
    (without_rights.user, without_rights.password) = (stranger.clone(), Secret::new("canary-stranger"));
    cases.push((without_rights, "may not use the database"));
    for (settings, why) in cases {
        let findings = check(&Database::MySql(settings)).await;
        let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
        assert!(finding.verdict == Verdict::Failed && finding.found.contains(why), "{finding:?}");
        assert!(finding.fix.is_some() && !format!("{finding:?}").contains("canary"), "{finding:?}");
    }
    // nobody may make a table in there
    let mut read_only = right.clone();
    read_only.name = "information_schema".to_owned();
    let findings = check(&Database::MySql(read_only)).await;
    assert_eq!(verdict(&findings, "database.rights"), Some(Verdict::Failed), "{findings:#?}");
    place.execute(&format!("DROP USER {stranger}@'127.0.0.1'")).await;
}
