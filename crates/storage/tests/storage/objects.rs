//! Questions about objects: lists, looks, checksums, places. None of them changes anything.

use client::storage::{ListedObject, LocateObject};
use emulators::s3::{FaultKind, FaultRule};
use serde_json::json;
use uuid::Uuid;

use crate::{
    harness::{BUCKET, Service, Stack, bytes, config, json as body_of, md5_hex},
    stub::Stub,
};

async fn all(stack: &Stack, limit: u32) -> (Vec<ListedObject>, usize) {
    let (mut objects, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = stack.service.client().list_objects(cursor.as_deref(), limit).await.unwrap();
        objects.extend(page.objects);
        pages += 1;
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return (objects, pages),
        }
    }
}

#[tokio::test]
async fn only_our_own_objects_are_listed_each_once() {
    let stack = Stack::start().await;
    let mut ours = Vec::new();
    for name in ["a b+c%20.jpg", "é\u{1f600}.png", "plain.jpg"] {
        ours.push(stack.service.stored(name, &bytes(1000)).await.key);
    }
    let slashed = format!("{}_holiday/1.jpg", Uuid::new_v4());
    let thumbnail = format!("thumbnails/{}/320.webp", Uuid::new_v4());
    for key in [&slashed, &thumbnail] {
        stack.put_directly(key).await;
        ours.push(key.clone());
    }
    for key in ["backup.tar", "0000", "ffff_a", "thumbnails/readme", "zzz", "\u{1}odd"] {
        stack.put_directly(key).await;
    }
    ours.sort();
    for limit in [1, 2, 1000] {
        let (objects, _) = all(&stack, limit).await;
        let keys: Vec<_> = objects.iter().map(|object| object.key.clone()).collect();
        assert_eq!(keys, ours, "pages of {limit}");
        let thumbnails: Vec<_> = objects.iter().filter(|object| object.is_thumbnail).collect();
        assert_eq!(thumbnails.len(), 1);
        assert_eq!(thumbnails[0].key, thumbnail);
    }
    let (objects, _) = all(&stack, 1000).await;
    let plain = objects.iter().find(|object| object.key.ends_with("plain.jpg")).unwrap();
    assert_eq!((plain.size, plain.md5.as_deref()), (1000, Some(md5_hex(&bytes(1000)).as_str())));
    assert!(plain.last_modified.as_deref().is_some_and(|time| time.starts_with("20") && time.ends_with('Z')));
    for object in &objects {
        let resolved = stack.service.client().resolve_paths(vec![object.url.clone()]).await.unwrap();
        assert_eq!(resolved[0].keys.contains(&object.key), !object.is_thumbnail, "{object:?}");
    }
}

/// A page of a list: these keys, and whether there is more.
fn list_of(keys: &[String], is_truncated: bool) -> String {
    let object =
        |key| format!("<Contents><Key>{key}</Key><Size>1</Size><ETag>&quot;x&quot;</ETag></Contents>");
    let contents = keys.iter().map(object).collect::<Vec<_>>().concat();
    let xml =
        format!("<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>{contents}</ListBucketResult>");
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: {}\r\n\r\n{xml}", xml.len())
}

#[tokio::test]
async fn keys_of_others_are_passed_over_a_bounded_number_at_a_time() {
    const FOREIGN: usize = 20_000;
    let ours = format!("{}_a.jpg", Uuid::new_v4());
    let last = ours.clone();
    let stub = Stub::start(move |seen| {
        let after = seen.head.split_once("start-after=0-").map(|(_, rest)| rest);
        let after = after.map_or(0, |rest| rest[..5].parse::<usize>().unwrap() + 1);
        let mut keys: Vec<_> = (after..FOREIGN).take(1000).map(|number| format!("0-{number:05}")).collect();
        let is_end = after + keys.len() == FOREIGN;
        keys.extend(is_end.then(|| last.clone()));
        Some(list_of(&keys, !is_end))
    })
    .await;
    let service = Service::start(config(&stub.endpoint)).await;
    let (mut cursor, mut pages, mut found) = (None, 0, Vec::new());
    loop {
        let asked = stub.seen().len();
        let page = service.client().list_objects(cursor.as_deref(), 1000).await.unwrap();
        assert!(stub.seen().len() - asked <= 8, "work of one call is bounded");
        found.extend(page.objects.into_iter().map(|object| object.key));
        pages += 1;
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!((found, pages), (vec![ours], 3));
}

#[tokio::test]
async fn a_list_that_does_not_go_on_is_not_followed_for_ever() {
    for keys in [vec!["0-same".to_owned()], vec![]] {
        let stub = Stub::start(move |_| Some(list_of(&keys, true))).await;
        let service = Service::start(config(&stub.endpoint)).await;
        let error = service.client().list_objects(None, 10).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(500), "{error}");
        assert!(stub.seen().len() <= 2);
    }
}

