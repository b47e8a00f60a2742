//! Who may do what.

use aws_sdk_s3::{primitives::ByteStream, types::ObjectCannedAcl};
use emulators::s3::AclMode;

use crate::harness::{ACCESS_KEY, BUCKET, TestServer, code, xml_code};

async fn put_with(server: &TestServer, key: &str, acl: ObjectCannedAcl) -> Result<(), String> {
    let put = server.s3.put_object().bucket(BUCKET).key(key).acl(acl).body(ByteStream::from_static(b"x"));
    put.send().await.map(|_| ()).map_err(code)
}

async fn public_status(server: &TestServer, key: &str) -> u16 {
    server.http.get(server.url(key)).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let server = TestServer::start().await;
    server.put("x", b"x").await;
    let wrong_secret = server.client_as(ACCESS_KEY, "wrong");
    let answer = wrong_secret.get_object().bucket(BUCKET).key("x").send().await;
    assert_eq!(answer.map_err(code).unwrap_err(), "SignatureDoesNotMatch");
    let wrong_key = server.client_as("other", "wrong");
    let answer = wrong_key.get_object().bucket(BUCKET).key("x").send().await;
    assert_eq!(answer.map_err(code).unwrap_err(), "InvalidAccessKeyId");
}

#[tokio::test]
async fn the_public_may_read_and_nothing_else() {
    let server = TestServer::start().await;
    server.put("x", b"x").await;
    let bucket = format!("{}/{BUCKET}", server.endpoint);
    for request in [
        server.http.put(server.url("y")).body("y".repeat(200_000)),
        server.http.delete(server.url("x")),
        server.http.get(format!("{bucket}?list-type=2")),
        server.http.get(format!("{bucket}/x?acl")),
        server.http.post(format!("{bucket}/x?uploads")),
        server.http.post(format!("{bucket}?delete")).body("<Delete/>"),
        server.http.put(format!("{}/other", server.endpoint)),
        server.http.get(format!("{}/", server.endpoint)),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 403);
        assert_eq!(xml_code(&answer.text().await.unwrap()), "AccessDenied");
    }
    assert_eq!(public_status(&server, "x").await, 200);
    assert_eq!(public_status(&server, "missing").await, 404);
}

#[tokio::test]
async fn with_acls_only_public_objects_are_public() {
    let server = TestServer::start_with(|config| config.anonymous_reads = false).await;
    put_with(&server, "open", ObjectCannedAcl::PublicRead).await.unwrap();
    put_with(&server, "closed", ObjectCannedAcl::Private).await.unwrap();
    server.put("unsaid", b"x").await;
    assert_eq!(public_status(&server, "open").await, 200);
    for key in ["closed", "unsaid", "missing"] {
        assert_eq!(public_status(&server, key).await, 403, "{key}");
    }
    assert_eq!(server.get("closed").await.unwrap(), b"x");

    let change = server.s3.put_object_acl().bucket(BUCKET).key("closed").acl(ObjectCannedAcl::PublicRead);
    change.send().await.unwrap();
    assert_eq!(public_status(&server, "closed").await, 200);
    let grants = server.s3.get_object_acl().bucket(BUCKET).key("closed").send().await.unwrap();
    assert_eq!(grants.grants().len(), 2);
}

#[tokio::test]
async fn a_bucket_as_aws_makes_them_today_refuses_acls_and_the_public() {
    let server = TestServer::start_with(|config| {
        config.anonymous_reads = false;
        config.acls = AclMode::Refuse;
    })
    .await;
    assert_eq!(
        put_with(&server, "x", ObjectCannedAcl::PublicRead).await,
        Err("AccessControlListNotSupported".into())
    );
    assert_eq!(server.get("x").await, Err("NoSuchKey".into()));
    put_with(&server, "x", ObjectCannedAcl::BucketOwnerFullControl).await.unwrap();
    server.put("x", b"x").await;
    assert_eq!(public_status(&server, "x").await, 403);
    let multipart =
        server.s3.create_multipart_upload().bucket(BUCKET).key("y").acl(ObjectCannedAcl::PublicRead);
    assert_eq!(multipart.send().await.map_err(code).unwrap_err(), "AccessControlListNotSupported");
    let change = server.s3.put_object_acl().bucket(BUCKET).key("x").acl(ObjectCannedAcl::PublicRead);
    assert_eq!(change.send().await.map_err(code).unwrap_err(), "AccessControlListNotSupported");
}
