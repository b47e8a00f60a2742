//! Putting, getting, copying and deleting objects.

use std::time::Duration;

use aws_sdk_s3::{
    presigning::PresigningConfig,
    primitives::ByteStream,
    types::{ChecksumAlgorithm, Delete, MetadataDirective, ObjectIdentifier},
};

use crate::harness::{BUCKET, TestServer, code, xml_code};

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
