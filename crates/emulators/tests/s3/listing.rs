//! Listing what is there.

use crate::harness::{BUCKET, TestServer, code};

async fn filled() -> TestServer {
    let server = TestServer::start().await;
    for key in ["a", "b/1", "b/2", "b/c/3", "d", "e/4"] {
        server.put(key, key.as_bytes()).await;
    }
    server
}

#[tokio::test]
async fn the_second_version_pages_and_groups() {
    let server = filled().await;
    let list = || server.s3.list_objects_v2().bucket(BUCKET);
    let first = list().delimiter("/").max_keys(2).send().await.unwrap();
    assert_eq!(first.contents()[0].key(), Some("a"));
    assert_eq!((first.contents()[0].size(), first.contents()[0].e_tag().map(str::len)), (Some(1), Some(34)));
    assert_eq!(first.common_prefixes()[0].prefix(), Some("b/"));
    assert_eq!((first.is_truncated(), first.key_count()), (Some(true), Some(2)));
    let token = first.next_continuation_token().unwrap();
    let second = list().delimiter("/").continuation_token(token).send().await.unwrap();
    assert_eq!(second.contents()[0].key(), Some("d"));
    assert_eq!(second.common_prefixes()[0].prefix(), Some("e/"));
    assert_eq!((second.is_truncated(), second.next_continuation_token()), (Some(false), None));

    let below = list().prefix("b/").delimiter("/").send().await.unwrap();
    assert_eq!(below.contents().iter().filter_map(|it| it.key()).collect::<Vec<_>>(), ["b/1", "b/2"]);
    assert_eq!(below.common_prefixes()[0].prefix(), Some("b/c/"));
    let after = list().start_after("b/2").send().await.unwrap();
    assert_eq!(after.contents().iter().filter_map(|it| it.key()).collect::<Vec<_>>(), ["b/c/3", "d", "e/4"]);
    assert_eq!(list().continuation_token("%%%").send().await.map_err(code).unwrap_err(), "InvalidArgument");
}

#[tokio::test]
async fn the_first_version_goes_on_from_its_marker() {
    let server = filled().await;
    let (mut marker, mut seen) = (None::<String>, Vec::new());
    loop {
        let list = server.s3.list_objects().bucket(BUCKET).delimiter("/").max_keys(1).set_marker(marker);
        let page = list.send().await.unwrap();
        seen.extend(page.contents().iter().filter_map(|it| it.key().map(str::to_owned)));
        seen.extend(page.common_prefixes().iter().filter_map(|it| it.prefix().map(str::to_owned)));
        if page.is_truncated() != Some(true) {
            break;
        }
        marker = page.next_marker().map(str::to_owned);
    }
    assert_eq!(seen, ["a", "b/", "d", "e/"]);
}
