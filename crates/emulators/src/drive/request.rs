//! One request as Drive understands it: parameters from the query or from the body of an overridden POST, the key,
//! and who is asking.

use super::errors::{DriveError, Format};
use super::library::Viewer;
use super::stats::Headers;
use axum::body::Body;
use http::request::Parts;
use http::{HeaderMap, Method};
use std::collections::HashMap;
use url::form_urlencoded;

/// The longest body of an overridden POST.
const MOST_BODY: usize = 1024 * 1024;
/// The only key that is refused when every key is accepted.
const BAD_KEY: &str = "BADKEY";

/// A parsed request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) headers: HeaderMap,
    parameters: Vec<(String, String)>,
    is_read: bool,
    overridden: bool,
}

/// Which keys are accepted. A missing key is always 403, a wrong one 400.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeyRule {
    /// Every key but `BADKEY`.
    #[default]
    Any,
    /// Only this one.
    Only(client::secret::Secret),
}

impl Call {
    /// Reads a request; `POST` with `X-HTTP-Method-Override: GET` carries its parameters in the body.
    pub(crate) async fn read(parts: Parts, body: Body) -> Result<Self, DriveError> {
        let overridden = header(&parts.headers, "x-http-method-override") == Some("GET");
        let overridden = overridden && parts.method == Method::POST;
        let mut parameters = decode(parts.uri.query().unwrap_or_default().as_bytes());
        if overridden {
            let body = axum::body::to_bytes(body, MOST_BODY).await;
            parameters.extend(decode(&body.map_err(|_| DriveError::of_reason("badRequest", ""))?));
        }
        let is_read = overridden || parts.method == Method::GET || parts.method == Method::HEAD;
        Ok(Self { headers: parts.headers, parameters, is_read, overridden })
    }

    /// The value of a parameter; the first one if it was sent twice.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, DriveError> {
        match self.parameter(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => {
                Err(DriveError::invalid_parameter(name, format!("Invalid boolean value: '{other}'.")))
            }
        }
    }

    pub(crate) fn format(&self) -> Format {
        if self.parameter("$.xgafv") == Some("2") { Format::Two } else { Format::One }
    }

    /// Refuses callers without a key, and everything that only a signed-in user may do.
    pub(crate) fn check(&self, rule: &KeyRule) -> Result<(), DriveError> {
        let Some(key) = self.key() else { return Err(DriveError::of_reason("forbidden", "")) };
        let accepted = match rule {
            KeyRule::Any => key != BAD_KEY,
            KeyRule::Only(only) => key == only.expose(),
        };
        if !accepted {
            return Err(DriveError::of_reason("API_KEY_INVALID", ""));
        }
        if self.is_read { Ok(()) } else { Err(DriveError::of_reason("CREDENTIALS_MISSING", "")) }
    }

    fn key(&self) -> Option<&str> {
        let in_query = self.parameter("key").filter(|key| !key.is_empty());
        in_query.or_else(|| self.header("x-goog-api-key").filter(|key| !key.is_empty()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    pub(crate) fn viewer(&self) -> Result<Viewer, DriveError> {
        Ok(Viewer {
            resource_keys: resource_keys(self.header("x-goog-drive-resource-keys").unwrap_or_default()),
            supports_all_drives: self.flag("supportsAllDrives")? || self.flag("supportsTeamDrives")?,
            include_all_drives: self.flag("includeItemsFromAllDrives")?
                || self.flag("includeTeamDriveItems")?,
        })
    }

    /// Counts what the call carried along.
    pub(crate) fn count(&self, counts: &mut Headers) {
        let in_query = self.parameter("key").is_some();
        let in_header = self.header("x-goog-api-key").is_some();
        counts.key_in_query += u64::from(in_query);
        counts.key_in_header += u64::from(in_header);
        counts.key_missing += u64::from(!in_query && !in_header);
        counts.resource_keys += u64::from(self.header("x-goog-drive-resource-keys").is_some());
        counts.range += u64::from(self.header("range").is_some());
        counts.method_override += u64::from(self.overridden);
        counts.quota_user += u64::from(self.parameter("quotaUser").is_some());
        counts.supports_all_drives += u64::from(self.parameter("supportsAllDrives") == Some("true"));
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn decode(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// `ID/KEY,ID2/KEY2`.
fn resource_keys(text: &str) -> HashMap<String, String> {
    let pairs = text.split(',').filter_map(|pair| pair.trim().split_once('/'));
    pairs.map(|(id, key)| (id.to_owned(), key.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    async fn call(request: http::request::Builder, body: &str) -> Call {
        let (parts, body) = request.body(Body::from(body.to_owned())).unwrap().into_parts();
        Call::read(parts, body).await.unwrap()
    }

    #[tokio::test]
    async fn parameters_come_from_the_query_or_from_an_overridden_post() {
        let plain = call(Request::get("/files?q=a+b%27&key=K"), "").await;
        assert_eq!(plain.parameter("q"), Some("a b'"));
        assert_eq!(plain.check(&KeyRule::Any), Ok(()));
        let posted = Request::post("/files").header("X-HTTP-Method-Override", "GET");
        let posted = call(posted, "q=a+b%27&key=K").await;
        assert_eq!(posted.parameter("q"), Some("a b'"));
        assert_eq!(posted.check(&KeyRule::Any), Ok(()));
        let write = call(Request::post("/files?key=K"), "{}").await;
        assert_eq!(write.check(&KeyRule::Any).unwrap_err().status, 401);
    }

    #[tokio::test]
    async fn the_key_is_taken_from_either_place_and_judged_by_the_rule() {
        let only = KeyRule::Only(client::secret::Secret::new("good"));
        let cases = [
            (Request::get("/files"), 403, 403),
            (Request::get("/files?key="), 403, 403),
            (Request::get("/files?key=BADKEY"), 400, 400),
            (Request::get("/files").header("x-goog-api-key", "BADKEY"), 400, 400),
            (Request::get("/files").header("x-goog-api-key", "good"), 0, 0),
            (Request::get("/files?key=other"), 0, 400),
        ];
        for (request, by_any, by_only) in cases {
            let call = call(request, "").await;
            let status = |rule| call.check(rule).map_or_else(|error| error.status, |()| 0);
            assert_eq!((status(&KeyRule::Any), status(&only)), (by_any, by_only));
        }
    }

    #[test]
    fn resource_keys_are_a_comma_list() {
        let keys = resource_keys("a/0-x, b/0-y,nonsense");
        assert_eq!(keys.len(), 2);
        assert_eq!(keys["b"], "0-y");
    }
}
