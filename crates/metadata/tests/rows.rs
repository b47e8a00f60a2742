//! What may happen to rows, and what follows for their objects.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::harness::{Place, image, on_both_engines, with};

on_both_engines!(
    a_known_drive_id_answers_the_row_and_changes_nothing,
    a_known_drive_id_is_found_even_in_a_bad_body,
    of_many_who_create_the_same_image_one_wins,
    fifty_writers_at_once_lose_nothing,
    our_fields_come_back_and_are_absent_without,
    changed_content_replaces_the_row_it_was_compared_with,
    the_same_bytes_are_shared_and_outlive_one_of_their_rows,
    only_verified_rows_are_shared,
    a_released_object_gets_no_row_again,
    an_object_with_a_row_is_not_released,
    releases_and_rows_that_collide_never_both_win,
    shares_and_deletes_that_collide_never_lose_an_object,
    ids_are_ascii_digits_and_huge_ones_are_not_there,
    known_images_are_compared_exactly,
);

async fn released(place: &Place) -> i64 {
    place.number("SELECT COUNT(*) FROM released_objects").await
}

async fn a_known_drive_id_answers_the_row_and_changes_nothing(place: Place) {
    let service = place.start();
    let row = service.create(&image("a")).await;
    let again = service.post("/images", &with(image("a"), "name", "other.jpg")).await;
    assert_eq!(again.status, 409);
    assert_eq!(again.body["error"], "Image already exists");
    assert_eq!(again.body["image"], row);
    assert_eq!(service.get("/images/1").await.body, row);
    assert_eq!(released(&place).await, 0, "the row's own object must stay");
}

async fn a_known_drive_id_is_found_even_in_a_bad_body(place: Place) {
    let service = place.start();
    service.create(&image("a")).await;
    assert_eq!(service.post("/images", &json!({"google_drive_id": "a"})).await.status, 409);
    let unknown = service.post("/images", &json!({"google_drive_id": "b"})).await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.body["error"].as_str().unwrap().contains("`name`"));
}

async fn of_many_who_create_the_same_image_one_wins(place: Place) {
    let service = place.start();
    let tries = (0..16).map(|n| {
        let body = with(image("race"), "storage_path", format!("https://b/{n}"));
        let service = &service;
        async move { service.post("/images", &body).await }
    });
    let answers = futures::future::join_all(tries).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(409)), (1, 15));
    let rows: HashSet<_> = answers
        .iter()
        .map(|answer| if answer.status == 201 { &answer.body } else { &answer.body["image"] })
        .map(Value::to_string)
        .collect();
    assert_eq!(rows.len(), 1, "all must be told of the same row");
}

async fn fifty_writers_at_once_lose_nothing(place: Place) {
    // two processes on one database
    let services = [place.start(), place.start()];
    let writers = (0..50).map(|writer| {
        let service = &services[writer % 2];
        async move {
            for n in 0..10 {
                service.create(&image(&format!("w{writer}-{n}"))).await;
            }
        }
    });
    futures::future::join_all(writers).await;
    assert_eq!(services[0].get("/images?per_page=1").await.body["total"], 500);
}

async fn our_fields_come_back_and_are_absent_without(place: Place) {
    let service = place.start();
    let ours = json!({"md5": "a".repeat(32), "source_md5": "b".repeat(32), "source_checksum": "stale",
                      "sha256": "c".repeat(64), "job_id": "j", "width": 4000, "height": 3000});
    let mut body = image("full");
    for (name, value) in ours.as_object().unwrap() {
        body[name] = value.clone();
    }
    let row = service.create(&body).await;
    for (name, value) in ours.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name}");
    }
    let plain = service.create(&image("plain")).await;
    // the eight of the original, and `drive_url`
    assert_eq!(plain.as_object().unwrap().len(), 9, "{plain}");
}

