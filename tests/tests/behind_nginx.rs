//! nginx as a cache in front of the gateway: what it keeps, and what it must not.

use std::{collections::BTreeMap, time::Duration};

use reqwest::Response;
use tests::{Stack, server::Nginx, wait_for};

use crate::gallery::{Album, content_url, imported, row, text, thumbnail_url};

/// How long a service may take to come back.
const LIMIT: Duration = Duration::from_secs(60);

struct Cached {
    album: Album,
    stack: Stack,
    nginx: Nginx,
}

impl Cached {
    async fn start() -> Self {
        let album = Album::new();
        let stack = imported(Stack::with(album.drive()).private_bucket(), &album).await;
        let gateway = stack.api.socket_addrs(|| None).expect("it has an address")[0];
        let nginx = Nginx::caching(stack.dir.path(), gateway).await;
        Self { album, stack, nginx }
    }

    async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> Response {
        let mut request = self.stack.http.get(format!("http://{}{path}", self.nginx.address()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("nginx answers")
    }
}

fn cache(answer: &Response) -> String {
    text(answer.headers(), "x-cache").to_owned()
}

#[tokio::test]
async fn nginx_keeps_images_and_answers_parts_and_conditions_itself() {
    let mut cached = Cached::start().await;
    let image = row(&cached.stack, "photo.jpg").await;
    let (url, whole) = (content_url(&image), cached.album.files["photo.jpg"].bytes.clone());
    let first = cached.get(url, &[]).await;
    assert_eq!((first.status().as_u16(), cache(&first)), (200, "MISS".to_owned()));
    let etag = text(first.headers(), "etag").to_owned();
    assert_eq!(first.bytes().await.expect("it is whole"), whole);
    // nobody behind it is needed any more
    cached.stack.process("storage").kill();
    let second = cached.get(url, &[]).await;
    assert_eq!((second.status().as_u16(), cache(&second)), (200, "HIT".to_owned()));
    for name in ["content-security-policy", "x-content-type-options", "content-disposition"] {
        assert!(!text(second.headers(), name).is_empty(), "{name} is kept too");
    }
    assert_eq!(second.bytes().await.expect("it is whole"), whole);
    let part = cached.get(url, &[("range", "bytes=100-199")]).await;
    assert_eq!((part.status().as_u16(), cache(&part)), (206, "HIT".to_owned()));
    assert_eq!(part.bytes().await.expect("it is whole"), whole[100..200]);
    let last = cached.get(url, &[("range", "bytes=-10")]).await;
    assert_eq!(last.bytes().await.expect("it is whole"), whole[whole.len() - 10..]);
    let same = cached.get(url, &[("if-none-match", &etag)]).await;
    assert_eq!((same.status().as_u16(), cache(&same)), (304, "HIT".to_owned()));
    cached.nginx.stop().await;
}

#[tokio::test]
async fn what_nginx_kept_too_long_is_asked_for_again_without_its_bytes() {
    let cached = Cached::start().await;
    let image = row(&cached.stack, "photo.jpg").await;
    let path = format!("/stale{}", content_url(&image));
    assert_eq!(cache(&cached.get(&path, &[]).await), "MISS");
    let look = || async { cache(&cached.get(&path, &[]).await) };
    wait_for("nginx asks again", LIMIT, look, |seen| seen == "REVALIDATED").await;
    let answer = cached.get(&path, &[]).await;
    assert_eq!(answer.bytes().await.expect("it is whole"), cached.album.files["photo.jpg"].bytes);
}

#[tokio::test]
async fn nginx_keeps_thumbnails_of_both_formats_apart() {
    let cached = Cached::start().await;
    let image = row(&cached.stack, "photo.jpg").await;
    let path = format!("{}?size=320", thumbnail_url(&image));
    let mut kept = BTreeMap::new();
    for round in ["MISS", "HIT"] {
        for kind in ["image/webp", "image/jpeg"] {
            let answer = cached.get(&path, &[("accept", kind)]).await;
            assert_eq!((answer.status().as_u16(), text(answer.headers(), "content-type")), (200, kind));
            assert_eq!(cache(&answer), round, "{kind}");
            let bytes = answer.bytes().await.expect("it is whole");
            assert_eq!(kept.entry(kind).or_insert_with(|| bytes.clone()), &bytes, "{kind}");
        }
    }
}

#[tokio::test]
async fn nginx_keeps_no_errors() {
    let mut cached = Cached::start().await;
    let image = row(&cached.stack, "photo.jpg").await;
    let absent = "/api/objects/11111111-2222-4333-8444-555555555555_x.jpg";
    let hopeless = thumbnail_url(&row(&cached.stack, "vector.svg").await).to_owned();
    for _ in 0..2 {
        let answer = cached.get(absent, &[]).await;
        assert_eq!((answer.status().as_u16(), cache(&answer)), (404, "MISS".to_owned()));
    }
    assert_eq!(cached.get(&hopeless, &[]).await.status().as_u16(), 415);
    cached.stack.process("storage").kill();
    for path in [content_url(&image), thumbnail_url(&image)] {
        let answer = cached.get(path, &[]).await;
        assert!(answer.status().is_server_error(), "{path}: {}", answer.status());
    }
    cached.stack.process("storage").start_again();
    cached.stack.ready("storage").await;
    for path in [content_url(&image), thumbnail_url(&image)] {
        let look = || async { cached.get(path, &[]).await.status().as_u16() };
        wait_for("the image is back", LIMIT, look, |status| *status == 200).await;
    }
}
