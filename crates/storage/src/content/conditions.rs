//! Conditional requests: RFC 9110 section 13, weighed in the order of its section 13.2.2. Pure.

use std::time::UNIX_EPOCH;

use axum::http::{HeaderMap, HeaderName, header};

use super::tags::{Tag, Tags};
use crate::bucket::About;

/// What the conditions come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The object is sent.
    Proceed,
    /// 304: the client has it.
    NotModified,
    /// 412: it is not what the client takes it for.
    Failed,
}

/// The conditions of a request.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
    unmodified_since: Option<u64>,
    modified_since: Option<u64>,
    if_range: Option<Validator>,
}

/// What `If-Range` holds.
#[derive(Debug)]
enum Validator {
    Tag(Tag),
    /// Seconds since 1970.
    Date(u64),
    Nonsense,
}

impl Conditions {
    /// The conditions in `headers`. A date that is none is no condition.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self {
            if_match: Tags::of(headers, &header::IF_MATCH),
            if_none_match: Tags::of(headers, &header::IF_NONE_MATCH),
            unmodified_since: date(headers, &header::IF_UNMODIFIED_SINCE),
            modified_since: date(headers, &header::IF_MODIFIED_SINCE),
            if_range: headers.get(header::IF_RANGE).map(|value| Validator::of(value.as_bytes())),
        }
    }

    /// True when the object must be looked at before it is read: most such clients have it already.
    pub(super) fn decide_whether_to_read(&self) -> bool {
        self.if_match.is_some()
            || self.if_none_match.is_some()
            || self.unmodified_since.is_some()
            || self.modified_since.is_some()
    }

    /// Weighs them against the object.
    pub(super) fn weigh(&self, about: &About) -> Verdict {
        let etag = about.etag.as_deref().map(Tag::of);
        let is_later_than = |date| about.last_modified.is_some_and(|modified| modified > date);
        let is_as_expected = match (&self.if_match, self.unmodified_since) {
            (Some(tags), _) => tags.include(etag.as_ref(), Tag::is_strongly),
            (None, Some(date)) => !is_later_than(date),
            (None, None) => true,
        };
        if !is_as_expected {
            return Verdict::Failed;
        }
        let is_known = match (&self.if_none_match, self.modified_since) {
            (Some(tags), _) => tags.include(etag.as_ref(), Tag::is_weakly),
            (None, Some(date)) => about.last_modified.is_some() && !is_later_than(date),
            (None, None) => false,
        };
        if is_known { Verdict::NotModified } else { Verdict::Proceed }
    }

    /// True when a range is meant of this object. Its date is as strong as its tag: an object never changes twice within
    /// a second, as it never changes.
    pub(super) fn range_is_meant_of(&self, about: &About) -> bool {
        match &self.if_range {
            None => true,
            Some(Validator::Tag(tag)) => {
                about.etag.as_deref().is_some_and(|etag| tag.is_strongly(&Tag::of(etag)))
            }
            Some(Validator::Date(date)) => about.last_modified == Some(*date),
            Some(Validator::Nonsense) => false,
        }
    }
}

impl Validator {
    fn of(value: &[u8]) -> Self {
        let value = value.trim_ascii();
        if value.starts_with(b"\"") || value.starts_with(b"W/") {
            return match Tag::parse_list(value).pop() {
                Some(tag) => Self::Tag(tag),
                None => Self::Nonsense,
            };
        }
        std::str::from_utf8(value).ok().and_then(parse_date).map_or(Self::Nonsense, Self::Date)
    }
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    parse_date(headers.get(name)?.to_str().ok()?)
}

