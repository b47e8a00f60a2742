//! Cross-origin answers exactly as the original's: an echo of the caller's origin by default, a list otherwise, and
//! constant methods in preflights.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// Methods of every preflight answer, whatever the route supports.
const METHODS: HeaderValue = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
/// What a page of another origin may read of an answer, beside what browsers always show. An addition to the original.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Accept-Ranges, Content-Disposition, Content-Range, ETag, Retry-After, X-Request-Id",
);
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Who may call from a browser, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// `None`: anybody, on every path. Else these, on paths that start with `/api`.
    origins: Option<Vec<Origin>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Any,
    /// Compared without case.
    Exact(String),
    /// Each `*` stands for part of one host label; the text is matched whole.
    Pattern(String),
}

impl Cors {
    /// Any origin, on every path: the five services themselves, and the gateway where `CORS_ORIGINS` is unset.
    pub fn any() -> Self {
        Self { origins: None }
    }

    /// A `CORS_ORIGINS` value: unset, blank and `*` are any; else a list with commas.
    pub fn from_setting(setting: Option<&str>) -> Self {
        let entries = setting.unwrap_or_default().split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let origins: Vec<_> = entries
            .map(|entry| match entry {
                "*" => Origin::Any,
                _ if entry.contains('*') => Origin::Pattern(entry.to_ascii_lowercase()),
                _ => Origin::Exact(entry.to_ascii_lowercase()),
            })
            .collect();
        match origins.as_slice() {
            [] | [Origin::Any] => Self::any(),
            _ => Self { origins: Some(origins) },
        }
    }

    /// True where pages of every origin may call.
    pub fn is_any(&self) -> bool {
        self.origins.as_ref().is_none_or(|origins| origins.contains(&Origin::Any))
    }

    /// True for an origin that is in the list.
    pub fn lists(&self, origin: &HeaderValue) -> bool {
        let text = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        self.origins.iter().flatten().any(|entry| entry.matches(&text))
    }

    /// What [`Cors::apply`] looks at of a request's headers: most often nothing.
    pub fn asking(request: &HeaderMap) -> HeaderMap {
        let names = [
            header::ORIGIN,
            header::ACCESS_CONTROL_REQUEST_METHOD,
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            REQUEST_PRIVATE_NETWORK,
        ];
        names.into_iter().filter_map(|name| request.get(&name).cloned().map(|value| (name, value))).collect()
    }

    /// Adds what belongs into the answer to a request with `method`, `path` and `request` headers.
    pub fn apply(&self, method: &Method, path: &str, request: &HeaderMap, answer: &mut HeaderMap) {
        let Some(allowed) = self.allowed_origin(path, request.get(header::ORIGIN)) else { return };
        if self.varies(request) {
            vary_by_origin(answer);
        }
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if method == Method::OPTIONS {
            preflight(request, answer);
        } else {
            answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    /// The origin to name, if any.
    fn allowed_origin(&self, path: &str, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
        let any = HeaderValue::from_static("*");
        let Some(origins) = &self.origins else { return Some(origin.cloned().unwrap_or(any)) };
        if !path.starts_with("/api") {
            return None;
        }
        let has_any = origins.contains(&Origin::Any);
        let Some(origin) = origin else { return if has_any { Some(any) } else { self.first_listed() } };
        let text = origin.to_str().ok()?.to_ascii_lowercase();
        origins.iter().any(|entry| entry.matches(&text)).then(|| origin.clone())
    }

    /// What the original names where nobody asks: the alphabetically first origin.
    fn first_listed(&self) -> Option<HeaderValue> {
        let exact = self.origins.iter().flatten().filter_map(|entry| match entry {
            Origin::Exact(origin) => Some(origin.as_str()),
            Origin::Any | Origin::Pattern(_) => None,
        });
        exact.min().and_then(|origin| HeaderValue::from_str(origin).ok())
    }

    /// A single exact origin is the same answer for everybody; all else depends on who asks.
    fn varies(&self, request: &HeaderMap) -> bool {
        match self.origins.as_deref() {
            None => request.contains_key(header::ORIGIN),
            Some([Origin::Exact(_)]) => false,
            Some(origins) => request.contains_key(header::ORIGIN) || !origins.contains(&Origin::Any),
        }
    }
}

impl Origin {
    fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => exact == origin,
            Self::Pattern(pattern) => matches_pattern(pattern, origin),
        }
    }
}

/// `pattern` against the whole of `text`; a `*` stands for one or more characters of one host label.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let label_end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
    (1..=label_end).any(|taken| matches_pattern(after, &rest[taken..]))
}

/// Adds `Origin` to what the answer varies by already, in one header.
fn vary_by_origin(answer: &mut HeaderMap) {
    let known: Vec<_> = answer.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok()).collect();
    let names = |list: &str| list.split(',').any(|name| name.trim().eq_ignore_ascii_case("origin"));
    if known.iter().any(|list| names(list) || list.trim() == "*") {
        return;
    }
    let all = known.into_iter().chain(["Origin"]).collect::<Vec<_>>().join(", ");
    if let Ok(all) = HeaderValue::from_str(&all) {
        answer.insert(header::VARY, all);
    }
}

