//! Small pictures through the gateway.

use image::ImageFormat;
use tests::Stack;

use super::{Album, get, imported, row, text, thumbnail_url};

const WEBP: [(&str, &str); 1] = [("accept", "image/avif,image/webp,image/*,*/*;q=0.8")];
const JPEG: [(&str, &str); 1] = [("accept", "image/jpeg")];

#[tokio::test]
async fn every_kind_of_picture_has_thumbnails_as_webp_and_as_jpeg() {
    let album = Album::new();
    let stack = imported(Stack::with(album.drive()).private_bucket(), &album).await;
    for image in stack.images().await {
        let file = &album.files[image.name.as_str()];
        let Some((width, height)) = file.pixels else { continue };
        for (accept, kind, format) in
            [(&WEBP, "image/webp", ImageFormat::WebP), (&JPEG, "image/jpeg", ImageFormat::Jpeg)]
        {
            let answer = get(&stack, &format!("{}?size=160", thumbnail_url(&image)), accept).await;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let bytes = answer.bytes().await.expect("it is whole");
            assert_eq!(status, 200, "{} as {kind}: {}", image.name, String::from_utf8_lossy(&bytes));
            assert_eq!(text(&headers, "content-type"), kind, "{}", image.name);
            assert!(text(&headers, "vary").to_lowercase().contains("accept"), "{headers:?}");
            let small = image::load_from_memory_with_format(&bytes, format).expect("it is a picture");
            let longest = width.max(height).min(160);
            assert_eq!(small.width().max(small.height()), longest, "{} as {kind}", image.name);
            let turned = (width > height) != (small.width() > small.height());
            assert!(!turned, "{}: {}×{}", image.name, small.width(), small.height());
        }
    }
    stack.assert_no_panic_in_logs();
}

#[tokio::test]
async fn each_size_has_its_longest_side_and_other_sizes_are_refused() {
    let album = Album::new();
    let stack = imported(Stack::with(album.drive()), &album).await;
    let image = row(&stack, "photo.jpg").await;
    for size in [160, 320, 640, 1280] {
        let answer = get(&stack, &format!("{}?size={size}", thumbnail_url(&image)), &WEBP).await;
        let bytes = answer.bytes().await.expect("it is whole");
        let small = image::load_from_memory_with_format(&bytes, ImageFormat::WebP).expect("it is a picture");
        assert_eq!((small.width(), small.height()), (size, size * 3 / 4));
    }
    for size in ["161", "0", "-1", "x", "99999999999999999999"] {
        let answer = get(&stack, &format!("{}?size={size}", thumbnail_url(&image)), &WEBP).await;
        assert_eq!(answer.status().as_u16(), 400, "{size}");
    }
}

#[tokio::test]
async fn a_thumbnail_is_made_once_and_then_comes_from_the_bucket() {
    let album = Album::new();
    let stack = imported(Stack::with(album.drive()).private_bucket(), &album).await;
    let image = row(&stack, "photo.jpg").await;
    let before = stack.bucket.objects().await.len();
    let path = format!("{}?size=320", thumbnail_url(&image));
    let asked = (0..12).map(|_| async {
        let answer = get(&stack, &path, &WEBP).await;
        (answer.status().as_u16(), answer.bytes().await.expect("it is whole"))
    });
    let answers = futures::future::join_all(asked).await;
    assert!(answers.iter().all(|answer| answer.0 == 200 && answer == &answers[0]));
    let look = || async { stack.bucket.objects().await.into_keys().collect::<Vec<_>>() };
    let kept =
        tests::wait_for("it is kept", std::time::Duration::from_secs(30), look, |keys| keys.len() > before)
            .await;
    let kept: Vec<_> = kept.iter().filter(|key| key.starts_with("thumbnails/")).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].ends_with("/320.webp"), "{kept:?}");
    let again = get(&stack, &path, &WEBP).await;
    let etag = text(again.headers(), "etag").to_owned();
    assert_eq!(again.bytes().await.expect("it is whole"), answers[0].1);
    let mut headers = WEBP.to_vec();
    headers.push(("if-none-match", &etag));
    assert_eq!(get(&stack, &path, &headers).await.status().as_u16(), 304);
}

#[tokio::test]
async fn what_is_no_picture_has_no_thumbnail_and_says_why() {
    let album = Album::new();
    let stack = imported(Stack::with(album.drive()), &album).await;
    for name in ["vector.svg", "page.jpg"] {
        let answer = get(&stack, thumbnail_url(&row(&stack, name).await), &WEBP).await;
        assert_eq!(answer.status().as_u16(), 415, "{name}");
        let body: serde_json::Value = answer.json().await.expect("it is JSON");
        assert!(body["error"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
        assert!(body["code"].is_string(), "{body}");
    }
    let absent = "/api/objects/11111111-2222-4333-8444-555555555555_x.jpg/thumbnail";
    assert_eq!(get(&stack, absent, &WEBP).await.status().as_u16(), 404);
}
