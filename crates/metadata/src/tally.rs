//! Rows counted by what they are. Where the counts that are kept up to date have the answer it is theirs; else the rows are
//! read and counted, as long as a request may take.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    filters::Filters,
    search::Search,
    store::{Order, Start, Store, StoreError},
};

/// Rows read at once.
const BATCH: u64 = 1000;
/// How long rows are read for one request.
const TIME: Duration = Duration::from_millis(300);

/// How many rows there are of each kind.
#[derive(Debug, Default)]
pub(crate) struct ByKind {
    /// Rows of all kinds.
    pub(crate) images: u64,
    /// Their bytes, where they are known.
    pub(crate) bytes: Option<Value>,
    /// False when there may be more.
    pub(crate) is_exact: bool,
    /// Rows and bytes of each provider and type.
    kinds: BTreeMap<(String, String), Sum>,
}

/// Rows and their bytes.
#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    images: u64,
    bytes: f64,
    whole: i128,
    is_whole: bool,
}

impl ByKind {
    /// The types, most rows first.
    pub(crate) fn by_type(&self, name: &str) -> Vec<Value> {
        self.grouped(name, |(_, kind)| kind)
    }

    /// The providers, most rows first.
    pub(crate) fn by_provider(&self, name: &str) -> Vec<Value> {
        self.grouped(name, |(provider, _)| provider)
    }

    fn grouped(&self, name: &str, part: fn(&(String, String)) -> &String) -> Vec<Value> {
        let mut groups: BTreeMap<&str, Sum> = BTreeMap::new();
        for (kind, sum) in &self.kinds {
            groups.entry(part(kind)).or_default().add(*sum);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.images));
        let group =
            |(kind, sum): (&str, Sum)| json!({name: kind, "images": sum.images, "bytes": sum.shown()});
        groups.into_iter().map(group).collect()
    }
}

impl Sum {
    fn of(images: u64, bytes: &Value) -> Self {
        let whole = bytes.as_i64().map(i128::from).or(bytes.as_u64().map(i128::from));
        Self {
            images,
            bytes: bytes.as_f64().unwrap_or(0.0),
            whole: whole.unwrap_or(0),
            is_whole: whole.is_some() || !bytes.is_number(),
        }
    }

    fn add(&mut self, other: Self) {
        self.is_whole = other.is_whole && (self.is_whole || self.images == 0);
        self.images += other.images;
        self.bytes += other.bytes;
        self.whole += other.whole;
    }

    fn shown(&self) -> Value {
        match i64::try_from(self.whole) {
            Ok(whole) if self.is_whole || self.images == 0 => whole.into(),
            _ => self.bytes.into(),
        }
    }
}

/// The rows of these filters by provider and type.
pub(crate) async fn by_kind(store: &Store, filters: &Filters) -> Result<ByKind, StoreError> {
    let mut tally = ByKind { is_exact: true, ..ByKind::default() };
    if filters.part.is_none() && filters.equal.job_id.is_none() {
        for kind in store.kinds(filters.equal.filter()).await? {
            tally.add(kind.provider, kind.mime_type, Sum::of(kind.images, &kind.bytes));
        }
    } else {
        let mut search = all(store, filters).await?;
        let began = Instant::now();
        while !search.is_done() && tally.is_exact {
            let batch = search.next(BATCH).await?;
            for row in batch.rows {
                let size = Sum::of(1, &row.image.size);
                tally.add(row.image.storage_provider, row.image.mime_type, size);
            }
            tally.is_exact = batch.stopped_at.is_none() && (search.is_done() || began.elapsed() < TIME);
        }
    }
    let mut sum = Sum::default();
    for part in tally.kinds.values() {
        sum.add(*part);
    }
    (tally.images, tally.bytes) = (sum.images, tally.is_exact.then(|| sum.shown()));
    if !tally.is_exact
        && filters.part.is_none()
        && let Some(totals) = store.totals(filters.equal.filter()).await?
    {
        (tally.images, tally.bytes) = (totals.images, Some(totals.bytes));
    }
    Ok(tally)
}

impl ByKind {
    fn add(&mut self, provider: String, mime_type: String, sum: Sum) {
        self.kinds.entry((provider, mime_type)).or_default().add(sum);
    }
}

/// The days that have rows of these filters (empty for rows without a time), newest first; false when there may be more.
pub(crate) async fn by_day(
    store: &Store,
    filters: &Filters,
) -> Result<(Vec<(String, u64)>, bool), StoreError> {
    let equal = &filters.equal;
    if filters.part.is_none() && equal.job_id.is_none() {
        let days = store.days(equal.provider.as_deref(), equal.mime_type.as_deref()).await?;
        return Ok((days, true));
    }
    let mut search = all(store, filters).await?;
    let (mut days, began): (BTreeMap<String, u64>, _) = (BTreeMap::new(), Instant::now());
    let mut is_exact = true;
    while !search.is_done() && is_exact {
        let (times, is_whole) = search.next_times(BATCH).await?;
        for time in times {
            let day = time.as_deref().map_or("", |time| time.get(..10).unwrap_or(time));
            *days.entry(day.to_owned()).or_default() += 1;
        }
        is_exact = is_whole && (search.is_done() || began.elapsed() < TIME);
    }
    Ok((days.into_iter().rev().collect(), is_exact))
}

async fn all(store: &Store, filters: &Filters) -> Result<Search, StoreError> {
    Search::open(store.clone(), filters.clone(), Order::NEWEST_FIRST, Start::Offset(0)).await
}