/// What a browser asks before it sends the real request. The original answers it with or without an `Origin`.
fn preflight(request: &HeaderMap, answer: &mut HeaderMap) {
    let asked = request.get(header::ACCESS_CONTROL_REQUEST_METHOD).and_then(|method| method.to_str().ok());
    let known = asked.map(str::to_ascii_uppercase).is_some_and(|method| {
        matches!(method.as_str(), "DELETE" | "GET" | "HEAD" | "OPTIONS" | "PATCH" | "POST" | "PUT")
    });
    if !known {
        return;
    }
    answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    if let Some(names) =
        request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|names| names.to_str().ok())
    {
        let mut names: Vec<_> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        if let Ok(names) = HeaderValue::from_str(&names.join(", "))
            && !names.is_empty()
        {
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
        }
    }
    if request.get(REQUEST_PRIVATE_NETWORK).is_some_and(|value| value == "true") {
        answer.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(setting: &str, path: &str, origin: Option<&str>) -> (Option<String>, bool) {
        let mut request = HeaderMap::new();
        if let Some(origin) = origin {
            request.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        let mut answer = HeaderMap::new();
        Cors::from_setting(Some(setting)).apply(&Method::GET, path, &request, &mut answer);
        let named =
            answer.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).map(|value| value.to_str().unwrap().to_owned());
        (named, answer.contains_key(header::VARY))
    }

    #[test]
    fn who_is_named_follows_the_originals_table() {
        let named = |origin: &str, vary: bool| (Some(origin.to_owned()), vary);
        for (setting, path, origin, expected) in [
            ("", "/health", None, named("*", false)),
            ("*", "/nope", Some("null"), named("null", true)),
            ("https://a.x", "/api/stats", None, named("https://a.x", false)),
            ("https://a.x", "/api/stats", Some("HTTPS://A.X"), named("HTTPS://A.X", false)),
            ("https://a.x", "/api/stats", Some("https://a.x/"), (None, false)),
            ("https://a.x", "/health", Some("https://a.x"), (None, false)),
            ("https://b.x, https://a.x,", "/api/stats", None, named("https://a.x", true)),
            ("https://b.x,https://a.x", "/api/stats", Some("https://b.x"), named("https://b.x", true)),
            ("https://b.x,*", "/api/stats", None, named("*", false)),
            ("https://b.x,*", "/api/stats", Some("https://z.x"), named("https://z.x", true)),
        ] {
            assert_eq!(allowed(setting, path, origin), expected, "{setting:?} {path} {origin:?}");
        }
    }

    #[test]
    fn only_who_may_read_an_answer_is_shown_its_headers() {
        for (method, origin, exposed) in [
            (Method::GET, "https://a.x", true),
            (Method::GET, "https://b.x", false),
            // what the original answers to a preflight is all of it
            (Method::OPTIONS, "https://a.x", false),
        ] {
            let request = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]);
            let mut answer = HeaderMap::new();
            Cors::from_setting(Some("https://a.x")).apply(&method, "/api/x", &request, &mut answer);
            let header = answer.get(header::ACCESS_CONTROL_EXPOSE_HEADERS);
            assert_eq!(header.is_some_and(|names| names == EXPOSED), exposed, "{method} {origin}");
        }
    }

    #[test]
    fn nobody_is_let_in_with_the_credentials_of_a_browser() {
        let asking = [
            (header::ORIGIN, HeaderValue::from_static("https://a.x")),
            (header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST")),
            (header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("authorization, cookie")),
        ];
        for setting in ["", "*", "https://a.x", "https://*.x,*"] {
            for method in [Method::GET, Method::POST, Method::OPTIONS] {
                let mut answer = HeaderMap::new();
                let request = HeaderMap::from_iter(asking.clone());
                Cors::from_setting(Some(setting)).apply(&method, "/api/x", &request, &mut answer);
                assert!(answer.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{setting:?}");
                assert!(!answer.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "{setting:?}");
            }
        }
    }

    #[test]
    fn an_answer_that_varies_already_also_varies_by_origin() {
        for (before, after) in
            [("Accept", "Accept, Origin"), ("accept, origin", "accept, origin"), ("*", "*"), ("", "Origin")]
        {
            let mut request = HeaderMap::new();
            request.insert(header::ORIGIN, HeaderValue::from_static("https://a.x"));
            let mut answer = HeaderMap::new();
            if !before.is_empty() {
                answer.insert(header::VARY, HeaderValue::from_static(before));
            }
            Cors::any().apply(&Method::GET, "/", &request, &mut answer);
            let vary: Vec<_> = answer.get_all(header::VARY).iter().collect();
            assert_eq!(vary, [after], "{before:?}");
        }
    }

    #[test]
    fn a_star_stands_for_one_host_label_and_nothing_hangs_on() {
        let setting = "https://*.example.app,http://localhost:*";
        for (origin, allow) in [
            ("https://foo.example.app", true),
            ("http://localhost:3000", true),
            ("https://example.app", false),
            ("https://a.b.example.app", false),
            ("https://xexample.app", false),
            ("https://foo.example.app.evil.com", false),
            ("https://.example.app", false),
        ] {
            assert_eq!(allowed(setting, "/api/x", Some(origin)).0.is_some(), allow, "{origin}");
        }
    }
}