async fn changed_content_replaces_the_row_it_was_compared_with(place: Place) {
    let service = place.start();
    let row = service.create(&image("a")).await;
    let changed = with(with(image("a"), "storage_path", "https://b/new"), "size", 7);

    let late = service.post("/images", &with(changed.clone(), "replaces", "https://b/other")).await;
    assert_eq!((late.status, &late.body["image"]), (409, &row), "somebody else was faster");

    let done = service.post("/images", &with(changed.clone(), "replaces", "https://b/a")).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!((&done.body["id"], &done.body["created_at"]), (&row["id"], &row["created_at"]));
    assert_eq!((&done.body["size"], &done.body["storage_path"]), (&json!(7), &json!("https://b/new")));
    assert_eq!(released(&place).await, 1, "the old object goes");

    let retried = service.post("/images", &with(changed.clone(), "replaces", "https://b/a")).await;
    assert_eq!(
        (retried.status, &retried.body["image"]),
        (409, &done.body),
        "a lost reply shows its own path"
    );

    let back = with(with(changed, "storage_path", "https://b/a"), "replaces", "https://b/new");
    assert_eq!(service.post("/images", &back).await.body["code"], "object-released");
    assert_eq!(service.get("/images/1").await.body, done.body, "a refused change changes nothing");

    let gone = with(image("unknown"), "replaces", "https://b/x");
    let refused = service.post("/images", &with(gone.clone(), "only_known", true)).await;
    assert_eq!((refused.status, &refused.body["code"]), (404, &json!("image-gone")));
    assert_eq!(service.post("/images", &gone).await.status, 201, "a row dropped meanwhile is made anew");
}

fn verified(id: &str) -> Value {
    with(with(image(id), "md5", "a".repeat(32)), "sha256", "c".repeat(64))
}

fn sharing(id: &str, size: u64) -> Value {
    let mut body = with(image(id), "share", json!({"sha256": "c".repeat(64), "size": size}));
    body.as_object_mut().unwrap().remove("storage_path");
    with(body, "size", size)
}

async fn the_same_bytes_are_shared_and_outlive_one_of_their_rows(place: Place) {
    let service = place.start();
    let first = service.create(&verified("a")).await;
    let second = service.create(&sharing("b", 100)).await;
    assert_eq!(second["storage_path"], first["storage_path"]);
    assert_eq!((&second["md5"], &second["sha256"]), (&first["md5"], &first["sha256"]));
    assert_eq!(service.post("/images", &sharing("b", 100)).await.status, 409);

    assert_eq!(service.delete("/images/1").await.status, 200);
    assert_eq!(released(&place).await, 0, "the other row still names it");
    assert_eq!(service.delete("/images/2").await.status, 200);
    assert_eq!(released(&place).await, 1);
    assert_eq!(service.post("/images", &sharing("c", 100)).await.status, 404);
}

async fn only_verified_rows_are_shared(place: Place) {
    let service = place.start();
    service.create(&with(image("unverified"), "sha256", "c".repeat(64))).await;
    let nothing = service.post("/images", &sharing("b", 100)).await;
    assert_eq!((nothing.status, &nothing.body["code"]), (404, &json!("nothing-to-share")));
    service.create(&verified("a")).await;
    assert_eq!(service.post("/images", &sharing("b", 99)).await.status, 404, "of another size");
    assert_eq!(service.post("/images", &sharing("b", 100)).await.status, 201);
}

async fn a_released_object_gets_no_row_again(place: Place) {
    let service = place.start();
    let object = json!({"storage_path": "https://b/a", "storage_provider": "aws"});
    for _ in 0..2 {
        let answer = service.post("/objects/release", &object).await;
        assert_eq!((answer.status, answer.body), (200, json!({"success": true, "released": true})));
    }
    let refused = service.post("/images", &image("a")).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("object-released")));
    assert_eq!(refused.body.get("image"), None);
    assert_eq!(service.get("/images").await.body["total"], 0);
    service.create(&with(image("a"), "storage_path", "https://b/A")).await;
}

