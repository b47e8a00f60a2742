//! `GET /images/histogram?by=day|month`: how many rows of the filters of `GET /images` each day has, newest first.

use axum::extract::State;
use chrono::{Days, Months, NaiveDate};
use serde_json::{Value, json};
use service::{
    ApiError,
    extract::{Json, Query},
};

use crate::{
    App, cursor,
    filters::Filters,
    store::{Key, Order, Position},
    tally,
};

/// What a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Day,
    Month,
}

/// Days or months; the `cursor` of each opens the list (same filters, default order) at its first image.
pub(crate) async fn image_histogram(State(app): State<App>, query: Query) -> Result<Json<Value>, ApiError> {
    let by = match query.get("by").unwrap_or_default() {
        "" | "day" => By::Day,
        "month" => By::Month,
        _ => return Err(ApiError::bad_request("`by` must be day or month.")),
    };
    let filters = Filters::of(&query);
    let (days, is_exact) = tally::by_day(&app.store().await?, &filters).await?;
    let mut buckets: Vec<(String, u64)> = Vec::new();
    for (day, images) in days {
        let name = if by == By::Month { day.get(..7).unwrap_or(&day) } else { &day };
        match buckets.last_mut().filter(|(last, _)| last == name) {
            Some((_, sum)) => *sum += images,
            None => buckets.push((name.to_owned(), images)),
        }
    }
    let word = if by == By::Day { "day" } else { "month" };
    let bucket = |(name, images): &(String, u64)| {
        let cursor = behind(name, by).map(|at| cursor::write(&filters, Order::NEWEST_FIRST, &at));
        let name = Some(name).filter(|name| !name.is_empty());
        json!({word: name, "images": images, "cursor": cursor})
    };
    let buckets: Vec<_> = buckets.iter().map(bucket).collect();
    Ok(Json(json!({"by": word, "buckets": buckets, "total_is_exact": is_exact})))
}

/// The place before the newest row of a day or month: behind all rows of the next one. Rows without a time are last.
fn behind(name: &str, by: By) -> Option<Position> {
    if name.is_empty() {
        return Some(Position { key: Key::Null, id: i64::MAX });
    }
    let first = if by == By::Month { format!("{name}-01") } else { name.to_owned() };
    let first: NaiveDate = first.parse().ok()?;
    let next = match by {
        By::Day => first.checked_add_days(Days::new(1)),
        By::Month => first.checked_add_months(Months::new(1)),
    };
    let key = Key::Text(next?.format("%Y-%m-%d 00:00:00").to_string());
    Some(Position { key, id: i64::MIN })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_begins_behind_the_next_one() {
        for (name, by, key) in [
            ("2026-02-28", By::Day, "2026-03-01 00:00:00"),
            ("2026-12", By::Month, "2027-01-01 00:00:00"),
            ("2026-12-31", By::Day, "2027-01-01 00:00:00"),
        ] {
            let at = Position { key: Key::Text(key.to_owned()), id: i64::MIN };
            assert_eq!(behind(name, by), Some(at));
        }
        assert_eq!(behind("", By::Day), Some(Position { key: Key::Null, id: i64::MAX }));
        assert_eq!(behind("yesterday", By::Day), None);
    }
}
