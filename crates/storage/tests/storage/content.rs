//! Images as browsers and caches read them: whole, in part, or not at all where they have them.

use reqwest::{Method, Response};
use serde_json::Value;
use uuid::Uuid;

use crate::harness::{BUCKET, Service, Stack, bytes, json};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A picture of `length` bytes.
pub(crate) fn png(length: usize) -> Vec<u8> {
    [PNG, &bytes(length - PNG.len())].concat()
}

impl Service {
    /// `/objects/{key}`, the key as one segment.
    pub(crate) async fn read(&self, method: Method, key: &str, headers: &[(&str, &str)]) -> Response {
        let segment: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
        let mut request =
            self.http.request(method, self.url(&format!("/objects/{}", segment.replace('+', "%20"))));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn get(&self, key: &str, headers: &[(&str, &str)]) -> Response {
        self.read(Method::GET, key, headers).await
    }
}

impl Stack {
    /// An object as the original stored it: with the uploader's type and nothing else.
    pub(crate) async fn stored_by_the_original(&self, name: &str, content_type: &str, body: &[u8]) -> String {
        let key = format!("{}_{name}", Uuid::new_v4());
        let put = self.s3.put_object().bucket(BUCKET).key(&key).content_type(content_type);
        put.body(body.to_vec().into()).send().await.unwrap();
        key
    }