fn parse_date(text: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    date.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Sat, 26 Sep 2020 12:00:00 GMT.
    const MODIFIED: u64 = 1_601_121_600;
    const BEFORE: &str = "Sat, 26 Sep 2020 11:59:59 GMT";
    const THEN: &str = "Sat, 26 Sep 2020 12:00:00 GMT";
    const THEN_IN_OTHER_WORDS: [&str; 2] = ["Saturday, 26-Sep-20 12:00:00 GMT", "Sat Sep 26 12:00:00 2020"];
    const AFTER: &str = "Sat, 26 Sep 2020 12:00:01 GMT";

    fn about(etag: Option<&str>) -> About {
        About {
            size: 10,
            etag: etag.map(str::to_owned),
            last_modified: Some(MODIFIED),
            content_type: String::new(),
            content_disposition: None,
            is_ours: true,
        }
    }

    fn conditions(headers: &[(&'static str, &'static str)]) -> Conditions {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Conditions::of(&map)
    }

    fn check(headers: &[(&'static str, &'static str)], verdict: Verdict) {
        assert_eq!(conditions(headers).weigh(&about(Some("\"a\""))), verdict, "{headers:?}");
    }

    #[test]
    fn tags_are_compared_weakly_for_caches_and_strongly_for_the_rest() {
        use Verdict::{Failed, NotModified, Proceed};
        for (list, when_matched, when_none_matched) in [
            ("\"a\"", Proceed, NotModified),
            ("W/\"a\"", Failed, NotModified),
            ("\"x\", \"a\"", Proceed, NotModified),
            ("\"x,\" , ,W/\"y\",\"a\"", Proceed, NotModified),
            ("*", Proceed, NotModified),
            (" * ", Proceed, NotModified),
            ("a", Proceed, NotModified),
            ("x, a", Proceed, NotModified),
            ("\"x\"", Failed, Proceed),
            ("\"A\"", Failed, Proceed),
            ("\"x,a\"", Failed, Proceed),
            ("\"a", Failed, Proceed),
            ("", Failed, Proceed),
        ] {
            check(&[("if-match", list)], when_matched);
            check(&[("if-none-match", list)], when_none_matched);
        }
        check(&[("if-none-match", "\"x\""), ("if-none-match", "\"a\"")], NotModified);
    }

    #[test]
    fn an_object_without_a_tag_matches_only_a_star() {
        let none = about(None);
        for (list, verdict) in
            [("*", Verdict::NotModified), ("\"a\"", Verdict::Proceed), ("\"\"", Verdict::Proceed)]
        {
            assert_eq!(conditions(&[("if-none-match", list)]).weigh(&none), verdict, "{list}");
        }
        assert_eq!(conditions(&[("if-match", "\"a\"")]).weigh(&none), Verdict::Failed);
        let weak = about(Some("W/\"a\""));
        assert_eq!(conditions(&[("if-match", "\"a\"")]).weigh(&weak), Verdict::Failed);
        assert_eq!(conditions(&[("if-none-match", "\"a\"")]).weigh(&weak), Verdict::NotModified);
    }

    #[test]
    fn dates_count_to_the_second_and_nonsense_does_not() {
        use Verdict::{Failed, NotModified, Proceed};
        for (date, unmodified, modified) in [
            (BEFORE, Failed, Proceed),
            (THEN, Proceed, NotModified),
            (THEN_IN_OTHER_WORDS[0], Proceed, NotModified),
            (THEN_IN_OTHER_WORDS[1], Proceed, NotModified),
            (AFTER, Proceed, NotModified),
            ("yesterday", Proceed, Proceed),
            ("", Proceed, Proceed),
        ] {
            check(&[("if-unmodified-since", date)], unmodified);
            check(&[("if-modified-since", date)], modified);
        }
        let undated = About { last_modified: None, ..about(Some("\"a\"")) };
        for name in ["if-modified-since", "if-unmodified-since"] {
            assert_eq!(conditions(&[(name, THEN)]).weigh(&undated), Proceed, "{name}");
        }
    }

    #[test]
    fn tags_come_before_dates_and_failure_before_everything() {
        use Verdict::{Failed, NotModified, Proceed};
        for (headers, verdict) in [
            (&[("if-none-match", "\"x\""), ("if-modified-since", THEN)][..], Proceed),
            (&[("if-none-match", "\"a\""), ("if-modified-since", BEFORE)], NotModified),
            (&[("if-match", "\"a\""), ("if-unmodified-since", BEFORE)], Proceed),
            (&[("if-match", "\"x\""), ("if-unmodified-since", AFTER)], Failed),
            (&[("if-match", "\"x\""), ("if-none-match", "\"a\"")], Failed),
            (&[("if-match", "\"a\""), ("if-none-match", "\"a\"")], NotModified),
            (&[("if-unmodified-since", BEFORE), ("if-none-match", "\"a\"")], Failed),
            (&[], Proceed),
        ] {
            check(headers, verdict);
        }
    }

    #[test]
    fn a_range_is_meant_only_of_exactly_this_object() {
        for (value, is_meant) in [
            ("\"a\"", true),
            ("W/\"a\"", false),
            ("\"x\"", false),
            (THEN, true),
            (THEN_IN_OTHER_WORDS[0], true),
            (BEFORE, false),
            (AFTER, false),
            ("a", false),
            ("\"a", false),
            ("", false),
        ] {
            let conditions = conditions(&[("if-range", value)]);
            assert_eq!(conditions.range_is_meant_of(&about(Some("\"a\""))), is_meant, "{value}");
            assert!(!conditions.decide_whether_to_read());
        }
        assert!(conditions(&[]).range_is_meant_of(&about(None)));
    }
}
