//! Which S3 operation a request is, by its method, path and query; for faults, logs and refusals.

use http::{HeaderMap, Method, Uri};

/// The name of the operation, or none if S3 has no such combination of method and resource.
pub(super) fn name(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<&'static str> {
    let path = uri.path().trim_start_matches('/');
    let query = Query(uri.query().unwrap_or_default());
    match path.split_once('/') {
        _ if path.is_empty() => (*method == Method::GET).then_some("ListBuckets"),
        Some((_, key)) if !key.is_empty() => of_object(method, &query, headers),
        _ => of_bucket(method, &query),
    }
}

/// The key that a request is about, decoded.
pub(super) fn key(uri: &Uri) -> String {
    let path = uri.path().trim_start_matches('/');
    let key = path.split_once('/').map_or("", |(_, key)| key);
    percent_encoding::percent_decode_str(key).decode_utf8_lossy().into_owned()
}

fn of_object(method: &Method, query: &Query<'_>, headers: &HeaderMap) -> Option<&'static str> {
    let copy = headers.contains_key("x-amz-copy-source");
    let upload = query.has("uploadId");
    Some(match *method {
        Method::HEAD => "HeadObject",
        Method::GET if query.has("acl") => "GetObjectAcl",
        Method::GET if upload => "ListParts",
        Method::GET => "GetObject",
        Method::PUT if query.has("acl") => "PutObjectAcl",
        Method::PUT if upload && copy => "UploadPartCopy",
        Method::PUT if upload => "UploadPart",
        Method::PUT if copy => "CopyObject",
        Method::PUT => "PutObject",
        Method::POST if query.has("uploads") => "CreateMultipartUpload",
        Method::POST if upload => "CompleteMultipartUpload",
        Method::DELETE if upload => "AbortMultipartUpload",
        Method::DELETE => "DeleteObject",
        _ => return None,
    })
}

fn of_bucket(method: &Method, query: &Query<'_>) -> Option<&'static str> {
    Some(match *method {
        Method::HEAD => "HeadBucket",
        Method::GET if query.has("uploads") => "ListMultipartUploads",
        Method::GET if query.has("location") => "GetBucketLocation",
        Method::GET if query.has("acl") => "GetBucketAcl",
        Method::GET if query.has("versioning") => "GetBucketVersioning",
        Method::GET if query.has("list-type") => "ListObjectsV2",
        Method::GET => "ListObjects",
        Method::PUT => "CreateBucket",
        Method::POST if query.has("delete") => "DeleteObjects",
        Method::POST => "PostObject",
        Method::DELETE => "DeleteBucket",
        _ => return None,
    })
}

struct Query<'u>(&'u str);

impl Query<'_> {
    fn has(&self, name: &str) -> bool {
        url::form_urlencoded::parse(self.0.as_bytes()).any(|(key, _)| key == name)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::{key, name};

    #[test]
    fn requests_are_told_apart() {
        for (method, uri, expected) in [
            (Method::GET, "/", Some("ListBuckets")),
            (Method::PUT, "/", None),
            (Method::GET, "/bucket", Some("ListObjects")),
            (Method::GET, "/bucket/?list-type=2", Some("ListObjectsV2")),
            (Method::POST, "/bucket?delete", Some("DeleteObjects")),
            (Method::PUT, "/bucket/key?uploadId=x&partNumber=1", Some("UploadPart")),
            (Method::POST, "/bucket/key?uploads", Some("CreateMultipartUpload")),
            (Method::POST, "/bucket/key?uploadId=x", Some("CompleteMultipartUpload")),
            (Method::DELETE, "/bucket/key?uploadId=x", Some("AbortMultipartUpload")),
            (Method::POST, "/bucket/key", None),
            (Method::PATCH, "/bucket/key", None),
        ] {
            assert_eq!(name(&method, &uri.parse().unwrap(), &HeaderMap::new()), expected, "{method} {uri}");
        }
    }

    #[test]
    fn the_key_is_decoded() {
        assert_eq!(key(&"/bucket/a%20b/c?x".parse().unwrap()), "a b/c");
        assert_eq!(key(&"/bucket".parse().unwrap()), "");
    }
}
