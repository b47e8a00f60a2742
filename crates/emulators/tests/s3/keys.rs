//! Keys that are hard on everybody.

use aws_sdk_s3::primitives::ByteStream;

use crate::harness::{BUCKET, TestServer, code};

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
