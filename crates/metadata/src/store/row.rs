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

/// A place in the order: after this row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// As the database has it.
    pub(super) created_at: Option<String>,
    /// The row's number.
    pub(super) id: i64,
}

/// Where a batch begins.
#[derive(Debug, Clone)]
pub(crate) enum Start {
    /// After so many rows.
    Offset(u64),
    /// After this row.
    After(Cursor),
}

impl Row {
    /// The place just after this row.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at.clone(), id: self.image.id }
    }
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

/// The SQL of one batch. Its parameters: the provider if `filtered`, those of `start`, the limit, the offset if any.
/// The original's index on `created_at` serves the order: both engines keep the row's number at its end.
pub(super) fn batch_sql(columns: &str, filtered: bool, start: &Start) -> String {
    let newest_first = "ORDER BY images.created_at DESC, images.id DESC LIMIT ?";
    let provider = if filtered { "storage_provider = ?" } else { "1 = 1" };
    let select = format!("SELECT {columns} FROM images WHERE {provider}");
    match start {
        Start::Offset(_) => format!("{select} {newest_first} OFFSET ?"),
        Start::After(Cursor { created_at: Some(_), .. }) => format!(
            "{select} AND images.created_at <= ? AND (images.created_at < ? OR images.id < ?) {newest_first}"
        ),
        Start::After(Cursor { created_at: None, .. }) => {
            format!(
                "{select} AND images.created_at IS NULL AND images.id < ? ORDER BY images.id DESC LIMIT ?"
            )
        }
    }
}

/// Binds the parameters of [`batch_sql`] in their order.
macro_rules! bind_batch {
    ($query:expr, $provider:expr, $start:expr, $limit:expr) => {{
        let mut query = $query;
        if let Some(provider) = $provider {
            query = query.bind(provider.to_owned());
        }
        let limit = i64::try_from($limit).unwrap_or(i64::MAX);
        match $start {
            Start::Offset(offset) => query.bind(limit).bind(i64::try_from(*offset).unwrap_or(i64::MAX)),
            Start::After(Cursor { created_at: Some(at), id }) => {
                query.bind(at.clone()).bind(at.clone()).bind(*id).bind(limit)
            }
            Start::After(Cursor { created_at: None, id }) => query.bind(*id).bind(limit),
        }
    }};
}
pub(super) use bind_batch;

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
