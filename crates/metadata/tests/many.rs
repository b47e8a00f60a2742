//! Many rows that are dropped at once, and what images say of themselves.

use serde_json::json;

use crate::{
    gallery::{fill, ready},
    harness::{Answer, Place, image, on_both_engines, with},
};

on_both_engines!(
    many_rows_go_at_once,
    what_cannot_be_deleted_is_named,
    a_failure_half_way_says_what_is_gone,
    images_say_where_they_are_shown,
    an_object_in_another_bucket_is_not_shown_through_us,
    a_shared_row_knows_the_pixels_of_its_bytes,
);

const UUID: &str = "0123abcd-89ab-4def-8123-456789abcdef";

async fn many_rows_go_at_once(place: Place) {
    let service = place.start();
    ready(&service).await;
    fill(&place, 1, 250).await;
    let asked: Vec<_> = (100..=340).rev().collect();
    let answer = service.post("/images/delete", &json!({"ids": asked})).await;
    assert_eq!((answer.status, &answer.body["message"]), (200, &json!("151 images deleted")));
    assert_eq!(answer.body["deleted"], json!((100..=250).rev().collect::<Vec<_>>()));
    assert_eq!(answer.body["not_found"], json!((251..=340).rev().collect::<Vec<_>>()));
    assert_eq!(place.number("SELECT COUNT(*) FROM images").await, 99);
    assert_eq!(place.number("SELECT COUNT(*) FROM released_objects").await, 151);
    let again = service.post("/images/delete", &json!({"ids": [100, 1], "keep_object": true})).await;
    assert_eq!((&again.body["message"], &again.body["deleted"]), (&json!("1 image deleted"), &json!([1])));
    assert_eq!(place.number("SELECT COUNT(*) FROM released_objects").await, 151, "kept");
}

async fn what_cannot_be_deleted_is_named(place: Place) {
    let service = place.start();
    ready(&service).await;
    fill(&place, 1, 3).await;
    for (body, word) in [
        (json!({}), "`ids`"),
        (json!([1]), "`ids`"),
        (json!({"ids": "1"}), "`ids`"),
        (json!({"ids": []}), "0 entries"),
        (json!({"ids": (0..1001).collect::<Vec<_>>()}), "1001 entries"),
        (json!({"ids": [1, "2"]}), "`ids[1]`"),
        (json!({"ids": [1.5]}), "`ids[0]`"),
        (json!({"ids": [1, 2, 1]}), "`ids[2]`"),
        (json!({"ids": [1], "keep_object": "yes"}), "`keep_object`"),
    ] {
        let Answer { status, body: answer } = service.post("/images/delete", &body).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["error"].as_str().unwrap().contains(word), "{body}: {answer}");
    }
    assert_eq!(place.number("SELECT COUNT(*) FROM images").await, 3);
    let far = json!({"ids": [-1, 0, 9_223_372_036_854_775_807_i64, 18_446_744_073_709_551_615_u64]});
    let answer = service.post("/images/delete", &far).await;
    assert_eq!((answer.status, &answer.body["not_found"]), (200, &far["ids"]));
}

async fn a_failure_half_way_says_what_is_gone(place: Place) {
    let service = place.start();
    ready(&service).await;
    fill(&place, 1, 250).await;
    let refuse = if place.is_mysql() {
        "CREATE TRIGGER refuse BEFORE DELETE ON images FOR EACH ROW SET @x = \
         IF(OLD.id = 150, (SELECT 1 UNION SELECT 2), 0)"
    } else {
        "CREATE TRIGGER refuse BEFORE DELETE ON images WHEN OLD.id = 150 BEGIN SELECT RAISE(ABORT, 'no'); END"
    };
    place.execute(refuse).await;
    let asked: Vec<_> = (1..=250).collect();
    let answer = service.post("/images/delete", &json!({"ids": asked})).await;
    assert_eq!((answer.status, &answer.body["deleted"]), (500, &json!(asked[..100])));
    assert_eq!(place.number("SELECT COUNT(*) FROM images").await, 150);
    place.execute("DROP TRIGGER refuse").await;
    let answer = service.post("/images/delete", &json!({"ids": asked})).await;
    assert_eq!(answer.body["deleted"], json!(asked[100..]));
}

