//! Small pictures: which, of what, and how often they are made.

use std::io::Cursor;

use emulators::s3::{FaultKind, FaultRule};
use image::{DynamicImage, ImageFormat};
use reqwest::{Method, Response};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{BUCKET, Stack, json as json_of};

/// A picture of this size.
pub(crate) fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let image = DynamicImage::new_rgb8(width, height);
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(crate) fn png() -> Vec<u8> {
    picture(800, 600, ImageFormat::Png)
}

impl Stack {
    /// `GET` of a thumbnail; `rest` is what follows the key.
    pub(crate) async fn thumbnail(&self, key: &str, rest: &str, headers: &[(&str, &str)]) -> Response {
        self.ask_thumbnail(Method::GET, key, rest, headers).await
    }

    async fn ask_thumbnail(
        &self,
        method: Method,
        key: &str,
        rest: &str,
        headers: &[(&str, &str)],
    ) -> Response {
        let mut url: url::Url = self.service.url("/objects").parse().unwrap();
        url.path_segments_mut().unwrap().push(key).push("thumbnail");
        let mut request = self.service.http.request(method, format!("{url}{rest}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    pub(crate) fn asked(&self, operation: &str) -> u64 {
        self.faults.stats().requests.get(operation).copied().unwrap_or(0)
    }

    pub(crate) async fn delete_image(&self, key: &str) -> u16 {
        self.service.post("/delete", &json!({"file_path": key})).await.0
    }
}

pub(crate) async fn refusal(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    (status, json_of(answer).await["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_thumbnail_is_made_once_and_then_comes_from_the_bucket() {
    let stack = Stack::start().await;
    let key = stack.service.stored("Ferien am Meer.png", &png()).await.key;
    let first = stack.thumbnail(&key, "?size=160", &[]).await;
    assert_eq!(first.status(), 200);
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("vary", "Accept"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "cross-origin"),
        (
            "content-disposition",
            "inline; filename=\"Ferien am Meer-160.jpg\"; filename*=UTF-8''Ferien%20am%20Meer-160.jpg",
        ),
    ] {
        assert_eq!(first.headers()[name], value, "{name}");
    }
    assert!(first.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    let bytes = first.bytes().await.unwrap();
    let shown = image::load_from_memory(&bytes).unwrap();
    assert_eq!((shown.width(), shown.height()), (160, 120));
    let place = format!("thumbnails/{}/160.jpg", &key[..36]);
    assert!(stack.keys().await.contains(&place));

    stack.faults.reset_stats();
    let second = stack.thumbnail(&key, "?size=160", &[]).await;
    assert_eq!(second.headers()["etag"], etag);
    assert_eq!(second.bytes().await.unwrap(), bytes);
    let requests = stack.faults.stats().requests;
    assert_eq!(requests.into_iter().collect::<Vec<_>>(), [("GetObject".to_owned(), 1)]);

    let known = stack.thumbnail(&key, "?size=160", &[("if-none-match", &format!("\"x\", W/{etag}"))]).await;
    assert_eq!((known.status().as_u16(), &known.headers()["etag"]), (304, &etag.parse().unwrap()));
    assert_eq!(known.headers()["vary"], "Accept");
    let head = stack.ask_thumbnail(Method::HEAD, &key, "?size=160", &[]).await;
    assert_eq!(head.headers()["content-length"], bytes.len().to_string());
}

#[tokio::test]
async fn sizes_and_formats_are_as_asked_for() {
    let stack = Stack::start().await;
    let key = stack.service.stored("a.png", &png()).await.key;
    for (rest, accept, kind, width) in [
        ("", "image/webp,*/*", ImageFormat::WebP, 320),
        ("?size=", "image/*", ImageFormat::Jpeg, 320),
        ("?size=160", "image/avif,image/webp;q=0.8", ImageFormat::WebP, 160),
        ("?size=640", "image/webp;q=0", ImageFormat::Jpeg, 640),
        // never larger than the image
        ("?size=1280", "*/*", ImageFormat::Jpeg, 800),
    ] {
        let answer = stack.thumbnail(&key, rest, &[("accept", accept)]).await;
        assert_eq!(answer.headers()["content-type"], kind.to_mime_type(), "{rest} {accept}");
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(image::guess_format(&bytes).unwrap(), kind);
        assert_eq!(image::load_from_memory(&bytes).unwrap().width(), width, "{rest}");
    }
}

#[tokio::test]
async fn only_the_four_sizes_and_only_images_of_ours_are_shown() {
    let stack = Stack::start().await;
    let key = stack.service.stored("a.png", &png()).await.key;
    for size in ["64", "321", "0", "-1", "x", "99999999999999999999"] {
        let answer = stack.thumbnail(&key, &format!("?size={size}"), &[]).await;
        assert_eq!(answer.status(), 400, "{size}");
        let words = json_of(answer).await["error"].as_str().unwrap().to_owned();
        assert!(["160", "320", "640", "1280"].iter().all(|size| words.contains(size)), "{words}");
    }
    stack.put_directly("photo.png").await;
    assert_eq!(stack.thumbnail(&key, "", &[]).await.status(), 200);
    let place = format!("thumbnails/{}/320.jpg", &key[..36]);
    let unknown = format!("{}_a.png", Uuid::new_v4());
    let of_another_name = format!("{}_b.png", &key[..36]);
    for key in ["photo.png", &place, &unknown, &of_another_name, "x"] {
        let answer = stack.thumbnail(key, "", &[]).await;
        assert_eq!(refusal(answer).await, (404, "no-such-object".to_owned()), "{key}");
    }
}

#[tokio::test]
async fn a_key_of_the_original_is_found_as_it_is_and_decoded() {
    let stack = Stack::start().await;
    let id = Uuid::new_v4();
    for (stored, asked) in
        [("_100%25.png", "_100%25.png"), ("_a b/c.png", "_a%20b%2Fc.png"), ("_a/b.png", "_a/b.png")]
    {
        let key = format!("{id}{stored}");
        stack.s3.put_object().bucket(BUCKET).key(key).body(png().into()).send().await.unwrap();
        assert_eq!(stack.thumbnail(&format!("{id}{asked}"), "", &[]).await.status(), 200, "{asked}");
    }
    // whoever may not list the bucket is refused what is not there
    let denied = FaultRule::new(FaultKind::AccessDenied);
    stack.faults.add(FaultRule { key: Some(format!("{id}_a%20b")), ..denied });
    let answer = stack.thumbnail(&format!("{id}_a%20b%2Fc.png"), "?size=160", &[]).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_once_and_for_all() {
    let stack = Stack::start().await;
    let cut = png()[..60].to_vec();
    for (bytes, status, code) in [
        (&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], 415, "unsupported-image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", 415, "unsupported-image"),
        (b"plain text", 415, "unsupported-image"),
        (&cut, 422, "broken-image"),
    ] {
        let key = stack.service.stored("a.png", bytes).await.key;
        assert_eq!(refusal(stack.thumbnail(&key, "", &[]).await).await, (status, code.to_owned()));
        stack.faults.reset_stats();
        let again = stack.thumbnail(&key, "?size=640", &[]).await;
        assert_eq!(again.headers()["cache-control"], "no-store");
        assert_eq!(refusal(again).await, (status, code.to_owned()));
        let asked = (stack.asked("GetObject"), stack.asked("HeadObject"), stack.asked("PutObject"));
        assert_eq!(asked, (0, 1, 0), "{code}");
        // gone is gone, whatever is remembered
        stack.s3.delete_object().bucket(BUCKET).key(&key).send().await.unwrap();
        assert_eq!(stack.thumbnail(&key, "", &[]).await.status(), 404);
    }
    assert!(stack.keys().await.is_empty());
}

#[tokio::test]
async fn twenty_at_once_cost_one() {
    let stack = Stack::start().await;
    let key = stack.service.stored("a.png", &png()).await.key;
    stack.faults.add(FaultRule::new(FaultKind::Latency).on("GetObject").seconds(0.5));
    stack.faults.reset_stats();
    let ask = async || stack.thumbnail(&key, "", &[]).await.bytes().await.unwrap();
    let all = futures::future::join_all((0..20).map(|_| ask())).await;
    assert!(all.iter().all(|bytes| !bytes.is_empty() && *bytes == all[0]));
    // one look for the thumbnail, one for the image
    assert_eq!((stack.asked("GetObject"), stack.asked("PutObject")), (2, 1));
}

#[tokio::test]
async fn what_cannot_be_kept_or_looked_for_is_shown_all_the_same() {
    let stack = Stack::start().await;
    let key = stack.service.stored("a.png", &png()).await.key;
    for operation in ["GetObject", "PutObject"] {
        let denied = FaultRule::new(FaultKind::AccessDenied).on(operation);
        stack.faults.add(FaultRule { key: Some("thumbnails/".into()), ..denied });
    }
    assert_eq!(stack.thumbnail(&key, "", &[]).await.status(), 200);
    assert_eq!(stack.keys().await, [key]);
}