#[tokio::test]
async fn an_object_is_looked_at_and_read_as_it_is_now() {
    let stack = Stack::start().await;
    let client = stack.service.client();
    let (small, large) = (bytes(1000), bytes(17 << 20));
    let one = stack.service.stored("small.jpg", &small).await;
    let parts = stack.service.stored("large.jpg", &large).await;
    let seen = client.stat_object(&one.key).await.unwrap().unwrap();
    assert_eq!((seen.size, seen.md5, seen.url), (1000, Some(md5_hex(&small)), one.url));
    let seen = client.stat_object(&parts.key).await.unwrap().unwrap();
    assert_eq!((seen.size, seen.md5), (17 << 20, None), "an ETag of parts is no MD5");
    let read = client.object_checksum(&parts.key).await.unwrap().unwrap();
    assert_eq!((read.size, read.md5), (17 << 20, md5_hex(&large)));
    let slashed = format!("{}_a/b c.jpg", Uuid::new_v4());
    stack.put_directly(&slashed).await;
    assert_eq!(client.object_checksum(&slashed).await.unwrap().unwrap().md5, md5_hex(b"x"));
    stack.put_directly("backup.tar").await;
    for key in [format!("{}_gone.jpg", Uuid::new_v4()), "backup.tar".to_owned(), String::new()] {
        assert_eq!(client.stat_object(&key).await.unwrap(), None, "{key}");
        assert_eq!(client.object_checksum(&key).await.unwrap(), None, "{key}");
    }
}

#[tokio::test]
async fn reading_survives_what_passes_and_tells_what_does_not() {
    let stack = Stack::start().await;
    let stored = stack.service.stored("a.jpg", &bytes(5000)).await;
    let key = json!({"key": stored.key});
    let asked = [("GetObject", "/objects/checksum"), ("HeadObject", "/objects/stat"), ("ListObjectsV2", "")];
    for kind in [FaultKind::SlowDown, FaultKind::InternalError, FaultKind::Reset] {
        for (operation, path) in asked {
            stack.faults.clear();
            stack.faults.add(FaultRule::new(kind).on(operation).times(2));
            if path.is_empty() {
                assert_eq!(all(&stack, 10).await.0.len(), 1, "{kind:?}");
            } else {
                assert_eq!(stack.service.post(path, &key).await.0, 200, "{kind:?} {path}");
            }
            assert_eq!(stack.faults.report()[0].fired, 2, "{kind:?} {operation}");
        }
    }
    stack.faults.clear();
    stack.faults.add(FaultRule::new(FaultKind::AccessDenied));
    for path in ["/objects/checksum", "/objects/stat"] {
        assert_eq!(stack.service.post(path, &key).await.0, 500, "{path}");
    }
    let listed = stack.service.http.get(stack.service.url("/objects")).send().await.unwrap();
    assert_eq!(listed.status(), 500);
    assert_eq!(body_of(listed).await["code"], "s3-error");
}

#[tokio::test]
async fn a_missing_bucket_is_no_missing_object() {
    let stack = Stack::start_with(|config, _| {
        config.bucket.as_mut().unwrap().name = "elsewhere".to_owned();
    })
    .await;
    let key = json!({"key": format!("{}_a.jpg", Uuid::new_v4())});
    for path in ["/objects/checksum", "/objects/stat"] {
        let (status, answer) = stack.service.post(path, &key).await;
        assert_eq!((status, answer["code"].as_str()), (500, Some("s3-error")), "{path}: {answer}");
    }
}

#[tokio::test]
async fn an_object_is_located_without_touching_it() {
    let stack = Stack::start().await;
    let uuid = Uuid::new_v4();
    let ask = LocateObject { uuid, filename: "a b/c.jpg".to_owned() };
    let place = stack.service.client().locate_object(&ask).await.unwrap();
    assert!(stack.keys().await.is_empty());
    let answer = stack.service.put(uuid, &ask.filename, &bytes(300_000), None).await;
    let stored = body_of(answer).await;
    assert_eq!((&stored["url"], &stored["key"]), (&json!(place.url), &json!(place.key)));
    stack.service.client().locate_object(&ask).await.unwrap();
    assert_eq!(stack.open(&place.url).await.bytes().await.unwrap().len(), 300_000);
}

#[tokio::test]
async fn paths_of_rows_are_resolved_without_asking_s3() {
    let service = Service::start(config("http://127.0.0.1:1")).await;
    let id = Uuid::new_v4();
    let ours = format!("http://127.0.0.1:1/{BUCKET}/{id}_a.jpg");
    let paths = vec![ours, format!("https://other.example/{id}_a.jpg"), String::new()];
    let resolved = service.client().resolve_paths(paths).await.unwrap();
    let keys: Vec<_> = resolved.into_iter().map(|named| named.keys).collect();
    assert_eq!(keys, [vec![format!("{id}_a.jpg")], vec![], vec![]]);
    let many = vec!["x"; 1001];
    assert_eq!(service.post("/objects/resolve", &json!({"storage_paths": many})).await.0, 400);
    for limit in ["0", "many", "-1"] {
        let url = service.url(&format!("/objects?limit={limit}"));
        assert_eq!(service.http.get(url).send().await.unwrap().status(), 400, "{limit}");
    }
}

#[tokio::test]
async fn a_thumbnail_is_deleted_like_an_image() {
    let stack = Stack::start().await;
    let key = format!("thumbnails/{}/320.webp", Uuid::new_v4());
    stack.put_directly(&key).await;
    stack.put_directly("thumbnails/notes.txt").await;
    for path in [key.as_str(), "thumbnails/notes.txt"] {
        assert_eq!(stack.service.post("/delete", &json!({"file_path": path})).await.0, 200, "{path}");
    }
    assert_eq!(stack.keys().await, ["thumbnails/notes.txt"]);
}
