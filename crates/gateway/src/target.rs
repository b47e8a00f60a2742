//! From the path and query that came in to those that go on. Pure.
//!
//! Every segment is decoded and encoded again, so that nothing in it can mean anything to the service it goes to but
//! itself: no slash, no dots, no query.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// What stays as it is in a segment: the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why a path goes nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTarget {
    /// It is not one of ours after all: another path once decoded, or an id that is no number.
    Unknown,
    /// A segment is `.` or `..`, which no URL can carry as text.
    Dots,
}

/// Which parameters go on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Query {
    /// The query string as it came.
    AsReceived,
    /// Only these parameters, as they came.
    Only(&'static [&'static str]),
}

/// The path at the service for `path`, which matched `outside`; `inside` names the same placeholders. `{id}` takes
/// ASCII digits only (`007` is `7`), `{key}` any text (the original left slashes in keys), every other placeholder any
/// text without a slash.
pub(crate) fn path(outside: &str, inside: &str, path: &str) -> Result<String, NoTarget> {
    let values: Vec<_> =
        outside.split('/').zip(path.split('/')).filter(|(name, _)| is_placeholder(name)).collect();
    let mut target = String::new();
    for part in inside.split('/').skip(1) {
        target.push('/');
        match values.iter().find(|(name, _)| *name == part) {
            Some((name, raw)) => target.push_str(&value(name, raw)?),
            None => target.push_str(part),
        }
    }
    Ok(target)
}

fn is_placeholder(segment: &str) -> bool {
    segment.starts_with('{')
}

fn value(name: &str, raw: &str) -> Result<String, NoTarget> {
    let decoded: Cow<'_, [u8]> = percent_decode_str(raw).into();
    match &*decoded {
        // no key that can be asked for has such a part either
        text if text.split(|byte| *byte == b'/').any(|part| matches!(part, b"." | b"..")) => {
            Err(NoTarget::Dots)
        }
        // as in the original, paths are decoded before they are matched: this would be one segment more
        text if text.contains(&b'/') && name != "{key}" => Err(NoTarget::Unknown),
        digits if name == "{id}" => number(digits).ok_or(NoTarget::Unknown),
        text => Ok(percent_encode(text, ENCODED).to_string()),
    }
}

fn number(digits: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|c| c.is_ascii_digit()))?;
    let short = text.trim_start_matches('0');
    Some(if short.is_empty() { "0" } else { short }.to_owned())
}

/// The query string that goes on, if any.
pub(crate) fn query(wanted: Query, received: Option<&str>) -> Option<String> {
    let received = received?;
    match wanted {
        Query::AsReceived => Some(received.to_owned()),
        Query::Only(names) => {
            let known = |pair: &&str| {
                let name = pair.split('=').next().unwrap_or_default();
                names.contains(&&*percent_decode_str(name).decode_utf8_lossy())
            };
            let kept: Vec<_> = received.split('&').filter(known).collect();
            (!kept.is_empty()).then(|| kept.join("&"))
        }
    }
}

/// The id of the job that `path` names, where `pattern` has a place for it.
pub(crate) fn job_id(pattern: &str, path: &str) -> Option<String> {
    let mut segments = pattern.split('/').zip(path.split('/'));
    let (_, id) = segments.find(|(place, _)| *place == "{job_id}")?;
    client::job_id::accept(Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ascii_digits_without_leading_zeros() {
        let id = |raw: &str| path("/api/images/{id}", "/images/{id}", &format!("/api/images/{raw}"));
        for (raw, target) in [
            ("7", "/images/7"),
            ("007", "/images/7"),
            ("000", "/images/0"),
            ("%37", "/images/7"),
            ("99999999999999999999999", "/images/99999999999999999999999"),
        ] {
            assert_eq!(id(raw).as_deref(), Ok(target), "{raw}");
        }
        for raw in ["-1", "abc", "1.5", "%2B1", "1%20", "%D9%A1", "%FF"] {
            assert_eq!(id(raw), Err(NoTarget::Unknown), "{raw}");
        }
    }

    #[test]
    fn a_segment_stays_one_segment_whatever_it_holds() {
        let job = |raw: &str| {
            path(
                "/api/import/jobs/{job_id}/cancel",
                "/import/jobs/{job_id}/cancel",
                &format!("/api/import/jobs/{raw}/cancel"),
            )
        };
        for (raw, target) in [
            ("abc", Ok("/import/jobs/abc/cancel")),
            ("a%20b%3Fc%23d%C3%A9%25", Ok("/import/jobs/a%20b%3Fc%23d%C3%A9%25/cancel")),
            (r"..\..", Ok("/import/jobs/..%5C../cancel")),
            ("a+b;c", Ok("/import/jobs/a%2Bb%3Bc/cancel")),
            ("a%2Fb", Err(NoTarget::Unknown)),
            ("..", Err(NoTarget::Dots)),
            ("%2e%2E", Err(NoTarget::Dots)),
            (".", Err(NoTarget::Dots)),
        ] {
            assert_eq!(job(raw).as_deref(), target.as_ref().copied(), "{raw}");
        }
    }

    #[test]
    fn a_key_keeps_its_slashes_inside_its_segment() {
        let key = |raw: &str| path("/api/objects/{key}", "/objects/{key}", &format!("/api/objects/{raw}"));
        for (raw, target) in [
            ("u_a%2fb.jpg", Ok("/objects/u_a%2Fb.jpg")),
            ("u_a%252Fb.jpg", Ok("/objects/u_a%252Fb.jpg")),
            ("u_a%2F..%2Fx", Err(NoTarget::Dots)),
            ("%2E%2E%2Fx", Err(NoTarget::Dots)),
            ("%2E%2E", Err(NoTarget::Dots)),
        ] {
            assert_eq!(key(raw).as_deref(), target.as_ref().copied(), "{raw}");
        }
    }

    #[test]
    fn only_the_wanted_parameters_go_on_and_as_they_came() {
        let only = Query::Only(&["imported"]);
        assert_eq!(query(only, Some("imported=0&x=1")).as_deref(), Some("imported=0"));
        assert_eq!(query(only, Some("x=1&%69mported=%30")).as_deref(), Some("%69mported=%30"));
        assert_eq!(query(only, Some("x=1")), None);
        assert_eq!(query(Query::Only(&[]), Some("")), None);
        let odd = "page=1&page=2&a=%zz&empty=&b=a+b%2Fc";
        assert_eq!(query(Query::AsReceived, Some(odd)).as_deref(), Some(odd));
        assert_eq!(query(Query::AsReceived, None), None);
    }
}
