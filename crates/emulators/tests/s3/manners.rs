//! A server that is not set up as its client thinks.

use emulators::s3::Manners;

use crate::harness::{BUCKET, TestServer, code};

async fn server(manners: Manners) -> TestServer {
    TestServer::start_with(|config| config.manners = manners).await
}

async fn put(server: &TestServer) -> Result<(), String> {
    let put = server.s3.put_object().bucket(BUCKET).key("x").body(vec![1].into());
    put.send().await.map(|_| ()).map_err(code)
}

#[tokio::test]
async fn a_clock_that_is_far_off_refuses_signatures_and_shows_in_every_answer() {
    for (ahead, expected) in [
        (0, Ok(())),
        (600, Ok(())),
        (3600, Err("RequestTimeTooSkewed")),
        (-3600, Err("RequestTimeTooSkewed")),
    ] {
        let server = server(Manners { clock_ahead_secs: ahead, ..Manners::default() }).await;
        assert_eq!(put(&server).await, expected.map_err(str::to_owned), "{ahead}");
        let answer = server.http.get(server.url("x")).send().await.unwrap();
        let date = answer.headers()["date"].to_str().unwrap();
        let date = chrono::DateTime::parse_from_rfc2822(date).unwrap();
        let seen = (date.to_utc() - chrono::Utc::now()).num_seconds();
        assert!((seen - ahead).abs() < 60, "{seen} {ahead}");
    }
}

#[tokio::test]
async fn a_key_that_may_only_read_writes_nothing() {
    let server = server(Manners { read_only: true, ..Manners::default() }).await;
    assert_eq!(put(&server).await, Err("AccessDenied".into()));
    assert_eq!(server.get("x").await, Err("NoSuchKey".into()));
    let deleted = server.s3.delete_object().bucket(BUCKET).key("x").send().await.map_err(code);
    assert_eq!(deleted.err(), Some("AccessDenied".into()));
}

#[tokio::test]
async fn the_right_region_is_told() {
    let right = server(Manners { region: Some("eu-west-1".into()), ..Manners::default() }).await;
    assert_eq!(put(&right).await, Ok(()));
    let wrong = server(Manners { region: Some("eu-north-1".into()), ..Manners::default() }).await;
    assert_eq!(put(&wrong).await, Err("AuthorizationHeaderMalformed".into()));
    let head = wrong.s3.head_bucket().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(head.raw_response().unwrap().headers().get("x-amz-bucket-region"), Some("eu-north-1"));
}
