//! A stranger's folder whose names are made to do harm, from Drive to whoever looks at it.

use serde_json::{Value, json};
use tests::{Stack, drive};

/// Longest name of a row, in characters.
const MAX_NAME: usize = 255;
/// What the folder is called.
const FOLDER: &str = "<script>alert(1)</script>\r\n\u{1b}[2J{{7*7}}'; DROP TABLE images;-- \u{202e}gnp 😀";

fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "two\r\nlines: yes.png",
        "\u{1b}[2J\u{1b}]0;mine\u{7}\u{9b}31m.png",
        "\u{202e}gnp.exe",
        "nul\u{0}byte.png",
        "<img src=x onerror=alert(1)>.png",
        "{{7*7}} ${7*7} #{7*7} %s%n.png",
        "'; DROP TABLE images; --.png",
        "\" OR \"\"=\"",
        "=cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd",
        "a\"; filename=\"b.html",
        "%0d%0aSet-Cookie: a=b.png",
        "../../../../etc/passwd",
        ".",
        "..",
        "",
        " ",
        "CON",
        "👩‍👩‍👧‍👦\u{fe0f}\u{feff}\u{fffe}\u{10ffff}.png",
    ]
    .map(str::to_owned)
    .into();
    names.push("long ".repeat(20_000));
    names.push("\u{1b}".repeat(3_000));
    names.push("日".repeat(5_000));
    names
}

async fn get(stack: &Stack, path: &str) -> reqwest::Response {
    let answer = stack.http.get(format!("{}{path}", stack.api)).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    answer
}

#[tokio::test]
async fn names_of_any_kind_pass_through_and_do_no_harm() {
    let names = names();
    let item = |id: String, name: &str| json!({"id": id, "name": name, "mimeType": "image/png", "size": "auto", "bytes": 900});
    let kept = names.iter().enumerate().map(|(n, name)| item(format!("kept{n}"), name));
    let lost = names.iter().enumerate().map(|(n, name)| item(format!("lost{n}"), name));
    let children: Vec<Value> = kept.chain(lost).collect();
    let library = json!({"folders": {"album": {"name": FOLDER, "children": children}}});
    let stack = Stack::with(drive::serving(&library)).start().await;
    let faults =
        (0..names.len()).map(|n| json!({"kind": "notFound", "on": "media", "file": format!("lost{n}")}));
    stack.drive.fail(&faults.collect());
    let job = stack.start_job("album").await;
    let status = stack.finished(&job).await;
    let all = names.len() as u64;
    assert_eq!((status.processed.as_u64(), status.failed.as_u64()), (Some(all), Some(all)), "{status:?}");

    let told: Value = get(&stack, &format!("/import/jobs/{job}")).await.json().await.expect("JSON");
    assert_eq!(told["folder_name"], FOLDER, "{told}");
    let page: Value = get(&stack, "/images?per_page=100").await.json().await.expect("JSON");
    for (n, name) in names.iter().enumerate() {
        let id = format!("kept{n}");
        let images = page["images"].as_array().expect("images");
        let image = images.iter().find(|image| image["google_drive_id"] == id.as_str());
        let image = image.unwrap_or_else(|| panic!("{name:?} is not there"));
        assert_eq!(image["name"], name.chars().take(MAX_NAME).collect::<String>());
        let url =
            image["content_url"].as_str().expect("an address").strip_prefix("/api").expect("below /api");
        let content = get(&stack, url).await;
        let header =
            |name: &str| content.headers().get(name).map(|value| value.to_str().expect("plain text"));
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{name:?}");
        assert!(header("set-cookie").is_none(), "{name:?}");
        let disposition = header("content-disposition").expect("it says what it is called");
        let (kind, rest) = disposition.split_once(';').unwrap_or((disposition, ""));
        assert!(matches!(kind, "inline" | "attachment"), "{disposition}");
        assert!(rest.matches('"').count() <= 2 && disposition.len() < 4000, "{disposition}");
        assert_eq!(content.bytes().await.expect("its bytes").len(), 900, "{name:?}");
    }

    let csv =
        get(&stack, &format!("/import/jobs/{job}/failures?format=csv")).await.text().await.expect("text");
    for n in 0..names.len() {
        assert!(csv.contains(&format!("\r\nlost{n},")), "lost{n} is not in the list");
    }
    assert!(csv.contains(",\"'=cmd|' /C calc'!A0\","), "a formula is text");
    assert!(
        !csv.contains(|c: char| c.is_control() && !matches!(c, '\r' | '\n')),
        "nothing steers a terminal"
    );
    stack.assert_no_panic_in_logs();
    stack.assert_no_secret_in_logs();
}
