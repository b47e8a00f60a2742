//! Sums are right at once, whoever writes the rows: these services, a replica, or the original's beside them.

use serde_json::Value;
use tests::{Stack, database::Database, drive};

use super::on;
use crate::{drive_folders::folder, verify::hand::Hand};

/// What is counted of one replica: rows, rows at `aws`, bytes, and rows on the first page of one provider.
type Sums = (u64, u64, u64, u64);

async fn sums(stack: &Stack, replica: usize) -> Sums {
    let ask = async |path: &str| -> Value {
        let url = format!("{}{path}", stack.url_of("metadata", replica));
        let answer = stack.http.get(url).send().await.expect("metadata answers");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.json().await.expect("it is JSON")
    };
    let stats = ask("/stats").await;
    let page = ask("/images?storage_provider=other&per_page=1").await;
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{value} is a number"));
    (
        number(&stats["total_images"]),
        number(&stats["aws_images"]),
        number(&stats["total_size_bytes"]),
        number(&page["total"]),
    )
}

async fn sums_are_right_at_once_whoever_writes(database: Database) {
    let (manifest, _) = folder("counted", 30, 1000);
    let (stack, settings) = on(Stack::with(drive::serving(&manifest)), database).await;
    let stack = stack.replicas("metadata", 2).start().await;
    stack.import_whole("counted").await;
    let hand = Hand::of(&stack, &settings);
    let (mut expected, mut next) = ((30, 30, 30_000, 0), 0);
    for round in 0..12_u64 {
        // as the original writes: only its own columns, one row at a time, no word to anybody
        for _ in 0..5 {
            next += 1;
            let provider = if next % 3 == 0 { "aws" } else { "other" };
            hand.sql(&format!(
                "INSERT INTO images (name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at) \
                 VALUES ('by hand {next}.jpg', 'by_hand_{next}', {next}, 'image/jpeg', 'https://elsewhere.example/{next}', \
                 '{provider}', '2024-02-29 12:00:{:02}')",
                next % 60
            ))
            .await;
            expected.0 += 1;
            expected.2 += next;
            if provider == "aws" { expected.1 += 1 } else { expected.3 += 1 }
        }
        if round % 3 == 2 {
            // one row grows, and one goes: the first and the second of this round
            let first = next - 4;
            hand.sql(&format!("UPDATE images SET size = size + 7 WHERE google_drive_id = 'by_hand_{first}'"))
                .await;
            expected.2 += 7;
            let gone = first + 1;
            hand.sql(&format!("DELETE FROM images WHERE google_drive_id = 'by_hand_{gone}'")).await;
            expected.0 -= 1;
            expected.2 -= gone;
            if gone % 3 == 0 { expected.1 -= 1 } else { expected.3 -= 1 }
        }
        for replica in 0..2 {
            assert_eq!(sums(&stack, replica).await, expected, "round {round}, replica {replica}");
        }
    }
    stack.assert_no_panic_in_logs();
}

#[tokio::test]
async fn sums_are_right_at_once_whoever_writes_on_sqlite() {
    sums_are_right_at_once_whoever_writes(Database::Sqlite).await;
}

#[tokio::test]
async fn sums_are_right_at_once_whoever_writes_on_mysql() {
    sums_are_right_at_once_whoever_writes(Database::Mysql).await;
}
