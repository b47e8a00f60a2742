//! Whatever a file is called, it is stored, its URL opens, and it can be deleted.

use serde_json::json;

use crate::harness::Stack;

#[tokio::test]
async fn every_name_makes_a_url_that_opens_and_can_be_deleted() {
    let stack = Stack::start().await;
    let long = format!("{}.jpeg", "long ".repeat(60));
    let long_emoji = format!("{}.png", "😀".repeat(300));
    for name in [
        "with space.jpg",
        "hash#tag.jpg",
        "quest?ion.jpg",
        "100%.jpg",
        "100%25.jpg",
        "plus+and&.jpg",
        "a/b/slash.jpg",
        "back\\slash.jpg",
        "it's \"quoted\".jpg",
        "<script>.jpg",
        "😀.png",
        "תמונה.png",
        "a\u{202e}gnp.exe",
        "new\r\nline\u{0}.jpg",
        "..",
        "../../etc/passwd",
        ".",
        "",
        " ",
        "~tilde~;:@=,$!*()[]{}|^`.jpg",
        &long,
        &long_emoji,
    ] {
        let sent = name.as_bytes();
        let stored = stack.service.stored(name, sent).await;
        assert!(stored.url.len() <= 500 && stored.url.is_ascii(), "{}", stored.url);
        // as a browser's address bar does: parsed and written again
        let parsed: url::Url = stored.url.parse().unwrap();
        assert_eq!(parsed.as_str(), stored.url, "{name:?}");
        let opened = stack.open(parsed.as_str()).await;
        assert_eq!(opened.status(), 200, "{name:?}");
        assert_eq!(opened.bytes().await.unwrap(), sent, "{name:?}");
        assert_eq!(stack.keys().await, [stored.key.as_str()], "{name:?}");
        let (status, _) = stack.service.post("/delete", &json!({"file_path": stored.url})).await;
        assert_eq!(status, 200);
        assert!(stack.keys().await.is_empty(), "{name:?}");
    }
}
