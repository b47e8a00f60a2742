//! What thumbnails may hold at once: requests to S3, and processes that take much memory.

use std::fmt::Write as _;

use uuid::Uuid;

use crate::{
    harness::{Service, Stack, config, wait_for},
    stub::Stub,
};

/// A JPEG in passes, of which nothing but the first bits are there: a few bytes that take 90 MB.
pub(crate) fn heavy_jpeg() -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker][..], &length, body].concat()
    };
    let sides = [3000_u16.to_be_bytes(), 5000_u16.to_be_bytes()].concat();
    let codes = [&[1][..], &[0; 15], &[0]].concat();
    [
        b"\xff\xd8".to_vec(),
        segment(0xdb, &[&[0][..], &[1; 64]].concat()),
        segment(0xc2, &[&[8][..], &sides, &[3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]].concat()),
        segment(0xc4, &[&[0][..], &codes].concat()),
        segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 0, 0]),
        vec![0; 10],
        b"\xff\xd9".to_vec(),
    ]
    .concat()
}

#[tokio::test]
async fn pictures_that_take_much_memory_are_made_too() {
    let stack = Stack::start_with(|config, _| config.thumbnails.workers = 3).await;
    let key = stack.service.stored("a.jpg", &heavy_jpeg()).await.key;
    let sizes = ["?size=160", "?size=320", "?size=640", "?size=1280"];
    let made = futures::future::join_all(sizes.map(|size| stack.thumbnail(&key, size, &[]))).await;
    assert!(made.iter().all(|answer| answer.status() == 200));
}

#[tokio::test]
async fn only_so_many_are_looked_for_in_the_bucket_at_once() {
    const AT_ONCE: usize = 64;
    let stub = Stub::start(|_| None).await;
    let service = Service::start(config(&stub.endpoint)).await;
    let is_look = |seen: &crate::stub::Seen| seen.head.contains("thumbnails/");
    let mut asked = Vec::new();
    for _ in 0..AT_ONCE + 20 {
        let url = service.url(&format!("/objects/{}_a.png/thumbnail", Uuid::new_v4()));
        asked.push(tokio::spawn(service.http.get(url).send()));
    }
    wait_for("they are looked for", async || {
        stub.seen().iter().filter(|seen| is_look(seen)).count() >= AT_ONCE
    })
    .await;
    // whoever came before these would have come through by now
    let mut url = service.url("/objects/");
    write!(url, "{}_a.png", Uuid::new_v4()).unwrap();
    asked.push(tokio::spawn(service.http.get(url).send()));
    wait_for("an object is read", async || stub.seen().iter().any(|seen| !is_look(seen))).await;
    assert_eq!(stub.seen().iter().filter(|seen| is_look(seen)).count(), AT_ONCE);
    asked.iter().for_each(tokio::task::JoinHandle::abort);
}
