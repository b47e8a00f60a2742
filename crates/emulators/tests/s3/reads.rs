//! Reading objects.

use std::time::Duration;

use aws_sdk_s3::{presigning::PresigningConfig, primitives::ByteStream};

use crate::harness::{BUCKET, TestServer, xml_code};

#[tokio::test]
async fn headers_and_metadata_come_back() {
    let server = TestServer::start().await;
    let put = server.s3.put_object().bucket(BUCKET).key("meta.png").content_type("image/png");
    let put =
        put.cache_control("public, max-age=60").content_disposition("inline; filename*=UTF-8''caf%C3%A9.png");
    let put = put.content_encoding("identity").content_language("de").metadata("job-id", "j1");
    let put = put.body(ByteStream::from_static(b"0123456789")).send().await.unwrap();
    assert_eq!(put.e_tag(), Some("\"781e5e245d69b566979b86e28d23f2c7\""));

    let head = server.s3.head_object().bucket(BUCKET).key("meta.png").send().await.unwrap();
    assert_eq!(head.content_length(), Some(10));
    assert_eq!(head.content_type(), Some("image/png"));
    assert_eq!(head.cache_control(), Some("public, max-age=60"));
    assert_eq!(head.content_disposition(), Some("inline; filename*=UTF-8''caf%C3%A9.png"));
    assert_eq!(head.content_encoding(), Some("identity"));
    assert_eq!(head.content_language(), Some("de"));
    assert_eq!(head.metadata().unwrap()["job-id"], "j1");
    assert_eq!(head.e_tag(), put.e_tag());
    assert!(head.last_modified().is_some());

    let untyped = server.s3.put_object().bucket(BUCKET).key("untyped").body(ByteStream::from_static(b"x"));
    untyped.send().await.unwrap();
    let answer = server.http.get(server.url("untyped")).send().await.unwrap();
    assert!(
        ["binary/octet-stream", "application/octet-stream"]
            .contains(&answer.headers()["content-type"].to_str().unwrap())
    );
}

#[tokio::test]
async fn ranges_are_cut_out() {
    let server = TestServer::start().await;
    server.put("digits", b"0123456789").await;
    for (range, expected, content_range) in [
        ("bytes=2-5", "2345", "bytes 2-5/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
    ] {
        let answer = server.http.get(server.url("digits")).header("range", range).send().await.unwrap();
        assert_eq!(answer.status(), 206, "{range}");
        assert_eq!(answer.headers()["content-range"], content_range);
        assert_eq!(answer.headers()["accept-ranges"], "bytes");
        assert_eq!(answer.text().await.unwrap(), expected, "{range}");
    }
    let beyond = server.http.get(server.url("digits")).header("range", "bytes=50-60").send().await.unwrap();
    assert_eq!(
        (beyond.status().as_u16(), beyond.headers()["content-range"].to_str().unwrap()),
        (416, "bytes */10")
    );
    assert_eq!(xml_code(&beyond.text().await.unwrap()), "InvalidRange");
    let several =
        server.http.get(server.url("digits")).header("range", "bytes=0-1,3-4").send().await.unwrap();
    assert_eq!((several.status().as_u16(), several.text().await.unwrap().as_str()), (200, "0123456789"));
}

#[tokio::test]
async fn conditions_on_reads_hold() {
    let server = TestServer::start().await;
    server.put("c", b"0123456789").await;
    let url = server.url("c");
    let first = server.http.get(&url).send().await.unwrap();
    let (etag, modified) = (first.headers()["etag"].clone(), first.headers()["last-modified"].clone());
    for (name, value, status) in [
        ("if-none-match", etag.to_str().unwrap(), 304),
        ("if-none-match", "\"other\"", 200),
        ("if-match", etag.to_str().unwrap(), 200),
        ("if-match", "\"other\"", 412),
        ("if-modified-since", modified.to_str().unwrap(), 304),
        ("if-unmodified-since", modified.to_str().unwrap(), 200),
        ("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT", 412),
        ("if-modified-since", "no date", 200),
    ] {
        for request in [server.http.get(&url), server.http.head(&url)] {
            let answer = request.header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), status, "{name}: {value}");
            assert_eq!(answer.headers().get("etag").is_some(), status != 412);
        }
    }
    let resumed =
        server.http.get(&url).header("range", "bytes=5-").header("if-range", &etag).send().await.unwrap();
    assert_eq!(resumed.status(), 206);
    let restarted =
        server.http.get(&url).header("range", "bytes=5-").header("if-range", "\"old\"").send().await.unwrap();
    assert_eq!((restarted.status().as_u16(), restarted.text().await.unwrap().as_str()), (200, "0123456789"));
}

#[tokio::test]
async fn presigned_urls_work_and_replace_headers() {
    let server = TestServer::start().await;
    let minute = PresigningConfig::expires_in(Duration::from_mins(1)).unwrap();
    let put = server
        .s3
        .put_object()
        .bucket(BUCKET)
        .key("pre signed+1.txt")
        .presigned(minute.clone())
        .await
        .unwrap();
    assert_eq!(server.http.put(put.uri()).body("hello").send().await.unwrap().status(), 200);
    let get = server.s3.get_object().bucket(BUCKET).key("pre signed+1.txt");
    let get = get.response_content_type("text/x-test").response_content_disposition("attachment");
    let get = server.http.get(get.presigned(minute).await.unwrap().uri()).send().await.unwrap();
    assert_eq!(get.headers()["content-type"], "text/x-test");
    assert_eq!(get.headers()["content-disposition"], "attachment");
    assert_eq!(get.text().await.unwrap(), "hello");
    let anonymous = format!("{}?response-content-type=text/html", server.url("pre signed+1.txt"));
    assert_eq!(server.http.get(anonymous).send().await.unwrap().status(), 400);
}
