//! Images that are created at the same moment: each gets the answer that it would get alone.

use serde_json::{Value, json};

use crate::harness::{Answer, Place, Service, image, on_both_engines, with};

on_both_engines!(each_of_many_gets_its_own_answer, whatever_a_row_holds_comes_back_as_it_was_sent,);

async fn create_all(service: &Service, bodies: &[Value]) -> Vec<Answer> {
    futures::future::join_all(bodies.iter().map(|body| service.post("/images", body))).await
}

async fn each_of_many_gets_its_own_answer(place: Place) {
    let service = place.start();
    let known = service.create(&image("known")).await;
    let object = json!({"storage_path": "https://b/released", "storage_provider": "aws"});
    assert_eq!(service.post("/objects/release", &object).await.body["released"], true);
    let mut bodies: Vec<_> = (0..40).map(|n| image(&format!("new{n}"))).collect();
    bodies.extend([
        image("known"),
        image("released"),
        image("twice"),
        with(image("twice"), "storage_path", "https://b/again"),
        with(image("known"), "storage_path", "https://b/released"),
        with(image("new41"), "storage_path", "https://b/new3"),
        with(image("known"), "replaces", "https://b/other"),
        with(image("nobody"), "share", json!({"sha256": "a".repeat(64), "size": 1})),
        with(with(image("gone"), "replaces", "https://b/x"), "only_known", true),
        with(image("bad"), "size", "many"),
    ]);
    let answers = create_all(&service, &bodies).await;
    for (body, answer) in bodies[..40].iter().zip(&answers) {
        assert_eq!(answer.status, 201, "{body}: {}", answer.body);
        for field in ["google_drive_id", "name", "size", "mime_type", "storage_path", "storage_provider"] {
            assert_eq!(answer.body[field], body[field]);
        }
        let row = service.get(&format!("/images/{}", answer.body["id"])).await.body;
        assert_eq!(row, answer.body);
    }
    let [of_known, released, one, other, known_and_released, same_path, late, nothing, gone, bad] =
        &answers[40..]
    else {
        panic!("one answer for each")
    };
    assert_eq!((of_known.status, &of_known.body["image"]), (409, &known));
    assert_eq!((released.status, &released.body["code"]), (409, &json!("object-released")));
    let (first, second) = if one.status == 201 { (one, other) } else { (other, one) };
    assert_eq!((first.status, second.status), (201, 409));
    assert_eq!(second.body["image"], first.body);
    assert_eq!((known_and_released.status, &known_and_released.body["image"]), (409, &known));
    assert_eq!((same_path.status, late.status, nothing.status, gone.status), (201, 409, 404, 404));
    assert_eq!(bad.status, 400);
    // all new ones, the known one, one of two, the one with another's path
    assert_eq!(service.get("/images").await.body["total"], 43);
}

async fn whatever_a_row_holds_comes_back_as_it_was_sent(place: Place) {
    let service = place.start();
    let names = [
        "",
        "\u{0}",
        "a\u{0}b.jpg",
        "\u{1}\u{8}\u{b}\u{1f}\u{7f}\t\n\r",
        "\"quoted\\\" 'and' `so`",
        "\\u0000 \\n {\"a\": [1]}",
        "\u{e9}\u{2028}\u{fffd}\u{10ffff}\u{1f5bc}",
        "null",
        "12",
        "1e3",
        "0x10",
        "-0.0",
        " ",
    ];
    let sizes = [0, -1, 7, i64::MAX, i64::MIN, 1 << 53, (1 << 53) + 1, i64::from(u32::MAX)];
    let with_name = names.iter().enumerate().map(|(n, name)| with(image(&format!("n{n}")), "name", *name));
    let with_size = sizes.iter().enumerate().map(|(n, size)| with(image(&format!("s{n}")), "size", *size));
    let mut bodies: Vec<_> = with_name.chain(with_size).collect();
    bodies.push(with(image("12"), "mime_type", "7"));
    bodies.push(with(with(image("pixels"), "width", u32::MAX), "height", 0));
    bodies.push(with(image("path"), "storage_path", "https://b/\"\\\u{e9}\u{1}"));
    let answers = create_all(&service, &bodies).await;
    for (body, answer) in bodies.iter().zip(answers) {
        assert_eq!(answer.status, 201, "{body}: {}", answer.body);
        let read = service.get(&format!("/images/{}", answer.body["id"])).await.body;
        assert_eq!(read, answer.body);
        for (field, sent) in body.as_object().unwrap() {
            assert_eq!(&read[field], sent, "{field}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_and_times_grow_with_every_row() {
    let place = Place::sqlite();
    let service = place.start();
    for round in 0..3 {
        let bodies: Vec<_> = (0..30).map(|n| image(&format!("{round}-{n}"))).collect();
        let answers = create_all(&service, &bodies).await;
        assert!(answers.iter().all(|answer| answer.status == 201));
    }
    let list = service.get("/images?per_page=100").await.body;
    let ids: Vec<_> =
        list["images"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (1..=90).rev().collect::<Vec<_>>(), "newest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_file_refuses_spoils_no_other() {
    let place = Place::sqlite();
    let service = place.start();
    service.get("/stats").await;
    place
        .execute(
            "CREATE TRIGGER theirs BEFORE INSERT ON images WHEN NEW.name = 'bad.jpg' \
             BEGIN SELECT RAISE(ABORT, 'not here'); END",
        )
        .await;
    let mut bodies: Vec<_> = (0..20).map(|n| image(&format!("good{n}"))).collect();
    bodies.insert(10, image("bad"));
    let answers = create_all(&service, &bodies).await;
    for (body, answer) in bodies.iter().zip(&answers) {
        assert_eq!(answer.status, if body["name"] == "bad.jpg" { 500 } else { 201 }, "{}", answer.body);
    }
    assert_eq!(service.get("/stats").await.body["total_images"], 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_answered_is_in_the_file() {
    let place = Place::sqlite();
    let service = place.start();
    let bodies: Vec<_> = (0..50).map(|n| image(&format!("i{n}"))).collect();
    let answers = create_all(&service, &bodies).await;
    assert!(answers.iter().all(|answer| answer.status == 201));
    // as another process sees it
    assert_eq!(place.number("SELECT COUNT(*) FROM images").await, 50);
}
