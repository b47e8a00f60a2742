//! Who sees what: keys, private and shared-drive items, resource keys, trash, shortcuts, the unknown.

use super::{Emulator, read};
use crate::drive::{Config, Manifest, id_of, root_folder_id};
use serde_json::json;

async fn get(emulator: &Emulator, id: &str, parameters: &[(&str, &str)]) -> u16 {
    emulator.get(&format!("files/{id}"), parameters).await.status
}

#[tokio::test]
async fn a_key_is_demanded_before_anything_else() {
    let emulator = Emulator::of_manifest(json!({})).await;
    let ask =
        |query: &str| read(emulator.client.get(format!("http://{}/drive/v3/files{query}", emulator.address)));
    let missing = ask("?q=nonsense").await.unwrap();
    assert_eq!(missing.error(), (403, "forbidden".into()));
    assert!(
        missing.json()["error"]["message"].as_str().unwrap().starts_with("Method doesn't allow unregistered")
    );
    let bad = ask("?q=nonsense&key=BADKEY").await.unwrap();
    assert_eq!(bad.error(), (400, "badRequest".into()));
    assert_eq!(bad.json()["error"]["details"][0]["reason"], "API_KEY_INVALID");
    assert_eq!(ask("?key=K").await.unwrap().status, 200);
    let compact = ask("?key=BADKEY&$.xgafv=2").await.unwrap().json();
    assert_eq!(compact["error"].get("errors"), None);
    assert_eq!(compact["error"]["status"], "INVALID_ARGUMENT");
    let write = emulator.client.delete(format!("http://{}/drive/v3/files/x?key=K", emulator.address));
    assert_eq!(read(write).await.unwrap().error(), (401, "required".into()));
    let headers = emulator.config.stats.report().headers;
    assert_eq!((headers.key_missing, headers.key_in_query, headers.key_in_header), (1, 4, 0));
}

#[tokio::test]
async fn the_unknown_is_told_from_the_empty() {
    let emulator = Emulator::of_manifest(
        json!({"folders": {"empty": [], "A": [{"id": "a1", "name": "x", "bytes": 1}]}}),
    )
    .await;
    let expected = json!({"error": {"code": 404, "message": "File not found: .", "errors": [{
        "message": "File not found: .", "domain": "global", "reason": "notFound", "location": "fileId",
        "locationType": "parameter"}]}});
    for id in ["nope", "", "root", "small0x"] {
        let answer = emulator.get("files", &[("q", &format!("'{id}' in parents"))]).await;
        assert_eq!((answer.status, answer.json()), (404, expected.clone()), "{id:?}");
    }
    for id in ["empty", "a1", "small0"] {
        assert!(emulator.names(&format!("'{id}' in parents")).await.is_empty(), "{id}");
    }
    let answer = emulator.get("files/no%20such%2Fid%3Fx", &[("alt", "media")]).await;
    assert_eq!(answer.json()["error"]["message"], "File not found: no such/id?x.");
    assert_eq!(get(&emulator, "empty", &[]).await, 200);
}

#[tokio::test]
async fn private_things_cannot_be_told_from_missing_ones_except_in_lists() {
    let emulator = Emulator::of_manifest(json!({"folders": {
        "secret": {"private": true, "children": [{"id": "s1", "name": "inside", "bytes": 5}]},
        "open": [{"id": "o1", "name": "seen", "bytes": 5}, {"id": "o2", "name": "unseen", "bytes": 5, "private": true}]}}))
    .await;
    assert!(emulator.names("'secret' in parents").await.is_empty());
    assert_eq!(emulator.names("'open' in parents").await, ["seen"]);
    for id in ["secret", "s1", "o2"] {
        assert_eq!(get(&emulator, id, &[]).await, 404, "{id}");
        assert_eq!(get(&emulator, id, &[("alt", "media")]).await, 404, "{id}");
    }
}

#[tokio::test]
async fn trashed_things_are_listed_unless_asked_not_to() {
    let emulator = Emulator::of_manifest(json!({"folders": {"A": [
        {"id": "a1", "name": "kept", "bytes": 1}, {"id": "a2", "name": "trashed", "bytes": 1, "trashed": true}]}}))
    .await;
    assert_eq!(emulator.names("'A' in parents").await, ["kept", "trashed"]);
    assert_eq!(emulator.names("'A' in parents and trashed = false").await, ["kept"]);
    assert_eq!(get(&emulator, "a2", &[("alt", "media")]).await, 200);
}

#[tokio::test]
async fn shared_drives_need_both_flags_to_list_and_one_to_read() {
    let emulator = Emulator::of_manifest(json!({"folders": {
        "S": {"driveId": "0AdrivePVA", "children": [{"id": "s1", "name": "on the drive", "bytes": 5}]}}}))
    .await;
    let (supports, includes) = (("supportsAllDrives", "true"), ("includeItemsFromAllDrives", "true"));
    let cases: [(&[(&str, &str)], usize); 4] =
        [(&[], 0), (&[supports], 0), (&[includes], 0), (&[supports, includes], 1)];
    for (flags, expected) in cases {
        let parameters = [&[("q", "'S' in parents")], flags].concat();
        let listed = emulator.get("files", &parameters).await.json();
        assert_eq!(listed["files"].as_array().unwrap().len(), expected, "{flags:?}");
    }
    assert_eq!(get(&emulator, "s1", &[]).await, 404);
    assert_eq!(get(&emulator, "s1", &[("alt", "media")]).await, 404);
    assert_eq!(get(&emulator, "s1", &[supports]).await, 200);
    assert_eq!(get(&emulator, "s1", &[("alt", "media"), supports]).await, 200);
    let on_drive =
        [("corpora", "drive"), ("driveId", "0AdrivePVA"), supports, includes, ("fields", "files/driveId")];
    assert_eq!(emulator.get("files", &on_drive).await.json(), json!({"files": [{"driveId": "0AdrivePVA"}]}));
    let unknown = [("corpora", "drive"), ("driveId", "0AotherPVA")];
    let answer = emulator.get("files", &unknown).await;
    assert_eq!(answer.json()["error"]["message"], "Shared drive not found: 0AotherPVA");
}