    /// How often S3 was asked since the last time.
    fn requests(&self) -> u64 {
        let stats = serde_json::to_value(self.faults.stats()).unwrap();
        self.faults.reset_stats();
        stats["requests"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
    }
}

/// A header's text; none is an empty one.
pub(crate) fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

/// Status and code of a refusal, which no cache may keep.
pub(crate) async fn error(answer: Response) -> (u16, String) {
    assert_eq!(header(&answer, "cache-control"), "no-store");
    let status = answer.status().as_u16();
    let body: Value = json(answer).await;
    (status, body["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_object_comes_whole_and_described_also_from_a_private_bucket() {
    let stack = Stack::start_with(|_, s3| s3.anonymous_reads = false).await;
    for length in [100, 5000, 17 << 20] {
        let sent = png(length);
        let stored = stack.service.stored("ü b.png", &sent).await;
        stack.requests();
        let answer = stack.service.get(&stored.key, &[]).await;
        assert_eq!(answer.status(), 200);
        for (name, value) in [
            ("content-type", "image/png"),
            ("content-length", length.to_string().as_str()),
            ("cache-control", IMMUTABLE),
            ("accept-ranges", "bytes"),
            ("x-content-type-options", "nosniff"),
            (
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
            ),
            ("cross-origin-resource-policy", "cross-origin"),
            ("content-disposition", "inline; filename=\"_ b.png\"; filename*=UTF-8''%C3%BC%20b.png"),
        ] {
            assert_eq!(header(&answer, name), value, "{name}");
        }
        assert!(
            header(&answer, "etag").starts_with('"') && header(&answer, "last-modified").ends_with("GMT")
        );
        let head = stack.service.read(Method::HEAD, &stored.key, &[("range", "bytes=0-1")]).await;
        assert_eq!(head.status(), 200);
        for name in answer.headers().keys().filter(|name| !["date", "x-request-id"].contains(&name.as_str()))
        {
            assert_eq!(head.headers().get(name), answer.headers().get(name), "{name}");
        }
        assert!(answer.bytes().await.unwrap() == sent);
        assert_eq!(stack.requests(), 2, "one request to S3 for each");
    }
}

#[tokio::test]
async fn a_range_is_that_part_and_nothing_else() {
    let stack = Stack::start().await;
    let sent = png(10_000);
    let key = stack.service.stored("a.png", &sent).await.key;
    for (range, first, last, requests) in [
        ("bytes=0-0", 0, 0, 1),
        ("bytes=0-9999", 0, 9999, 1),
        ("bytes=5000-5009", 5000, 5009, 1),
        ("bytes=9990-", 9990, 9999, 1),
        ("bytes=9990-20000", 9990, 9999, 1),
        ("bytes=0-99999999999999999999999", 0, 9999, 1),
        ("bytes=-10", 9990, 9999, 2),
        ("bytes=-20000", 0, 9999, 2),
    ] {
        stack.requests();
        let answer = stack.service.get(&key, &[("range", range)]).await;
        assert_eq!(answer.status(), 206, "{range}");
        assert_eq!(header(&answer, "content-range"), format!("bytes {first}-{last}/10000"), "{range}");
        assert_eq!(header(&answer, "content-length"), (last - first + 1).to_string(), "{range}");
        assert_eq!(header(&answer, "content-type"), "image/png", "{range}");
        assert_eq!(header(&answer, "cache-control"), IMMUTABLE, "{range}");
        assert!(answer.bytes().await.unwrap() == sent[first..=last], "{range}");
        assert_eq!(stack.requests(), requests, "{range}");
    }
    for range in ["bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=99999999999999999999-"] {
        let answer = stack.service.get(&key, &[("range", range)]).await;
        assert_eq!(header(&answer, "content-range"), "bytes */10000", "{range}");
        assert_eq!(error(answer).await, (416, "range-not-satisfiable".to_owned()), "{range}");
    }
    for range in ["bytes=2-1", "bytes=0-1,3-4", "bytes=a-b", "lines=0-1", "bytes"] {
        let answer = stack.service.get(&key, &[("range", range)]).await;
        assert_eq!(answer.status(), 200, "{range}");
        assert!(answer.bytes().await.unwrap() == sent, "{range}");
    }
}

#[tokio::test]
async fn an_empty_object_is_served_and_has_no_part() {
    let stack = Stack::start().await;
    let ours = stack.service.stored("empty", b"").await.key;
    let theirs = stack.stored_by_the_original("empty.jpg", "image/jpeg", b"").await;
    for key in [ours, theirs] {
        for method in [Method::GET, Method::HEAD] {
            let answer = stack.service.read(method, &key, &[]).await;
            assert_eq!((answer.status().as_u16(), header(&answer, "content-length")), (200, "0"));
            assert!(header(&answer, "content-disposition").starts_with("attachment"));
        }
        for range in ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0", "bytes=5-9"] {
            let answer = stack.service.get(&key, &[("range", range)]).await;
            assert_eq!(header(&answer, "content-range"), "bytes */0", "{range}");
            assert_eq!(answer.status(), 416, "{range}");
        }
    }
}

#[tokio::test]
async fn conditions_spare_or_forbid_the_body() {
    let stack = Stack::start().await;
    let sent = png(10_000);
    let key = stack.service.stored("a.png", &sent).await.key;
    let whole = stack.service.get(&key, &[]).await;
    let (etag, date) = (header(&whole, "etag").to_owned(), header(&whole, "last-modified").to_owned());
    let weak = format!("W/{etag}");
    let (old, new) = ("Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    for (headers, status) in [
        (&[("if-none-match", etag.as_str())][..], 304),
        (&[("if-none-match", &weak)], 304),
        (&[("if-none-match", "*")], 304),
        (&[("if-none-match", "\"x\""), ("if-modified-since", &date)], 200),
        (&[("if-modified-since", &date)], 304),
        (&[("if-modified-since", old)], 200),
        (&[("if-match", &etag)], 200),
        (&[("if-match", &weak)], 412),
        (&[("if-match", "\"x\"")], 412),
        (&[("if-match", &etag), ("range", "bytes=0-4")], 206),
        (&[("if-unmodified-since", old)], 412),
        (&[("if-unmodified-since", new)], 200),
        (&[("if-none-match", &etag), ("range", "bytes=0-4")], 304),
        (&[("if-none-match", &etag), ("range", "bytes=20000-")], 304),
        (&[("if-range", &etag), ("range", "bytes=0-4")], 206),
        (&[("if-range", &date), ("range", "bytes=0-4")], 206),
        (&[("if-range", &weak), ("range", "bytes=0-4")], 200),
        (&[("if-range", "\"x\""), ("range", "bytes=0-4")], 200),
        (&[("if-range", old), ("range", "bytes=0-4")], 200),
        (&[("if-range", "\"x\""), ("range", "bytes=-4")], 200),
        (&[("if-range", "\"x\""), ("range", "bytes=20000-")], 200),
        (&[("if-range", &etag), ("range", "bytes=20000-")], 416),
        (&[("if-range", &etag)], 200),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = stack.service.read(method.clone(), &key, headers).await;
            let is_head = method == Method::HEAD;
            let expected = if is_head && matches!(status, 206 | 416) { 200 } else { status };
            assert_eq!(answer.status(), expected, "{method} {headers:?}");
            let is_good = matches!(expected, 200 | 206 | 304);
            let kept = if is_good { IMMUTABLE } else { "no-store" };
            assert_eq!(header(&answer, "cache-control"), kept, "{method} {headers:?}");
            if is_good {
                assert_eq!((header(&answer, "etag"), header(&answer, "last-modified")), (&*etag, &*date));
            }
            let length = match expected {
                200 if !is_head => 10_000,
                206 => 5,
                412 | 416 if !is_head => continue,
                _ => 0,
            };
            assert!(answer.bytes().await.unwrap() == sent[..length], "{method} {headers:?}");
        }
    }
}

#[tokio::test]
async fn what_the_bytes_are_counts_and_not_what_anybody_called_them() {
    let stack = Stack::start().await;
    let page = [b"<!doctype html><script>".as_slice(), &bytes(9000)].concat();
    for (name, announced, body, kind, shown) in [
        ("a.svg", "image/svg+xml", png(9000), "image/png", "inline"),
        ("b.png", "image/png", page.clone(), "text/html", "attachment"),
        ("c.jpg", "image/jpeg", b"<svg xmlns='x'/>".to_vec(), "image/svg+xml", "attachment"),
        ("d.jpg", "text/html", b"nothing known".to_vec(), "application/octet-stream", "attachment"),
    ] {
        let key = stack.stored_by_the_original(name, announced, &body).await;
        for (method, range, status) in [
            (Method::HEAD, "", 200),
            (Method::GET, "bytes=3-5", 206),
            (Method::GET, "bytes=0-2", 206),
            (Method::GET, "bytes=-2", 206),
            (Method::GET, "", 200),
        ] {
            let answer = stack.service.read(method, &key, &[("range", range)]).await;
            assert_eq!((answer.status().as_u16(), header(&answer, "content-type")), (status, kind), "{name}");
            let disposition = format!("{shown}; filename=\"{name}\"; filename*=UTF-8''{name}");
            assert_eq!(header(&answer, "content-disposition"), disposition, "{name}");
        }
        let saved = stack.service.url(&format!("/objects/{key}?download=1"));
        let saved = stack.service.http.get(saved).send().await.unwrap();
        assert!(header(&saved, "content-disposition").starts_with("attachment; "), "{name}");
    }
}

#[tokio::test]
async fn parts_of_an_object_of_the_original_do_not_read_its_beginning_each_time() {
    let stack = Stack::start().await;
    let key = stack.stored_by_the_original("a", "x/y", &png(9000)).await;
    for requests in [2, 1, 1] {
        stack.requests();
        let answer = stack.service.get(&key, &[("range", "bytes=8000-8009")]).await;
        assert_eq!(header(&answer, "content-type"), "image/png");
        assert_eq!(stack.requests(), requests);
    }
}
