//! What both engines' rows have in common: their columns, their order, how their times are shown.

use client::metadata::{Image, Stats};
use serde_json::Value;

/// A row, and where it stands in the order.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What is answered.
    pub(crate) image: Image,
    /// `created_at` as the database has it.
    pub(super) created_at: Option<String>,
}

/// The columns of a row in the order in which they are decoded. `created_at` is how the engine says its text.
macro_rules! columns {
    ($created_at:literal) => {
        concat!(
            "id, name, google_drive_id, size, mime_type, storage_path, storage_provider, ",
            $created_at,
            ", md5, source_md5, source_checksum, sha256, job_id, width, height, content_type"
        )
    };
}
pub(super) use columns;

/// A time as answered: `T` between date and time, the fraction left out when it is 0, no zone (it is UTC). Text of
/// another form is answered as it is.
pub(super) fn shown_time(raw: &str) -> String {
    let bytes = raw.as_bytes();
    if bytes.len() < 19 || bytes[10] != b' ' || !raw.is_ascii() {
        return raw.to_owned();
    }
    let (whole, fraction) = raw.split_at(19);
    let fraction =
        if fraction.trim_start_matches('.').bytes().all(|digit| digit == b'0') { "" } else { fraction };
    format!("{}T{}{fraction}", &whole[..10], &whole[11..])
}

/// Numbers over all rows, as numbers whatever the engine: `bytes` may be a fraction where rows of the original are.
pub(super) fn stats(total: i64, aws: i64, bytes: Value) -> Stats {
    const MIB: f64 = 1_048_576.0;
    let mib = bytes.as_f64().unwrap_or(0.0) / MIB;
    // two decimals, ties as the decimal form of the number has them
    let rounded: f64 = format!("{mib:.2}").parse().unwrap_or(mib);
    Stats {
        total_images: total.unsigned_abs(),
        aws_images: aws.unsigned_abs(),
        total_size_bytes: bytes,
        total_size_mb: rounded.into(),
        by_provider: Vec::new(),
        by_type: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_the_original_shows_them() {
        for (raw, shown) in [
            ("2026-11-23 01:58:12.793945", "2026-11-23T01:58:12.793945"),
            ("2026-11-23 01:58:12.000000", "2026-11-23T01:58:12"),
            ("2026-11-23 01:58:12", "2026-11-23T01:58:12"),
            ("2026-11-23 01:58:12.500000", "2026-11-23T01:58:12.500000"),
            ("2026-11-23", "2026-11-23"),
            ("yesterday, about näün", "yesterday, about näün"),
        ] {
            assert_eq!(shown_time(raw), shown);
        }
    }

    #[test]
    fn sizes_are_numbers_with_two_decimals_of_a_mebibyte() {
        for (bytes, mb) in [(0, 0.0), (8_515_000, 8.12), (1_048_576, 1.0), (524_288, 0.5), (1, 0.0)] {
            let stats = stats(1, 1, Value::from(bytes));
            assert_eq!((stats.total_size_bytes, stats.total_size_mb), (Value::from(bytes), Value::from(mb)));
        }
    }
}
