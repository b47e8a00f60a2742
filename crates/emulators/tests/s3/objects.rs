//! Putting, getting, copying and deleting objects.

use std::time::Duration;

use aws_sdk_s3::{
    presigning::PresigningConfig,
    primitives::ByteStream,
    types::{ChecksumAlgorithm, Delete, MetadataDirective, ObjectIdentifier},
};

use crate::harness::{BUCKET, TestServer, code, xml_code};

fn nasty_keys() -> Vec<String> {
    let mut keys: Vec<String> = [
        "images/uuid with space.jpg",
        "ünï/日本語 🎉.png",
        "שלום עולם.jpg",
        "a+b&c=d?e#f.jpg",
        "100%.jpg",
        "pct%20lit.jpg",
        "quo'te\"d.jpg",
        "star*~(1).jpg",
        "back\\slash",
        "<xml>&amp;</xml>",
        "a//b",
        "/lead",
        "//two",
        "dir/",
        "dot/./x",
        "up/../x",
        "..",
        ".",
        "../images2/evil",
        "../../../../etc/evil",
        "same",
        "same/child",
        "new\nline",
        "tab\tx",
        " leading and trailing ",
        "nul\u{0}in it",
        "bell\u{7}",
        "\u{feff}bom",
        "\u{10ffff}",
    ]
    .map(str::to_owned)
    .to_vec();
    keys.extend([
        "k".repeat(300),
        format!("{}/{}", "d".repeat(200), "k".repeat(200)),
        "d/".repeat(512),
        "é".repeat(512),
    ]);
    keys
}

#[tokio::test]
async fn every_key_can_be_written_read_copied_listed_opened_by_url_and_deleted() {
    let server = TestServer::start().await;
    for key in nasty_keys() {
        let body = format!("body of {key}");
        server.put(&key, body.as_bytes()).await;
        assert_eq!(server.get(&key).await.as_deref(), Ok(body.as_bytes()), "{key:?}");
        if [".", ".."].contains(&key.as_str()) {
            continue; // no URL can say these: every client takes them for steps in the path, encoded or not
        }
        let public = server.http.get(server.url(&key)).send().await.unwrap();
        assert_eq!(public.status(), 200, "{key:?}");
        assert_eq!(public.text().await.unwrap(), body, "{key:?}");
    }
    let mut expected = nasty_keys();
    expected.sort();
    let mut listed = Vec::new();
    let mut pages = server
        .s3
        .list_objects_v2()
        .bucket(BUCKET)
        .max_keys(7)
        .encoding_type("url".into())
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let decode =
            |key: &str| percent_encoding::percent_decode_str(key).decode_utf8().unwrap().into_owned();
        listed.extend(page.unwrap().contents().iter().map(|object| decode(object.key().unwrap())));
    }
    assert_eq!(listed, expected);
    for key in nasty_keys() {
        server.s3.delete_object().bucket(BUCKET).key(&key).send().await.unwrap();
        assert_eq!(server.get(&key).await, Err("NoSuchKey".into()), "{key:?}");
    }
}

#[tokio::test]
async fn a_key_of_more_than_1024_bytes_is_refused() {
    let server = TestServer::start().await;
    let put = server.s3.put_object().bucket(BUCKET).key("k".repeat(1025)).body(ByteStream::from_static(b"x"));
    assert_eq!(put.send().await.map_err(code).unwrap_err(), "KeyTooLongError");
}

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
async fn writes_can_demand_that_nothing_is_there() {
    let server = TestServer::start().await;
    let put = |body: &'static [u8]| {
        server.s3.put_object().bucket(BUCKET).key("once").body(ByteStream::from_static(body))
    };
    put(b"first").if_none_match("*").send().await.unwrap();
    assert_eq!(
        put(b"second").if_none_match("*").send().await.map_err(code).unwrap_err(),
        "PreconditionFailed"
    );
    assert_eq!(server.get("once").await.unwrap(), b"first");
    put(b"third").if_match("\"8b04d5e3775d298e78455efc5ca404d5\"").send().await.unwrap();
    assert_eq!(
        put(b"fourth").if_match("\"other\"").send().await.map_err(code).unwrap_err(),
        "PreconditionFailed"
    );
    assert_eq!(server.get("once").await.unwrap(), b"third");
}

