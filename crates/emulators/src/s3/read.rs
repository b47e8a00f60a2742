//! Reading an object: `GET` and `HEAD`, signed, presigned or anonymous. These are answered here and not through the
//! protocol crate's own operation, because that one refuses what S3 and HTTP let pass: several ranges, lists of ETags,
//! dates that are none, `If-Range`.

use std::io::ErrorKind;

use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use s3s::{Body, S3Request, S3Response, S3Result, path::S3Path, route::S3Route};

use super::{
    access::Rules,
    checksum::Coverage,
    conditions::{Names, Verdict, http_date, range_is_meant, weigh},
    object::Object,
    range::{Slice, slice},
    refusal::{Refusal, insert},
    store::Store,
};

/// Queries that make a `GET` of an object something else than reading it.
const SUBRESOURCES: [&str; 8] =
    ["acl", "attributes", "legal-hold", "retention", "select", "tagging", "torrent", "uploadId"];
/// Queries of a signed request that replace headers of the answer.
const OVERRIDES: [(&str, HeaderName); 6] = [
    ("response-cache-control", header::CACHE_CONTROL),
    ("response-content-disposition", header::CONTENT_DISPOSITION),
    ("response-content-encoding", header::CONTENT_ENCODING),
    ("response-content-language", header::CONTENT_LANGUAGE),
    ("response-content-type", header::CONTENT_TYPE),
    ("response-expires", header::EXPIRES),
];
/// An object can be replaced between finding it and opening its file; then it is looked up again, this often at most.
const LOOK_UPS: usize = 5;

/// Answers requests for objects.
#[derive(Debug)]
pub(super) struct ObjectReads {
    pub(super) store: Store,
    pub(super) rules: Rules,
}

#[async_trait::async_trait]
impl S3Route for ObjectReads {
    fn is_match(&self, method: &Method, uri: &Uri, _: &HeaderMap, _: &mut http::Extensions) -> bool {
        matches!(*method, Method::GET | Method::HEAD)
            && object_path(uri).is_some()
            && (method == Method::HEAD || !SUBRESOURCES.iter().any(|name| query(uri, name).is_some()))
    }

    /// Anonymous requests come in: whether they may read is decided once the object is known.
    async fn check_access(&self, _: &mut S3Request<Body>) -> S3Result<()> {
        Ok(())
    }

    async fn call(&self, request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        Ok(self.answer(&request).await?)
    }
}

