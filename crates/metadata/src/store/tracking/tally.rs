//! The SQL that counts: sums and unfolded changes in one statement, or the table itself.

use std::fmt::Write;

use super::{Bytes, Filter};

/// What rows are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Grouping {
    /// All in one.
    Nothing,
    /// All in one; their bytes are not asked for.
    Rows,
    /// By provider and type.
    Kinds,
    /// By day; their bytes are not asked for.
    Days,
}

impl Grouping {
    fn has_bytes(self) -> bool {
        matches!(self, Self::Nothing | Self::Kinds)
    }
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Tally {
    /// The provider or the day.
    pub(in super::super) first: String,
    /// The type.
    pub(in super::super) second: String,
    /// Rows; 0 where all have gone again.
    pub(in super::super) images: i64,
    /// Their bytes.
    pub(in super::super) bytes: Bytes,
}

/// How an engine says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Dialect {
    /// Text is compared byte by byte.
    Sqlite,
    /// With the collations of the columns of `images`, in a form that fits our own columns.
    MySql {
        /// ` COLLATE …` of `storage_provider`.
        provider: String,
        /// ` COLLATE …` of `mime_type`.
        mime_type: String,
    },
}

impl Dialect {
    /// The groups from the counts: state, first, second, images, bytes (on SQLite high, low, odd). There is always a row:
    /// the state tells whether the others mean anything. The parameters are those of `filter`, [`Self::arms`] times.
    pub(in super::super) fn counted(&self, grouping: Grouping, filter: Filter<'_>) -> String {
        let (first, second, first_compared, second_compared) = self.keys(grouping);
        let (sums, state_sums, odd) = match self {
            Self::Sqlite => (
                "SUM(high) AS high, SUM(low) AS low, SUM(odd) AS odd",
                "g.high, g.low, g.odd",
                self.odd_sizes(grouping, filter),
            ),
            Self::MySql { .. } => ("CAST(SUM(bytes) AS CHAR) AS bytes", "g.bytes", String::new()),
        };
        let bytes = match self {
            Self::Sqlite if !grouping.has_bytes() => "0 AS high, 0 AS low, NULL AS odd",
            Self::Sqlite => "bytes_high AS high, bytes_low AS low, NULL AS odd",
            Self::MySql { .. } if !grouping.has_bytes() => "0 AS bytes",
            Self::MySql { .. } => "bytes",
        };
        let fits = self.fits(filter, true);
        let select = format!("SELECT {first} AS first, {second} AS second, images, {bytes} FROM");
        let folded = match (filter.job_id, grouping) {
            (Some(_), _) => format!("{select} job_counts WHERE 1 = 1{fits}"),
            // put together in the order of the table: many days of many kinds are not gathered first
            (None, Grouping::Days) => format!(
                "SELECT day AS first, '' AS second, SUM(images) AS images, {bytes} FROM image_counts \
                 WHERE day <> '*'{fits} GROUP BY day"
            ),
            (None, _) => format!("{select} image_counts WHERE day = '*'{fits}"),
        };
        let images = self.whole("SUM(images)");
        format!(
            "SELECT (SELECT value FROM image_index_state WHERE name = 'index') AS state, g.first, g.second, g.images, \
             {state_sums} FROM (SELECT 1 AS one) AS always LEFT JOIN (SELECT MIN(first) AS first, MIN(second) AS second, \
             {images} AS images, {sums} FROM ({folded} UNION ALL {select} image_changes WHERE 1 = 1{fits}\
             {odd}) AS parts GROUP BY parts.{first_compared}, parts.{second_compared}) AS g ON 1 = 1"
        )
    }

    /// How often [`Self::counted`] needs the parameters of the filter.
    pub(in super::super) fn arms(&self, grouping: Grouping) -> usize {
        if *self == Self::Sqlite && grouping.has_bytes() { 3 } else { 2 }
    }