#[tokio::test]
async fn of_many_writers_that_want_to_be_first_one_is() {
    let server = TestServer::start().await;
    let writers = (0..16).map(|number| {
        let put = server.s3.put_object().bucket(BUCKET).key("race").if_none_match("*");
        async move { put.body(vec![number; 10_000].into()).send().await.is_ok() }
    });
    let won = futures::future::join_all(writers).await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn a_wrong_digest_leaves_nothing() {
    let server = TestServer::start().await;
    let put = || server.s3.put_object().bucket(BUCKET).key("bad").body(ByteStream::from_static(b"x"));
    let md5 = put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await;
    assert_eq!(md5.map_err(code).unwrap_err(), "BadDigest");
    let crc = put().checksum_crc32("AAAAAA==").send().await;
    assert_eq!(crc.map_err(code).unwrap_err(), "BadDigest");
    let nonsense = put().content_md5("nonsense").send().await;
    assert_eq!(nonsense.map_err(code).unwrap_err(), "InvalidDigest");
    assert_eq!(server.get("bad").await, Err("NoSuchKey".into()));
}

#[tokio::test]
async fn checksums_of_every_kind_are_verified_kept_and_returned() {
    let server = TestServer::start().await;
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        let put = server.s3.put_object().bucket(BUCKET).key("sum").checksum_algorithm(algorithm.clone());
        // a streamed body sends its checksum behind itself, as a trailer
        let body = ByteStream::from_body_1_x(http_body_util::Full::new(bytes::Bytes::from(vec![5; 300_000])));
        put.body(body).content_length(300_000).send().await.unwrap();
        let get = server
            .s3
            .get_object()
            .bucket(BUCKET)
            .key("sum")
            .checksum_mode("ENABLED".into())
            .send()
            .await
            .unwrap();
        let sums = [
            get.checksum_crc32(),
            get.checksum_crc32_c(),
            get.checksum_crc64_nvme(),
            get.checksum_sha1(),
            get.checksum_sha256(),
        ];
        assert_eq!(sums.iter().flatten().count(), 1, "{algorithm:?}");
        assert_eq!(get.body.collect().await.unwrap().to_vec(), vec![5; 300_000], "{algorithm:?}");
    }
}

#[tokio::test]
async fn a_cut_body_leaves_no_object() {
    let server = TestServer::start().await;
    let presigned = server.s3.put_object().bucket(BUCKET).key("cut");
    let presigned =
        presigned.presigned(PresigningConfig::expires_in(Duration::from_mins(1)).unwrap()).await.unwrap();
    let chunks = vec![Ok(bytes::Bytes::from(vec![1; 100_000])), Err(std::io::Error::other("gone"))];
    let body = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let put = server.http.put(presigned.uri()).header("content-length", "200000").body(body).send().await;
    assert!(put.is_err());
    assert_eq!(server.get("cut").await, Err("NoSuchKey".into()));
}

#[tokio::test]
async fn a_body_of_unknown_length_is_refused() {
    let server = TestServer::start().await;
    let presigned = server.s3.put_object().bucket(BUCKET).key("endless");
    let presigned =
        presigned.presigned(PresigningConfig::expires_in(Duration::from_mins(1)).unwrap()).await.unwrap();
    let chunks = vec![Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"x"))];
    let body = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let put = server.http.put(presigned.uri()).body(body).send().await.unwrap();
    assert_eq!(put.status(), 411);
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

