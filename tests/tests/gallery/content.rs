//! The image itself through the gateway, from a bucket that nobody else may read.

use reqwest::Method;
use tests::Stack;

use super::{Album, ask, content_url, get, imported, row, text};

#[tokio::test]
async fn a_private_bucket_shows_its_images_through_the_gateway() {
    let album = Album::new();
    let stack = imported(Stack::with(album.drive()).private_bucket(), &album).await;
    for image in stack.images().await {
        let direct = stack.http.get(&image.storage_path).send().await.expect("the bucket answers");
        assert_eq!(direct.status().as_u16(), 403, "{}", image.name);
        let answer = get(&stack, content_url(&image), &[]).await;
        let file = &album.files[image.name.as_str()];
        assert_eq!(answer.status().as_u16(), 200, "{}", image.name);
        let headers = answer.headers().clone();
        assert_eq!(text(&headers, "content-length"), file.bytes.len().to_string(), "{}", image.name);
        let kind = text(&headers, "content-type").split(';').next().unwrap_or_default();
        assert_eq!(kind, file.is, "{}", image.name);
        assert_eq!(text(&headers, "x-content-type-options"), "nosniff", "{}", image.name);
        assert!(text(&headers, "content-security-policy").contains("sandbox"), "{}", image.name);
        assert_eq!(text(&headers, "cross-origin-resource-policy"), "cross-origin", "{}", image.name);
        let keeps = text(&headers, "cache-control");
        assert!(keeps.contains("immutable") && keeps.contains("max-age="), "{}: {keeps}", image.name);
        let place = text(&headers, "content-disposition");
        let expected = if file.pixels.is_some() { "inline" } else { "attachment" };
        assert!(place.starts_with(expected), "{}: {place}", image.name);
        assert_eq!(answer.bytes().await.expect("it is whole"), file.bytes, "{}", image.name);
        // the head is the same without the bytes
        let head = ask(&stack, Method::HEAD, content_url(&image), &[]).await;
        assert_eq!(head.status().as_u16(), 200, "{}", image.name);
        for name in ["content-length", "content-type", "etag", "cache-control", "content-disposition"] {
            assert_eq!(text(head.headers(), name), text(&headers, name), "{}: {name}", image.name);
        }
    }
    stack.assert_no_secret_in_logs();
}

#[tokio::test]
async fn a_file_is_saved_under_its_own_name() {
    let album = Album::new();
    let stack = imported(Stack::with(album.drive()), &album).await;
    let image = row(&stack, "größe 日本 & #1 100%.jpg").await;
    let answer = get(&stack, content_url(&image), &[]).await;
    let place = text(answer.headers(), "content-disposition");
    let (_, encoded) = place.split_once("filename*=UTF-8''").expect("the name is there in Unicode");
    let encoded = encoded.split(';').next().unwrap_or_default();
    let name = percent_encoding::percent_decode_str(encoded).decode_utf8().expect("it is UTF-8");
    assert_eq!(name, image.name);
}

#[tokio::test]
async fn parts_and_conditions_are_answered_through_the_gateway() {
    let album = Album::new();
    let stack = imported(Stack::with(album.drive()).private_bucket(), &album).await;
    let image = row(&stack, "photo.jpg").await;
    let (url, whole) = (content_url(&image), &album.files["photo.jpg"].bytes);
    let length = whole.len();
    let first = get(&stack, url, &[]).await;
    let etag = text(first.headers(), "etag").to_owned();
    assert!(etag.starts_with('"'), "a strong tag: {etag:?}");
    assert_eq!(text(first.headers(), "accept-ranges"), "bytes");

    let parts = [
        ("bytes=0-99".to_owned(), 0, 100),
        ("bytes=100-".to_owned(), 100, length),
        ("bytes=-77".to_owned(), length - 77, length),
        (format!("bytes=5-{}", length * 2), 5, length),
        (format!("bytes=-{}", length * 2), 0, length),
    ];
    for (range, from, to) in parts {
        let part = get(&stack, url, &[("range", &range)]).await;
        assert_eq!(part.status().as_u16(), 206, "{range}");
        let place = format!("bytes {from}-{}/{length}", to - 1);
        assert_eq!(text(part.headers(), "content-range"), place, "{range}");
        assert_eq!(text(part.headers(), "etag"), etag, "{range}");
        assert_eq!(part.bytes().await.expect("it is whole"), whole[from..to], "{range}");
    }
    let beyond = format!("bytes={length}-");
    let none = get(&stack, url, &[("range", &beyond)]).await;
    assert_eq!(none.status().as_u16(), 416);
    assert_eq!(text(none.headers(), "content-range"), format!("bytes */{length}"));

    for known in [etag.as_str(), "*", &format!("\"other\", {etag}"), &format!("W/{etag}")] {
        let same = get(&stack, url, &[("if-none-match", known)]).await;
        assert_eq!(same.status().as_u16(), 304, "{known}");
        assert_eq!(text(same.headers(), "etag"), etag, "{known}");
        assert!(same.bytes().await.expect("no body").is_empty(), "{known}");
    }
    let cases = [
        (vec![("if-none-match", "\"other\"")], 200),
        (vec![("if-match", "\"other\"")], 412),
        (vec![("if-match", etag.as_str())], 200),
        (vec![("range", "bytes=0-9"), ("if-range", etag.as_str())], 206),
        (vec![("range", "bytes=0-9"), ("if-range", "\"other\"")], 200),
    ];
    for (headers, status) in cases {
        let answer = get(&stack, url, &headers).await;
        assert_eq!(answer.status().as_u16(), status, "{headers:?}");
        let expected = if status == 206 { &whole[..10] } else { whole };
        if status != 412 {
            assert_eq!(answer.bytes().await.expect("it is whole"), expected, "{headers:?}");
        }
    }
}

#[tokio::test]
async fn only_images_of_the_system_are_handed_out() {
    let album = Album::new();
    let stack = imported(Stack::with(album.drive()).private_bucket(), &album).await;
    let hand = crate::verify::hand::Hand::of(&stack, &[]);
    for key in ["backup.tar", "thumbnails/readme.txt", "secret/list.txt"] {
        hand.put(key, b"not ours".to_vec()).await;
        for path in [key.replace('/', "%2F"), key.replace('/', "%252F")] {
            let answer = get(&stack, &format!("/api/objects/{path}"), &[]).await;
            assert_eq!(answer.status().as_u16(), 404, "{path}");
            let body = answer.text().await.expect("it is whole");
            assert!(body.contains("\"error\"") && !body.contains("not ours"), "{path}: {body}");
        }
    }
}
