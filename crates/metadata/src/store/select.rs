//! The SQL of lists, the same for both engines: which rows, in which order, from where on. Every place is found through
//! an index: both engines keep the row's number at the end of each.

use std::fmt::Write;

use super::{
    DEEP,
    order::{Key, Order, Position, Sort, Start},
    tracking::Filter,
};

/// Which rows, by equality as the database has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Equal {
    /// Of this provider.
    pub(crate) provider: Option<String>,
    /// Announced as this type.
    pub(crate) mime_type: Option<String>,
    /// Stored by this job.
    pub(crate) job_id: Option<String>,
}

/// The words that differ between the engines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect<'a> {
    /// The name as it is sorted.
    pub(super) name: &'static str,
    /// `created_at` as text.
    pub(super) created_text: &'static str,
    /// Behind the table, where rows are looked up by their numbers.
    pub(super) by_number: &'static str,
    /// The indexes that have to be named where rows with the same key are told apart by their numbers: left to itself,
    /// MySQL walks over all of them.
    pub(super) named_indexes: &'a [String],
}

impl Dialect<'_> {
    /// Behind the table, where rows with the same key are wanted.
    fn among_equals(&self, sort: Sort, equal: &Equal) -> String {
        let index = match (sort, equal) {
            (Sort::Name, _) => "ix_images_name",
            (Sort::Size, _) => "ix_images_size",
            (Sort::Imported, Equal { job_id: Some(_), .. }) => "ix_images_job_id_created_at",
            (Sort::Imported, Equal { mime_type: Some(_), .. }) => "ix_images_mime_type_created_at",
            (Sort::Imported, Equal { provider: Some(_), .. }) => "ix_images_provider_created_at",
            (Sort::Imported, _) => "ix_images_created_at",
        };
        let is_there = self.named_indexes.iter().any(|has| has.eq_ignore_ascii_case(index));
        if is_there { format!("FORCE INDEX ({index})") } else { String::new() }
    }
}

/// A parameter.
#[derive(Debug, Clone)]
pub(super) enum Bind {
    Text(String),
    Integer(i64),
    Real(f64),
}

/// A statement whose last two parameters, the limit and the offset, are still to be bound.
#[derive(Debug, Clone)]
pub(super) struct Select {
    pub(super) sql: String,
    pub(super) binds: Vec<Bind>,
    pub(super) offset: u64,
    /// `ORDER BY` of the rows.
    pub(super) order: String,
    /// As many texts as there are numbers of rows: not worth keeping.
    pub(super) is_kept: bool,
}

/// What is wanted of which rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Only these.
    pub(crate) equal: &'a Equal,
    /// Of these numbers.
    pub(crate) among: Option<&'a [i64]>,
    /// In this order.
    pub(crate) order: Order,
}

/// What a list is read for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Columns<'a> {
    /// Whole rows: the engine's columns.
    Whole(&'a str),
    /// What it takes to look through rows: number, key, name, and whether they are equal to this.
    Candidates(&'a Equal),
}

impl Equal {
    /// True when it takes all rows.
    pub(crate) fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// The same, as the counts are asked.
    pub(crate) fn filter(&self) -> Filter<'_> {
        Filter {
            provider: self.provider.as_deref(),
            mime_type: self.mime_type.as_deref(),
            job_id: self.job_id.as_deref(),
        }
    }

    /// Each condition, the one whose index serves the order best first; for the others SQLite is kept from choosing an
    /// index (a plus sign means nothing else, in both engines).
    fn conditions(&self, binds: &mut Vec<Bind>) -> String {
        let columns =
            [("job_id", &self.job_id), ("mime_type", &self.mime_type), ("storage_provider", &self.provider)];
        let mut sql = String::new();
        for (column, value) in columns {
            let Some(value) = value else { continue };
            let joined = if sql.is_empty() { "images." } else { " AND +images." };
            let _ = write!(sql, "{joined}{column} = ?");
            binds.push(Bind::Text(value.clone()));
        }
        if sql.is_empty() { "1 = 1".to_owned() } else { sql }
    }
}

