//! `files.list` and `files.get`.

use super::{Emulator, read, texts};
use crate::drive::{id_of, root_folder_id};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Follows the pages to the end: the pages' sizes, and all names.
async fn pages(emulator: &Emulator, parameters: &[(&str, &str)]) -> (Vec<usize>, Vec<String>) {
    let (mut sizes, mut names, mut token) = (Vec::new(), Vec::new(), None::<String>);
    loop {
        let mut all = parameters.to_vec();
        all.extend(token.as_deref().map(|token| ("pageToken", token)));
        let page = emulator.get("files", &all).await.json();
        let on_page = texts(&page, "name");
        sizes.push(on_page.len());
        names.extend(on_page);
        match page["nextPageToken"].as_str() {
            Some(next) => token = Some(next.to_owned()),
            None => return (sizes, names),
        }
    }
}

#[tokio::test]
async fn a_tree_is_listed_with_true_metadata() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    std::fs::write(dir.path().join("hello.txt"), "hello").unwrap();
    std::fs::write(dir.path().join("sub/empty.jpg"), "").unwrap();
    let emulator = Emulator::of_tree(dir.path()).await;
    let fields = "files(id,name,mimeType,size,md5Checksum,sha1Checksum,sha256Checksum,parents)";
    let listed = emulator.list(&format!("'{}' in parents", root_folder_id()), fields).await;
    let expected = json!({"files": [
        {"id": id_of("hello.txt"), "name": "hello.txt", "mimeType": "text/plain", "parents": [root_folder_id()],
         "size": "5", "md5Checksum": "5d41402abc4b2a76b9719d911017c592",
         "sha1Checksum": "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
         "sha256Checksum": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
        {"id": id_of("sub"), "name": "sub", "mimeType": "application/vnd.google-apps.folder",
         "parents": [root_folder_id()]}]});
    assert_eq!(listed, expected);
    assert_eq!(emulator.names(&format!("'{}' in parents", id_of("sub"))).await, ["empty.jpg"]);
    std::fs::write(dir.path().join("new.png"), "x").unwrap();
    assert_eq!(emulator.names("name = 'NEW.png'").await, ["new.png"]);
    let got = emulator.get(&format!("files/{}", id_of("new.png")), &[("fields", "size,name")]).await.json();
    assert_eq!(got, json!({"name": "new.png", "size": "1"}));
}

#[tokio::test]
async fn without_a_mask_only_the_defaults_come() {
    let emulator = Emulator::of_manifest(json!({"folders": {"A": [
        {"id": "a1", "name": "a.jpg", "mimeType": "image/jpeg", "bytes": 10, "resourceKey": "0-k"}]}}))
    .await;
    let file = json!({"kind": "drive#file", "id": "a1", "name": "a.jpg", "mimeType": "image/jpeg", "resourceKey": "0-k"});
    let list = emulator.get("files", &[("q", "'A' in parents")]).await;
    assert_eq!(list.json(), json!({"kind": "drive#fileList", "incompleteSearch": false, "files": [file]}));
    assert_eq!(list.header("content-type"), Some("application/json; charset=UTF-8"));
    assert_eq!(list.header("vary"), Some("Origin, X-Origin"));
    let got = emulator.request("files/a1", &[]).header("X-Goog-Drive-Resource-Keys", "a1/0-k");
    assert_eq!(read(got).await.unwrap().json(), file);
}

#[tokio::test]
async fn a_token_comes_only_to_those_who_name_it() {
    let emulator = Emulator::of_manifest(json!({})).await;
    let forgetful = [("q", "'small30' in parents"), ("pageSize", "10"), ("fields", "files(id, name)")];
    assert_eq!(emulator.get("files", &forgetful).await.json().as_object().unwrap().len(), 1);
    let careful =
        [("q", "'small30' in parents"), ("pageSize", "10"), ("fields", "nextPageToken, files(name)")];
    let (sizes, names) = pages(&emulator, &careful).await;
    assert_eq!(sizes, [10, 10, 10]);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 30);
}

