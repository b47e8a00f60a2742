//! Which page is asked for: `page` and `per_page` as the original reads and echoes them.

use crate::extract::Query;

/// Rows per page where nothing, or no number, is asked for.
const DEFAULT_PER_PAGE: u64 = 50;
/// Rows per page where less than one is asked for.
const PER_PAGE_BELOW_ONE: u64 = 20;

/// A page, as asked for and as meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Page {
    page: Number,
    per_page: Number,
}

/// A whole number of any length: echoed digit by digit, used as far as it fits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Number {
    echo: String,
    /// At most `u64::MAX`; `None` below 1.
    used: Option<u64>,
}

impl Page {
    /// The page that a query string asks for. What is no number counts as absent.
    pub fn of(query: &Query) -> Self {
        let number = |name, absent| query.get(name).and_then(Number::parse).unwrap_or(Number::of(absent));
        Self { page: number("page", 1), per_page: number("per_page", DEFAULT_PER_PAGE) }
    }

    /// The same, but with at most `rows` rows, for answers that are held in memory.
    #[must_use]
    pub fn at_most(mut self, rows: u64) -> Self {
        self.per_page.used = self.per_page.used.map(|used| used.min(rows));
        self
    }

    /// Its number; the first one is 1.
    pub fn number(&self) -> u64 {
        self.page.used.unwrap_or(1)
    }

    /// How many rows come before it.
    pub fn offset(&self) -> u64 {
        (self.number() - 1).saturating_mul(self.rows())
    }

    /// How many rows it has at most.
    pub fn rows(&self) -> u64 {
        self.per_page.used.unwrap_or(PER_PAGE_BELOW_ONE)
    }

    /// What stands after the rows in the answer, as members of a JSON object.
    pub fn members(&self, total: u64) -> String {
        self.members_of(Some(total))
    }

    /// The same where the number of rows may not be known: `null` then.
    pub fn members_of(&self, total: Option<u64>) -> String {
        let (page, per_page) = (&self.page.echo, &self.per_page.echo);
        let number = |number: Option<u64>| number.map_or("null".to_owned(), |number| number.to_string());
        let total_pages = number(total.map(|total| total.div_ceil(self.rows())));
        let total = number(total);
        format!(r#""page":{page},"per_page":{per_page},"total":{total},"total_pages":{total_pages}"#)
    }
}

impl Number {
    fn of(number: u64) -> Self {
        Self { echo: number.to_string(), used: Some(number) }
    }

    /// Python's `int()` for ASCII digits: surrounding white space, one sign.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self { echo: "0".to_owned(), used: None });
        }
        if negative {
            return Some(Self { echo: format!("-{significant}"), used: None });
        }
        // the only way to fail is to be too long
        let used = significant.parse().unwrap_or(u64::MAX);
        Some(Self { echo: significant.to_owned(), used: Some(used) })
    }
}

#[cfg(test)]
mod tests {
    use axum::{extract::FromRequestParts, http::Request};

    use super::*;

    async fn page(query: &str) -> Page {
        let (mut parts, ()) = Request::get(format!("/images?{query}")).body(()).unwrap().into_parts();
        Page::of(&Query::from_request_parts(&mut parts, &()).await.unwrap())
    }

    #[tokio::test]
    async fn pages_are_read_and_echoed_as_the_original_does() {
        for (query, offset, rows, echo) in [
            ("", 0, 50, r#""page":1,"per_page":50"#),
            ("page=&per_page=", 0, 50, r#""page":1,"per_page":50"#),
            ("page=3&per_page=10", 20, 10, r#""page":3,"per_page":10"#),
            ("page=0&per_page=3", 0, 3, r#""page":0,"per_page":3"#),
            ("page=-1&per_page=-5", 0, 20, r#""page":-1,"per_page":-5"#),
            ("per_page=0&page=2", 20, 20, r#""page":2,"per_page":0"#),
            ("page=abc&per_page=1.5", 0, 50, r#""page":1,"per_page":50"#),
            ("page=0x2&per_page=1_0", 0, 50, r#""page":1,"per_page":50"#),
            ("page=%202%20&per_page=%2B3", 3, 3, r#""page":2,"per_page":3"#),
            ("page=+2&per_page=003", 3, 3, r#""page":2,"per_page":3"#),
            ("page=2&page=3&per_page=3", 3, 3, r#""page":2,"per_page":3"#),
            ("page=%D9%A2", 0, 50, r#""page":1,"per_page":50"#),
            ("page=-&per_page=-0", 0, 20, r#""page":1,"per_page":0"#),
            (
                "page=99999999999999999999999&per_page=2",
                u64::MAX,
                2,
                r#""page":99999999999999999999999,"per_page":2"#,
            ),
            (
                "per_page=99999999999999999999999",
                0,
                u64::MAX,
                r#""page":1,"per_page":99999999999999999999999"#,
            ),
        ] {
            let page = page(query).await;
            assert_eq!((page.offset(), page.rows()), (offset, rows), "{query}");
            let members = page.members(7);
            assert!(members.starts_with(echo), "{query}: {members}");
        }
    }

    #[tokio::test]
    async fn the_last_page_may_be_short_and_no_rows_are_no_pages() {
        assert!(page("per_page=3").await.members(130).ends_with(r#""total":130,"total_pages":44"#));
        assert!(page("per_page=0").await.members(130).ends_with(r#""total_pages":7"#));
        assert!(
            page("per_page=5000")
                .await
                .at_most(1000)
                .members(1001)
                .ends_with(r#""per_page":5000,"total":1001,"total_pages":2"#)
        );
        assert!(page("").await.members_of(None).ends_with(r#""total":null,"total_pages":null"#));
        assert!(page("").await.members(0).ends_with(r#""total":0,"total_pages":0"#));
    }
}