async fn an_object_with_a_row_is_not_released(place: Place) {
    let service = place.start();
    service.create(&image("a")).await;
    let object = json!({"storage_path": "https://b/a", "storage_provider": "aws"});
    let answer = service.post("/objects/release", &object).await;
    assert_eq!((answer.status, answer.body), (200, json!({"success": true, "released": false})));
    assert_eq!(released(&place).await, 0);
    assert_eq!(service.delete("/images/1?keep_object=true").await.status, 200);
    assert_eq!(released(&place).await, 0, "the object was to be kept");
    for bad in [json!({"storage_path": "", "storage_provider": "aws"}), json!({"storage_path": "x"})] {
        assert_eq!(service.post("/objects/release", &bad).await.status, 400);
    }
}

async fn releases_and_rows_that_collide_never_both_win(place: Place) {
    let services = [place.start(), place.start()];
    for round in 0..30 {
        let id = format!("r{round}");
        let object = json!({"storage_path": format!("https://b/{id}"), "storage_provider": "aws"});
        let body = image(&id);
        let (created, released) =
            tokio::join!(services[0].post("/images", &body), services[1].post("/objects/release", &object),);
        match (created.status, released.body["released"].as_bool()) {
            (201, Some(false)) | (409, Some(true)) => {}
            both => panic!("{both:?}: {} {}", created.body, released.body),
        }
    }
}

async fn shares_and_deletes_that_collide_never_lose_an_object(place: Place) {
    let services = [place.start(), place.start()];
    for round in 0..30_u64 {
        let mut first = with(verified(&format!("a{round}")), "size", 1000 + round);
        first["storage_path"] = json!(format!("https://b/s{round}"));
        let row = services[0].create(&first).await;
        let (path, body) = (format!("/images/{}", row["id"]), sharing(&format!("b{round}"), 1000 + round));
        let (deleted, shared) = tokio::join!(services[0].delete(&path), services[1].post("/images", &body));
        assert_eq!(deleted.status, 200);
        assert!(matches!(shared.status, 201 | 404), "{}", shared.body);
        let paths =
            "SELECT COUNT(*) FROM images i JOIN released_objects r ON r.storage_path = i.storage_path";
        assert_eq!(place.number(paths).await, 0, "a row names a released object");
    }
}

async fn ids_are_ascii_digits_and_huge_ones_are_not_there(place: Place) {
    let service = place.start();
    service.create(&image("a")).await;
    for (method, path, status) in [
        ("GET", "/images/1", 200),
        ("GET", "/images/007", 404),
        ("GET", "/images/001", 200),
        ("GET", "/images/9223372036854775808", 404),
        ("DELETE", "/images/99999999999999999999999", 404),
        ("GET", "/images/abc", 404),
        ("POST", "/images/abc", 404),
        ("OPTIONS", "/images/-1", 404),
        ("GET", "/images/%D9%A1", 404),
        ("GET", "/images/%2B1", 404),
        ("GET", "/images/1/", 404),
        ("POST", "/images/1", 405),
        ("OPTIONS", "/images/1", 200),
        ("DELETE", "/images/all", 405),
        ("HEAD", "/images/1", 200),
        ("DELETE", "/images/1", 200),
        ("DELETE", "/images/1", 404),
    ] {
        assert_eq!(service.ask(method, path, None).await.status, status, "{method} {path}");
    }
    assert_eq!(service.get("/images/1").await.body["error"], "Image not found");
}

async fn known_images_are_compared_exactly(place: Place) {
    let service = place.start();
    let rows = [service.create(&image("idA")).await, service.create(&image("ida")).await];
    let known = service.post("/images/known", &json!({"google_drive_ids": ["idA", "IDA", "x"]})).await;
    assert_eq!((known.status, &known.body["images"]), (200, &json!([rows[0]])));
    let none = service.post("/images/known", &json!({"google_drive_ids": []})).await;
    assert_eq!((none.status, none.body), (200, json!({"images": []})));
    let most: Vec<_> = (0..1000).map(|n| format!("id{n}")).chain(["ida".to_owned()]).collect();
    let known = service.post("/images/known", &json!({"google_drive_ids": most[1..]})).await;
    assert_eq!(known.body["images"], json!([rows[1]]));
    assert_eq!(service.post("/images/known", &json!({"google_drive_ids": most})).await.status, 400);
    assert_eq!(service.post("/images/known", &json!({"google_drive_ids": [1]})).await.status, 400);
}