/// The statements that answer one after the other, as long as rows are missing: rows with a time and those without are
/// read apart.
pub(super) fn statements(
    dialect: Dialect<'_>,
    columns: Columns<'_>,
    wanted: Wanted<'_>,
    start: &Start,
) -> Vec<Select> {
    let Order { sort, descending } = wanted.order;
    let column = match sort {
        Sort::Imported => "images.created_at",
        Sort::Name => dialect.name,
        Sort::Size => "images.size",
    };
    let after = if descending { "<" } else { ">" };
    let untimed = format!("{column} IS NULL");
    let places: Vec<(String, Vec<Bind>)> = match start {
        Start::Offset(_) => vec![("1 = 1".to_owned(), vec![])],
        Start::After(Position { key: Key::Null, id }) => {
            let rest = (format!("{untimed} AND images.id {after} ?"), vec![Bind::Integer(*id)]);
            let timed = (format!("{column} IS NOT NULL"), vec![]);
            if descending { vec![rest] } else { vec![rest, timed] }
        }
        // two statements and no OR, which would walk over all rows with the same key
        Start::After(Position { key, id }) => {
            let key = Bind::from(key);
            let same = format!("{column} = ? AND images.id {after} ?");
            let mut places = vec![
                (same, vec![key.clone(), Bind::Integer(*id)]),
                (format!("{column} {after} ?"), vec![key]),
            ];
            if descending && sort == Sort::Imported {
                places.push((untimed, vec![]));
            }
            places
        }
    };
    let direction = if descending { "DESC" } else { "ASC" };
    let statement = |(place, place_binds): (String, Vec<Bind>)| {
        let mut binds = Vec::new();
        let what = columns.sql(dialect, sort, &mut binds);
        let equal = wanted.equal.conditions(&mut binds);
        let is_among_equals = place.contains("images.id");
        let (hint, among) = match wanted.among {
            Some(ids) => (dialect.by_number.to_owned(), among(ids)),
            None if is_among_equals => (dialect.among_equals(sort, wanted.equal), String::new()),
            None => (String::new(), String::new()),
        };
        binds.extend(place_binds);
        let offset = if let Start::Offset(offset) = start { *offset } else { 0 };
        let order = format!("ORDER BY {column} {direction}, images.id {direction}");
        let rows = format!("FROM images {hint} WHERE {equal}{among} AND {place} {order} LIMIT ? OFFSET ?");
        let sql = match columns {
            Columns::Whole(_) if offset >= DEEP => picked(what.as_str(), &rows, &order),
            _ => format!("SELECT {what} {rows}"),
        };
        Select { sql, binds, offset, order, is_kept: wanted.among.is_none() }
    };
    places.into_iter().map(statement).collect()
}

/// Whole rows of a page far down. What comes before is walked over in an index alone; only the rows of the page are read.
pub(super) fn picked(columns: &str, rows: &str, order: &str) -> String {
    format!(
        "SELECT {columns} FROM (SELECT images.id AS picked {rows}) AS page CROSS JOIN images ON images.id = picked {order}"
    )
}

impl Columns<'_> {
    fn sql(self, dialect: Dialect<'_>, sort: Sort, binds: &mut Vec<Bind>) -> String {
        match self {
            Self::Whole(columns) => columns.to_owned(),
            Self::Candidates(equal) => {
                let key = match sort {
                    Sort::Imported => dialect.created_text,
                    Sort::Name => "images.name",
                    Sort::Size => "images.size",
                };
                let equal = equal.conditions(binds);
                format!("images.id, {key}, images.name, CASE WHEN {equal} THEN 1 ELSE 0 END")
            }
        }
    }
}

fn among(ids: &[i64]) -> String {
    // numbers of ours, not texts of others
    let mut sql = " AND images.id IN (".to_owned();
    for (place, id) in ids.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let _ = write!(sql, "{comma}{id}");
    }
    sql.push_str(if ids.is_empty() { "NULL)" } else { ")" });
    sql
}

impl From<&Key> for Bind {
    fn from(key: &Key) -> Self {
        match key {
            // never compared: places without a key have statements of their own
            Key::Null => Self::Text(String::new()),
            Key::Integer(number) => Self::Integer(*number),
            Key::Real(number) => Self::Real(*number),
            Key::Text(text) => Self::Text(text.clone()),
        }
    }
}

/// A query with all its parameters.
macro_rules! bind_select {
    ($select:expr, $limit:expr) => {{
        let select = $select;
        let mut query = sqlx::query(sqlx::AssertSqlSafe(select.sql)).persistent(select.is_kept);
        for bind in select.binds {
            query = match bind {
                $crate::store::select::Bind::Text(text) => query.bind(text),
                $crate::store::select::Bind::Integer(number) => query.bind(number),
                $crate::store::select::Bind::Real(number) => query.bind(number),
            };
        }
        query
            .bind(i64::try_from($limit).unwrap_or(i64::MAX))
            .bind(i64::try_from(select.offset).unwrap_or(i64::MAX))
    }};
}
pub(super) use bind_select;

#[cfg(test)]
mod tests;