async fn images_say_where_they_are_shown(place: Place) {
    let service = place.start();
    let path = format!("https://b.example/{UUID}_a%20b.jpg");
    let row = with(with(image("id 1"), "storage_path", path.clone()), "md5", "0".repeat(32));
    let created = service.create(&row).await;
    let content = format!("/api/objects/{UUID}_a%20b.jpg");
    assert_eq!(created["content_url"], content);
    assert_eq!(created["thumbnail_url"], format!("{content}/thumbnail"));
    assert_eq!(created["drive_url"], "https://drive.google.com/file/d/id%201/view");
    let known = service.post("/images", &row).await;
    assert_eq!((known.status, &known.body["image"]), (409, &created));
    assert_eq!(service.get("/images/1").await.body, created);
    for list in ["/images", "/images/all", "/images?q=ID"] {
        assert_eq!(service.get(list).await.body["images"], json!([created]), "{list}");
    }
    // as the original stored it, and one that is no object of anybody's making
    let raw = with(image("raw"), "storage_path", format!("https://b.example/{UUID}_a%20b/c.jpg"));
    assert_eq!(service.create(&raw).await["content_url"], format!("/api/objects/{UUID}_a%2520b%2Fc.jpg"));
    let other = service.create(&image("other")).await;
    assert!(other.get("content_url").is_none() && other.get("thumbnail_url").is_none());
    assert_eq!(other["drive_url"], "https://drive.google.com/file/d/other/view");
}

async fn a_shared_row_knows_the_pixels_of_its_bytes(place: Place) {
    let service = place.start();
    let sha256 = "a".repeat(64);
    let mut first = with(with(image("one"), "md5", "0".repeat(32)), "source_md5", "0".repeat(32));
    for (field, value) in [
        ("sha256", json!(sha256)),
        ("width", json!(40)),
        ("height", json!(30)),
        ("content_type", json!("image/png")),
    ] {
        first = with(first, field, value);
    }
    service.create(&first).await;
    let mut second = with(image("two"), "share", json!({"sha256": sha256, "size": 100}));
    second["storage_path"] = json!("");
    let shared = service.create(&second).await;
    assert_eq!(
        (&shared["width"], &shared["height"], &shared["content_type"]),
        (&json!(40), &json!(30), &json!("image/png"))
    );
}

/// A storage service whose bucket is at `https://ours/`.
async fn storage() -> url::Url {
    async fn resolve(body: axum::body::Bytes) -> String {
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let named = |path: &serde_json::Value| {
            let is_ours = path.as_str().unwrap().starts_with("https://ours/");
            json!({"keys": if is_ours { vec!["key"] } else { vec![] }})
        };
        let objects: Vec<_> = body["storage_paths"].as_array().unwrap().iter().map(named).collect();
        json!({"objects": objects}).to_string()
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let router = axum::Router::new().route("/objects/resolve", axum::routing::post(resolve));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn an_object_in_another_bucket_is_not_shown_through_us(place: Place) {
    let config = metadata::Config { storage_url: storage().await, ..place.config() };
    let service = crate::harness::Service::start(config);
    ready(&service).await;
    for place in ["ours", "theirs"] {
        service.create(&with(image(place), "storage_path", format!("https://{place}/{UUID}_a.jpg"))).await;
    }
    let shown = crate::harness::wait_for("the answer of the storage service", || async {
        let images = service.get("/images?sort=name").await.body["images"].clone();
        images[1].get("content_url").is_none().then_some(images)
    })
    .await;
    assert_eq!(shown[0]["content_url"], format!("/api/objects/{UUID}_a.jpg"));
    assert!(shown[1].get("thumbnail_url").is_none() && shown[1]["drive_url"].is_string());
}