#[tokio::test]
async fn a_copy_has_the_bytes_and_the_headers_unless_told_otherwise() {
    let server = TestServer::start().await;
    let put =
        server.s3.put_object().bucket(BUCKET).key("from #1").content_type("image/png").metadata("a", "1");
    put.body(ByteStream::from_static(b"bytes")).send().await.unwrap();
    let copy = || server.s3.copy_object().bucket(BUCKET).copy_source(format!("{BUCKET}/from%20%231"));
    copy().key("kept").send().await.unwrap();
    copy()
        .key("new")
        .metadata_directive(MetadataDirective::Replace)
        .content_type("image/x")
        .send()
        .await
        .unwrap();
    assert_eq!(copy().key("from #1").send().await.map_err(code).unwrap_err(), "InvalidRequest");
    server.s3.delete_object().bucket(BUCKET).key("from #1").send().await.unwrap();

    for (key, content_type, metadata) in [("kept", "image/png", Some("1")), ("new", "image/x", None)] {
        let get = server.s3.get_object().bucket(BUCKET).key(key).send().await.unwrap();
        assert_eq!(get.content_type(), Some(content_type));
        assert_eq!(get.metadata().and_then(|all| all.get("a")).map(String::as_str), metadata);
        assert_eq!(get.body.collect().await.unwrap().to_vec(), b"bytes");
    }
    assert_eq!(copy().key("gone").send().await.map_err(code).unwrap_err(), "NoSuchKey");
}

#[tokio::test]
async fn deleting_what_is_not_there_succeeds() {
    let server = TestServer::start().await;
    server.put("a", b"1").await;
    server.put("b", b"2").await;
    server.s3.delete_object().bucket(BUCKET).key("never there").send().await.unwrap();
    let ids = ["a", "b", "never there"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let many = Delete::builder().set_objects(Some(ids.to_vec())).build().unwrap();
    let deleted = server.s3.delete_objects().bucket(BUCKET).delete(many).send().await.unwrap();
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (3, 0));
    assert_eq!(server.get("a").await, Err("NoSuchKey".into()));
}

#[tokio::test]
async fn a_missing_bucket_is_said_to_be_missing() {
    let server = TestServer::start().await;
    let put = server.s3.put_object().bucket("missing").key("x").body(ByteStream::from_static(b"x"));
    assert_eq!(put.send().await.map_err(code).unwrap_err(), "NoSuchBucket");
    let get = server.s3.get_object().bucket("missing").key("x");
    assert_eq!(get.send().await.map_err(code).unwrap_err(), "NoSuchBucket");
    let list = server.s3.list_objects_v2().bucket("missing");
    assert_eq!(list.send().await.map_err(code).unwrap_err(), "NoSuchBucket");
    let delete = server.s3.delete_object().bucket("missing").key("x");
    assert_eq!(delete.send().await.map_err(code).unwrap_err(), "NoSuchBucket");
}

#[tokio::test]
async fn buckets_are_made_found_and_removed_when_empty() {
    let server = TestServer::start().await;
    server.s3.create_bucket().bucket("second").send().await.unwrap();
    let again = server.s3.create_bucket().bucket("second").send().await;
    assert_eq!(again.map_err(code).unwrap_err(), "BucketAlreadyOwnedByYou");
    let names = server.s3.list_buckets().send().await.unwrap();
    assert_eq!(
        names.buckets().iter().filter_map(|bucket| bucket.name()).collect::<Vec<_>>(),
        [BUCKET, "second"]
    );
    server.s3.get_bucket_location().bucket("second").send().await.unwrap();
    server
        .s3
        .put_object()
        .bucket("second")
        .key("x")
        .body(ByteStream::from_static(b"x"))
        .send()
        .await
        .unwrap();
    let full = server.s3.delete_bucket().bucket("second").send().await;
    assert_eq!(full.map_err(code).unwrap_err(), "BucketNotEmpty");
    server.s3.delete_object().bucket("second").key("x").send().await.unwrap();
    server.s3.delete_bucket().bucket("second").send().await.unwrap();
    assert!(server.s3.head_bucket().bucket("second").send().await.is_err());
}

#[tokio::test]
async fn a_method_that_s3_lacks_is_not_allowed() {
    let server = TestServer::start().await;
    for request in
        [server.http.patch(server.url("x")), server.http.post(server.url("x")).body("large".repeat(100_000))]
    {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 405);
        assert!(answer.headers().contains_key("x-amz-request-id"));
        assert_eq!(xml_code(&answer.text().await.unwrap()), "MethodNotAllowed");
    }
}