#[tokio::test]
async fn pages_of_every_order_hold_every_file_once() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..57 {
        std::fs::write(dir.path().join(format!("img-{number}.png")), vec![0; (number * 7) % 13]).unwrap();
        std::fs::write(dir.path().join(format!("text-{number}.txt")), "").unwrap();
    }
    let emulator = Emulator::of_tree(dir.path()).await;
    let q = format!("'{}' in parents and mimeType contains 'image/' and trashed = false", root_folder_id());
    for order in
        ["", "name", "name_natural desc", "quotaBytesUsed,name", "modifiedTime desc", "folder,createdTime"]
    {
        let parameters = [
            ("q", q.as_str()),
            ("pageSize", "20"),
            ("fields", "nextPageToken,files/name"),
            ("orderBy", order),
        ];
        let (sizes, names) = pages(&emulator, &parameters).await;
        assert_eq!(sizes, [20, 20, 17], "{order}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 57, "{order}");
        if order == "name_natural desc" {
            assert_eq!(names[..3], ["img-56.png", "img-55.png", "img-54.png"]);
        }
    }
}

#[tokio::test]
async fn a_token_is_refused_for_another_search() {
    let emulator = Emulator::of_manifest(json!({})).await;
    let first = [("q", "'small30' in parents"), ("pageSize", "10"), ("fields", "nextPageToken")];
    let token = emulator.get("files", &first).await.json()["nextPageToken"].as_str().unwrap().to_owned();
    let cases = [
        ("'small30' in parents", token.as_str(), "", 200),
        ("'small31' in parents", token.as_str(), "", 400),
        ("'small30' in parents", token.as_str(), "name", 400),
        ("'small30' in parents", "nonsense", "", 400),
    ];
    for (q, token, order, status) in cases {
        let answer = emulator.get("files", &[("q", q), ("pageToken", token), ("orderBy", order)]).await;
        assert_eq!(answer.status, status, "{q} {order}");
        if status == 400 {
            let expected = json!({"message": "Invalid Value", "domain": "global", "reason": "invalid",
                "location": "pageToken", "locationType": "parameter"});
            assert_eq!(answer.json()["error"]["errors"][0], expected);
        }
    }
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let emulator = Emulator::of_manifest(json!({})).await;
    let cases = [
        (("q", "title = 'x'"), "invalid", "q", "Invalid Value"),
        (("q", "'it's' in parents"), "invalid", "q", "Invalid Value"),
        (("orderBy", "title"), "invalid", "orderBy", "Invalid Value"),
        (("fields", "files(nope)"), "invalidParameter", "fields", "Invalid field selection nope"),
        (
            ("pageSize", "0"),
            "invalidParameter",
            "pageSize",
            "Invalid value '0'. Values must be within the range: [1, 1000]",
        ),
        (
            ("pageSize", "x"),
            "invalidParameter",
            "pageSize",
            "Invalid value 'x'. Values must be within the range: [1, 1000]",
        ),
        (("corpora", "everything"), "invalid", "corpora", "Invalid Value"),
        (("corpora", "drive"), "invalid", "driveId", "Invalid Value"),
        (
            ("supportsAllDrives", "maybe"),
            "invalidParameter",
            "supportsAllDrives",
            "Invalid boolean value: 'maybe'.",
        ),
    ];
    for (parameter, reason, location, message) in cases {
        let answer = emulator.get("files", &[parameter]).await;
        assert_eq!(answer.status, 400, "{parameter:?}");
        let error = &answer.json()["error"]["errors"][0];
        assert_eq!(
            [&error["reason"], &error["location"], &error["message"]],
            [reason, location, message],
            "{parameter:?}"
        );
    }
    let both = [("q", "fullText contains 'x'"), ("orderBy", "name")];
    assert_eq!(emulator.get("files", &both).await.error(), (400, "badRequest".into()));
}

