//! What a list is asked for beside its page: which rows, in which order. Pure.

use service::{ApiError, extract::Query};

use crate::{
    names,
    store::{Equal, Order, Sort},
};

/// Which rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filters {
    /// By equality.
    pub(crate) equal: Equal,
    /// Those whose names have this in them, folded.
    pub(crate) part: Option<String>,
}

impl Filters {
    /// As a query string says it. An empty value is none.
    pub(crate) fn of(query: &Query) -> Self {
        let text = |name: &str| query.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let part = query.get("q").map(|part| names::fold(part.trim())).filter(|part| !part.trim().is_empty());
        let equal = Equal {
            provider: text("storage_provider"),
            mime_type: text("mime_type"),
            job_id: text("job_id"),
        };
        Self { equal, part }
    }

    /// True when the name has the searched part.
    pub(crate) fn takes_name(&self, name: &str) -> bool {
        self.part.as_ref().is_none_or(|part| names::fold(name).contains(part.as_str()))
    }

    /// The same for the same filters, also in another process.
    pub(crate) fn fingerprint(&self) -> u64 {
        let Equal { provider, mime_type, job_id } = &self.equal;
        let texts = [provider, mime_type, job_id, &self.part];
        // FNV-1a; 0xff is in no text
        texts.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, text| {
            let bytes = text.iter().flat_map(|text| text.bytes());
            bytes
                .chain([0xff])
                .fold(hash, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        })
    }
}

/// The order that `sort` and `order` say. 400 for words that are none.
pub(crate) fn order_of(query: &Query) -> Result<Order, ApiError> {
    let word = |name: &str| query.get(name).map(str::trim).filter(|word| !word.is_empty());
    let (sort, usual) = match word("sort") {
        None | Some("imported") => (Sort::Imported, true),
        Some("name") => (Sort::Name, false),
        Some("size") => (Sort::Size, true),
        Some(_) => return Err(ApiError::bad_request("`sort` must be imported, name or size.")),
    };
    let descending = match word("order") {
        None => usual,
        Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(ApiError::bad_request("`order` must be asc or desc.")),
    };
    Ok(Order { sort, descending })
}

#[cfg(test)]
mod tests {
    use axum::{extract::FromRequestParts, http::Request};

    use super::*;

    async fn query(text: &str) -> Query {
        let (mut parts, ()) = Request::get(format!("/images?{text}")).body(()).unwrap().into_parts();
        Query::from_request_parts(&mut parts, &()).await.unwrap()
    }

    #[tokio::test]
    async fn empty_values_are_none_and_unknown_words_are_refused() {
        let none = query("q=&q=x&mime_type=&job_id=&storage_provider=&sort=&order=").await;
        assert_eq!(Filters::of(&none), Filters::default());
        assert_eq!(order_of(&none).unwrap(), Order::NEWEST_FIRST);
        assert_eq!(Filters::of(&query("q=%20%09").await), Filters::default());
        for wrong in ["sort=date", "order=up", "sort=Name", "sort=name,size"] {
            assert_eq!(order_of(&query(wrong).await).unwrap_err().status(), 400, "{wrong}");
        }
        for (text, sort, descending) in [
            ("sort=name", Sort::Name, false),
            ("sort=size", Sort::Size, true),
            ("order=asc", Sort::Imported, false),
        ] {
            assert_eq!(order_of(&query(text).await).unwrap(), Order { sort, descending });
        }
    }

    #[tokio::test]
    async fn other_filters_have_another_fingerprint() {
        let mut seen = std::collections::HashSet::new();
        for text in
            ["", "q=a", "mime_type=a", "job_id=a", "storage_provider=a", "q=b", "q=ab", "q=a&job_id=b"]
        {
            assert!(seen.insert(Filters::of(&query(text).await).fingerprint()), "{text}");
        }
        let (one, same) = (Filters::of(&query("q=%20Image").await), Filters::of(&query("q=iMAGE").await));
        assert_eq!(one.fingerprint(), same.fingerprint());
    }
}