#[tokio::test]
async fn a_resource_key_is_demanded_on_every_call_that_names_the_item() {
    let emulator = Emulator::of_manifest(json!({"folders": {"locked": {"resourceKey": "0-folder", "children": [
        {"id": "f1", "name": "free", "bytes": 5}, {"id": "f2", "name": "locked", "bytes": 5, "resourceKey": "0-file"}]}}}))
    .await;
    let ask = |path: &'static str, parameters: &'static [(&str, &str)], keys: &'static str| {
        read(emulator.request(path, parameters).header("X-Goog-Drive-Resource-Keys", keys))
    };
    let q = &[("q", "'locked' in parents"), ("fields", "files(name,resourceKey)")];
    assert_eq!(ask("files", q, "").await.unwrap().json()["error"]["message"], "File not found: .");
    assert_eq!(ask("files", q, "locked/0-wrong").await.unwrap().status, 404);
    let listed = ask("files", q, "other/0-x,locked/0-folder").await.unwrap().json();
    assert_eq!(listed, json!({"files": [{"name": "free"}, {"name": "locked", "resourceKey": "0-file"}]}));
    assert_eq!(ask("files/f1", &[("alt", "media")], "").await.unwrap().status, 200);
    for parameters in [&[][..], &[("alt", "media")]] {
        assert_eq!(ask("files/f2", parameters, "locked/0-folder").await.unwrap().status, 404);
        assert_eq!(ask("files/f2", parameters, "f2/0-file").await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_shortcut_is_neither_its_target_nor_a_folder() {
    let emulator = Emulator::of_manifest(json!({"folders": {"A": [
        {"id": "cut", "name": "to b", "shortcut": {"targetId": "B", "targetMimeType": "application/vnd.google-apps.folder"}},
        {"id": "doc", "name": "doc", "mimeType": "application/vnd.google-apps.drawing"},
        {"id": "off", "name": "off", "bytes": 5, "canDownload": false},
        {"id": "B", "name": "b", "children": [{"id": "b1", "name": "x", "mimeType": "image/png", "bytes": 1}]}]}}))
    .await;
    assert!(emulator.names("'cut' in parents").await.is_empty());
    let fields = "mimeType,shortcutDetails";
    let expected = json!({"mimeType": "application/vnd.google-apps.shortcut", "shortcutDetails":
        {"targetId": "B", "targetMimeType": "application/vnd.google-apps.folder"}});
    assert_eq!(emulator.get("files/cut", &[("fields", fields)]).await.json(), expected);
    assert!(emulator.names("'A' in parents and mimeType contains 'image/'").await == ["off"]);
    for id in ["cut", "doc", "B"] {
        let answer = emulator.media(id, None).await.unwrap();
        assert_eq!(answer.error(), (403, "fileNotDownloadable".into()), "{id}");
    }
    assert_eq!(emulator.media("off", None).await.unwrap().error(), (403, "cannotDownloadFile".into()));
    let off = emulator.get("files/off", &[("fields", "capabilities/canDownload")]).await.json();
    assert_eq!(off, json!({"capabilities": {"canDownload": false}}));
}

#[tokio::test]
async fn overrides_hold_for_a_directory_and_everything_inside() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("hidden/deep")).unwrap();
    for path in ["a.jpg", "b.jpg", "hidden/c.jpg", "hidden/deep/d.jpg"] {
        std::fs::write(dir.path().join(path), path).unwrap();
    }
    let manifest = Manifest::parse(
        r#"{"overrides": {"a.jpg": {"trashed": true, "md5Checksum": "stale"}, "hidden": {"private": true}}}"#,
    );
    let config = Config::default().with_root(dir.path()).with_manifest(manifest.unwrap());
    let emulator = Emulator::start(config).await;
    let q = format!("'{}' in parents and trashed = false", root_folder_id());
    assert_eq!(emulator.names(&q).await, ["b.jpg"]);
    let got =
        emulator.get(&format!("files/{}", id_of("a.jpg")), &[("fields", "md5Checksum,trashed")]).await.json();
    assert_eq!(got, json!({"trashed": true, "md5Checksum": "stale"}));
    assert_eq!(get(&emulator, &id_of("hidden/deep/d.jpg"), &[]).await, 404);
    assert!(emulator.names(&format!("'{}' in parents", id_of("hidden/deep"))).await.is_empty());
}

#[tokio::test]
async fn the_control_paths_need_no_key_and_show_what_is_served() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    std::fs::write(dir.path().join("sub/a.jpg"), "x").unwrap();
    let emulator = Emulator::of_tree(dir.path()).await;
    let tree = emulator.control(http::Method::GET, "/__tree", None).await.json();
    let expected = json!({"root": root_folder_id(), "more": false, "manifestFolders": [],
        "folders": [{"id": root_folder_id(), "path": ""}, {"id": id_of("sub"), "path": "sub"}],
        "files": [{"id": id_of("sub/a.jpg"), "path": "sub/a.jpg", "mimeType": "image/jpeg"}]});
    assert_eq!(tree, expected);
    assert_eq!(emulator.control(http::Method::GET, "/health", None).await.status, 200);
    assert_eq!(emulator.control(http::Method::GET, "/nothing/here", None).await.body, b"404: Not Found");
}