impl ObjectReads {
    async fn answer(&self, request: &S3Request<Body>) -> Result<S3Response<Body>, Refusal> {
        let (bucket, key) = object_path(&request.uri).ok_or(Refusal::InvalidRequest("no object is named"))?;
        if query(&request.uri, "versionId").is_some_and(|version| version != "null") {
            return Err(Refusal::InvalidArgument("Invalid version id specified"));
        }
        for _ in 0..LOOK_UPS {
            let object = self.find(&bucket, &key, request.credentials.is_none()).await?;
            let plan = plan(request, &object)?;
            if request.method == Method::HEAD || plan.status == StatusCode::NOT_MODIFIED {
                return Ok(response(plan, Body::empty()));
            }
            match self.store.read(&object, plan.bytes.clone()).await {
                Ok(bytes) => {
                    let body = axum::body::Body::from_stream(bytes);
                    return Ok(response(plan, Body::http_body_unsync(body)));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refusal::Internal(anyhow::anyhow!("a file that the index names is missing")))
    }

    /// As AWS has it, whoever may not list a bucket is not told which keys it lacks.
    async fn find(&self, bucket: &str, key: &str, anonymous: bool) -> Result<Object, Refusal> {
        match self.store.index.object(bucket, key).await {
            Ok(object) if anonymous && !self.rules.public_may_read(object.details.acl) => {
                Err(Refusal::AccessDenied)
            }
            Err(Refusal::NoSuchKey) if anonymous && !self.rules.anonymous_reads => Err(Refusal::AccessDenied),
            found => found,
        }
    }
}

/// The answer but for its body.
struct Plan {
    status: StatusCode,
    headers: HeaderMap,
    bytes: std::ops::Range<u64>,
}

fn response(plan: Plan, body: Body) -> S3Response<Body> {
    let mut response = S3Response::with_status(body, plan.status);
    response.headers = plan.headers;
    response
}

fn plan(request: &S3Request<Body>, object: &Object) -> Result<Plan, Refusal> {
    let mut headers = object_headers(object);
    override_headers(request, &mut headers)?;
    match weigh(&request.headers, &Names::of_read(), &object.etag, object.modified) {
        Verdict::Proceed => {}
        Verdict::Failed => return Err(Refusal::PreconditionFailed),
        Verdict::NotModified => {
            headers.remove(header::CONTENT_TYPE);
            return Ok(Plan { status: StatusCode::NOT_MODIFIED, headers, bytes: 0..0 });
        }
    }
    let asked = asked_slice(request, object, &mut headers)?;
    let (status, bytes) = match asked {
        Slice::Whole => (StatusCode::OK, 0..object.size),
        Slice::Bytes(bytes) => (StatusCode::PARTIAL_CONTENT, bytes),
        Slice::Unsatisfiable => return Err(Refusal::InvalidRange { size: object.size }),
    };
    insert(&mut headers, header::CONTENT_LENGTH, &(bytes.end - bytes.start).to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{}", bytes.start, bytes.end - 1, object.size);
        insert(&mut headers, header::CONTENT_RANGE, &range);
    } else if request.headers.get("x-amz-checksum-mode").is_some_and(|mode| mode == "ENABLED") {
        checksum_headers(object, &mut headers);
    }
    Ok(Plan { status, headers, bytes })
}

fn asked_slice(
    request: &S3Request<Body>,
    object: &Object,
    headers: &mut HeaderMap,
) -> Result<Slice, Refusal> {
    let range = request.headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    if let Some(number) = query(&request.uri, "partNumber") {
        if range.is_some() {
            return Err(Refusal::InvalidRequest(
                "Cannot specify both Range header and partNumber query parameter",
            ));
        }
        return part(object, &number, headers);
    }
    let range = range.filter(|_| range_is_meant(&request.headers, &object.etag, object.modified));
    Ok(slice(range, object.size))
}

fn part(object: &Object, number: &str, headers: &mut HeaderMap) -> Result<Slice, Refusal> {
    let segments = &object.details.segments;
    let number: usize = number.parse().map_err(|_| Refusal::InvalidArgument("partNumber is no number"))?;
    let index =
        number.checked_sub(1).ok_or(Refusal::InvalidArgument("Part number must be between 1 and 10000"))?;
    let segment = segments.get(index).ok_or(Refusal::InvalidRange { size: object.size })?;
    if object.etag.contains('-') {
        insert(headers, HeaderName::from_static("x-amz-mp-parts-count"), &segments.len().to_string());
    }
    let start: u64 = segments[..index].iter().map(|segment| segment.size).sum();
    Ok(if segment.size == 0 { Slice::Whole } else { Slice::Bytes(start..start + segment.size) })
}

/// Headers that every answer about the object carries, 304 included.
fn object_headers(object: &Object) -> HeaderMap {
    let mut headers = HeaderMap::new();
    insert(&mut headers, header::CONTENT_TYPE, "binary/octet-stream");
    for (name, value) in &object.details.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            insert(&mut headers, name, value);
        }
    }
    insert(&mut headers, header::ETAG, &format!("\"{}\"", object.etag));
    insert(&mut headers, header::LAST_MODIFIED, &http_date(object.modified));
    insert(&mut headers, header::ACCEPT_RANGES, "bytes");
    // the bytes are a stranger's: a browser that opens them is not to guess at their type
    insert(&mut headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    headers
}

fn override_headers(request: &S3Request<Body>, headers: &mut HeaderMap) -> Result<(), Refusal> {
    for (name, header) in OVERRIDES {
        let Some(value) = query(&request.uri, name) else { continue };
        if request.credentials.is_none() {
            return Err(Refusal::InvalidRequest(
                "Request specific response headers cannot be used for anonymous GET requests.",
            ));
        }
        let value = value.parse().map_err(|_| Refusal::BadHeader(name.to_owned()))?;
        headers.insert(header, value);
    }
    Ok(())
}

fn checksum_headers(object: &Object, headers: &mut HeaderMap) {
    let Some(checksum) = &object.details.checksum else { return };
    insert(headers, HeaderName::from_static(checksum.algorithm.header()), &checksum.value);
    if object.etag.contains('-') || checksum.coverage == Coverage::Full {
        insert(headers, HeaderName::from_static("x-amz-checksum-type"), checksum.coverage.name());
    }
}

/// The bucket and key that a path names, if it names both.
fn object_path(uri: &Uri) -> Option<(String, String)> {
    let path = percent_encoding::percent_decode_str(uri.path()).decode_utf8().ok()?;
    match s3s::path::parse_path_style(&path) {
        Ok(S3Path::Object { bucket, key }) => Some((bucket.into(), key.into())),
        _ => None,
    }
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