    /// The groups from the table itself, in the same columns but for the state, with the parameters of `filter` once.
    pub(in super::super) fn plain(&self, grouping: Grouping, filter: Filter<'_>) -> String {
        let (first, second, ..) = self.keys(grouping);
        let fits = self.fits(filter, false);
        let first = if grouping == Grouping::Days { self.day() } else { first };
        let by = match grouping {
            Grouping::Nothing | Grouping::Rows => String::new(),
            Grouping::Kinds => " GROUP BY storage_provider, mime_type".to_owned(),
            Grouping::Days => format!(" GROUP BY {first}"),
        };
        let (first, second) = match grouping {
            Grouping::Kinds => ("MIN(storage_provider)", "MIN(mime_type)"),
            _ => (first, second),
        };
        let bytes = match self {
            // an index is enough to count rows
            Self::Sqlite if !grouping.has_bytes() => "NULL, NULL, NULL",
            Self::MySql { .. } if !grouping.has_bytes() => "NULL",
            Self::Sqlite => {
                "SUM(CASE typeof(size) WHEN 'integer' THEN size >> 32 END), \
                 SUM(CASE typeof(size) WHEN 'integer' THEN size & 4294967295 END), \
                 SUM(CASE typeof(size) WHEN 'integer' THEN NULL ELSE CAST(size AS REAL) END)"
            }
            Self::MySql { .. } => "CAST(SUM(size) AS CHAR)",
        };
        format!("SELECT NULL, {first}, {second}, COUNT(*), {bytes} FROM images WHERE 1 = 1{fits}{by}")
    }

    /// A sum as a 64-bit number.
    pub(in super::super) fn whole(&self, sum: &str) -> String {
        match self {
            Self::Sqlite => sum.to_owned(),
            Self::MySql { .. } => format!("CAST({sum} AS SIGNED)"),
        }
    }

    /// `created_at`'s day, as the triggers write it.
    pub(in super::super) fn day(&self) -> &'static str {
        match self {
            Self::Sqlite => "COALESCE(substr(created_at, 1, 10), '')",
            Self::MySql { .. } => "COALESCE(LEFT(created_at, 10), '')",
        }
    }

    /// ` AND storage_provider = ?` as the table itself would compare.
    pub(in super::super) fn fits_provider(&self) -> String {
        self.fits(Filter { provider: Some(""), ..Filter::default() }, true)
    }

    fn fits(&self, filter: Filter<'_>, of_counts: bool) -> String {
        let (provider, mime_type) = match self {
            Self::MySql { provider, mime_type } if of_counts => (provider.as_str(), mime_type.as_str()),
            _ => ("", ""),
        };
        let mut fits = String::new();
        if filter.provider.is_some() {
            let _ = write!(fits, " AND storage_provider{provider} = ?");
        }
        if filter.mime_type.is_some() {
            let _ = write!(fits, " AND mime_type{mime_type} = ?");
        }
        if filter.job_id.is_some() {
            fits.push_str(" AND job_id = ?");
        }
        fits
    }

    /// The columns of the two keys, and the same as they are compared.
    fn keys(&self, grouping: Grouping) -> (&'static str, &'static str, String, String) {
        let (first, second) = match grouping {
            Grouping::Nothing | Grouping::Rows => ("''", "''"),
            Grouping::Kinds => ("storage_provider", "mime_type"),
            Grouping::Days => ("day", "''"),
        };
        match self {
            Self::MySql { provider, mime_type } if grouping == Grouping::Kinds => {
                (first, second, format!("first{provider}"), format!("second{mime_type}"))
            }
            _ => (first, second, "first".to_owned(), "second".to_owned()),
        }
    }

    /// The sizes that are no whole numbers: few, and in an index of their own.
    fn odd_sizes(&self, grouping: Grouping, filter: Filter<'_>) -> String {
        if !grouping.has_bytes() {
            return String::new();
        }
        let (first, second, ..) = self.keys(grouping);
        let fits = self.fits(filter, false);
        format!(
            " UNION ALL SELECT {first}, {second}, 0, 0, 0, CAST(size AS REAL) FROM images INDEXED BY \
             ix_images_odd_size WHERE typeof(size) <> 'integer'{fits}"
        )
    }
}

/// Binds the parameters of a filter, so many times.
macro_rules! bind_filter {
    ($query:expr, $filter:expr, $times:expr) => {{
        let mut query = $query;
        for _ in 0..$times {
            for text in [$filter.provider, $filter.mime_type, $filter.job_id].into_iter().flatten() {
                query = query.bind(text.to_owned());
            }
        }
        query
    }};
}
pub(in super::super) use bind_filter;
