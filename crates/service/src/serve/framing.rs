//! What hyper lets pass and two readers of one connection may take differently. Pure.

use http::{HeaderMap, header};

use crate::ApiError;

/// Why a request with these headers cannot be answered; the connection ends with it.
pub(super) fn ambiguity(headers: &HeaderMap) -> Option<ApiError> {
    if headers.get_all(header::HOST).iter().nth(1).is_some() {
        return Some(ApiError::bad_request("There is more than one Host header; send one."));
    }
    // another coding would be left in the body; a list may be read from either end
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let first = codings.next()?;
    let is_chunked = first.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked");
    let is_plain = is_chunked && codings.next().is_none();
    (!is_plain).then(|| ApiError::bad_request("The only Transfer-Encoding that is understood is chunked."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_and_one_coding_at_most() {
        for (name, values, is_clear) in [
            ("host", &["a"][..], true),
            ("host", &["a", "a"], false),
            ("transfer-encoding", &["Chunked"], true),
            ("transfer-encoding", &["gzip, chunked"], false),
            ("transfer-encoding", &["chunked", "chunked"], false),
            ("transfer-encoding", &["identity", "chunked"], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(name, value.parse().unwrap());
            }
            assert_eq!(ambiguity(&headers).is_none(), is_clear, "{name} {values:?}");
        }
    }
}