#[tokio::test]
async fn a_page_size_above_the_largest_is_coerced() {
    let emulator = Emulator::of_manifest(json!({})).await;
    let sizes = [(None, 100), (Some("1000"), 1000), (Some("5000"), 1000), (Some("7"), 7)];
    for (asked, expected) in sizes {
        let mut parameters = vec![("q", "'bench-3000-10' in parents"), ("fields", "files/id")];
        parameters.extend(asked.map(|size| ("pageSize", size)));
        let listed = emulator.get("files", &parameters).await.json();
        assert_eq!(listed["files"].as_array().unwrap().len(), expected, "{asked:?}");
    }
}

#[tokio::test]
async fn half_a_million_files_are_listed_from_any_place_at_once() {
    let emulator =
        Emulator::of_manifest(json!({"folders": {"huge": {"generate": {"count": 500_000, "bytes": 3}}}}))
            .await;
    let q = "'huge' in parents and name = 'img-499999.jpg'";
    let expected = json!({"files": [{"id": "huge_f499999", "name": "img-499999.jpg", "size": "3"}]});
    assert_eq!(emulator.list(q, "nextPageToken,files(id,name,size)").await, expected);
    let got = emulator.get("files/huge_f250000", &[("fields", "name,parents")]).await.json();
    assert_eq!(got, json!({"name": "img-250000.jpg", "parents": ["huge"]}));
}

#[tokio::test]
async fn several_parents_and_none_are_searched() {
    let emulator = Emulator::of_manifest(json!({"folders": {
        "A": [{"id": "a1", "name": "one", "mimeType": "image/png"}, {"id": "B", "name": "b", "children": [
            {"id": "b1", "name": "two", "mimeType": "image/png"}, {"id": "b2", "name": "three", "mimeType": "text/plain"}]}],
        "C": [{"id": "c1", "name": "four", "mimeType": "image/png"}]}}))
    .await;
    let names = |q: &'static str| emulator.names(q);
    assert_eq!(names("'A' in parents or 'C' in parents").await, ["one", "b", "four"]);
    assert_eq!(
        names("('A' in parents or 'B' in parents) and mimeType contains 'image/'").await,
        ["one", "two"]
    );
    assert_eq!(names("mimeType contains 'image/'").await, ["one", "two", "four"]);
    assert_eq!(names("'A' in parents and mimeType = 'application/vnd.google-apps.folder'").await, ["b"]);
    assert_eq!(names("not 'A' in parents and mimeType contains 'image/'").await, ["two", "four"]);
}

#[tokio::test]
async fn a_long_query_may_come_as_a_post() {
    let emulator = Emulator::of_manifest(json!({})).await;
    let terms: Vec<_> = (0..300).map(|number| format!("name != 'not-{number}'")).collect();
    let q = format!("'small3' in parents and {}", terms.join(" and "));
    let request = emulator.client.post(format!("http://{}/drive/v3/files", emulator.address));
    let form = [("q", q.as_str()), ("fields", "files/id"), ("key", "K")];
    let answer = read(request.header("X-HTTP-Method-Override", "GET").form(&form)).await.unwrap();
    assert_eq!(
        answer.json(),
        json!({"files": [{"id": "small3_f0"}, {"id": "small3_f1"}, {"id": "small3_f2"}]})
    );
    assert_eq!(emulator.config.stats.report().headers.method_override, 1);
}

#[tokio::test]
async fn json_is_compressed_only_for_those_who_ask_twice_and_compact_on_request() {
    let emulator = Emulator::of_manifest(json!({})).await;
    let ask = |agent: &'static str| {
        let request = emulator.request("files", &[("q", "'small3' in parents")]);
        read(request.header("Accept-Encoding", "gzip").header("User-Agent", agent))
    };
    let compressed = ask("tool (gzip)").await.unwrap();
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&compressed.body[..]), &mut text)
        .unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["kind"], "drive#fileList");
    let plain = ask("tool").await.unwrap();
    assert_eq!(plain.header("content-encoding"), None);
    assert!(plain.body.starts_with(b"{\n  \"kind\""));
    let compact = emulator.get("files/small3_f0", &[("prettyPrint", "false"), ("fields", "id")]).await;
    assert_eq!(compact.body, br#"{"id":"small3_f0"}"#);
}
