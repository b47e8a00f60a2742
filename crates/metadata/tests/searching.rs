//! `q`: parts of names.

use serde_json::json;

use crate::{
    gallery::{fill, ids, walk},
    harness::{Place, Service, image, on_both_engines, wait_for, with},
};

on_both_engines!(
    parts_of_names_are_found_in_any_script,
    a_search_agrees_with_the_list_through_blocks,
    a_renamed_row_is_found_by_its_new_name_only,
);

const NAMES: [&str; 12] = [
    "IMG_0001.JPG",
    "100%_sure.png",
    "it's \"quoted\"\\.gif",
    "Stra\u{df}e.jpg",
    "cafe\u{301}.jpg",
    "\u{5199}\u{771f}\u{96c6}.jpg",
    "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}.png",
    "\u{1f600} party.jpg",
    "\u{5ea}\u{5de}\u{5d5}\u{5e0}\u{5d4}.png",
    "\u{ff21}\u{ff22}\u{ff23}.jpg",
    "\u{e01}\u{e32}\u{e23}.jpg",
    "imgx0001.jpg",
];

/// Which names each part finds, by their places above; none where it is looked for in all others too.
const FINDS: [(&str, &[usize]); 21] = [
    ("img_", &[0]),
    ("0001", &[0, 11]),
    ("%", &[1]),
    ("%25", &[]),
    ("_s", &[1]),
    ("'s \"q", &[2]),
    ("\\", &[2]),
    ("STRASSE", &[3]),
    ("caf\u{e9}", &[4]),
    ("CAFE\u{301}", &[4]),
    ("\u{771f}", &[5]),
    ("\u{5199}\u{771f}", &[5]),
    ("\u{440}\u{418}\u{432}", &[6]),
    ("\u{1f600}", &[7]),
    ("\u{5d5}\u{5e0}", &[8]),
    ("abc", &[9]),
    ("\u{e32}", &[10]),
    ("x", &[11]),
    ("  party ", &[7]),
    ("zzz", &[]),
    ("' OR 1=1 --", &[]),
];

async fn find(service: &Service, part: &str, more: &str) -> Vec<i64> {
    let q: String = url::form_urlencoded::byte_serialize(part.as_bytes()).collect();
    walk(service, &format!("q={q}{more}"), 5).await
}

/// Waits until all names are in blocks and nothing is left to fold.
async fn settled(place: &Place) {
    wait_for("blocks", || async {
        let left = place.number("SELECT COUNT(*) FROM image_changes").await;
        let ready = "SELECT COUNT(*) FROM image_index_state WHERE value = 'ready'";
        (left == 0 && place.number(ready).await == 1).then_some(())
    })
    .await;
}

async fn parts_of_names_are_found_in_any_script(place: Place) {
    let service = place.start();
    for (number, name) in NAMES.iter().enumerate() {
        service.create(&with(image(&format!("s{number}")), "name", *name)).await;
    }
    // as soon as they are there, and again from the blocks
    for round in 0..2 {
        for (part, places) in FINDS {
            let mut expected: Vec<_> =
                places.iter().map(|place| i64::try_from(*place).unwrap() + 1).collect();
            for more in ["", "&sort=name", "&sort=size", "&order=asc", "&mime_type=image/jpeg"] {
                let mut found = find(&service, part, more).await;
                found.sort_unstable();
                expected.sort_unstable();
                assert_eq!(found, expected, "{part:?}{more} in round {round}");
            }
        }
        settled(&place).await;
    }
}

async fn a_search_agrees_with_the_list_through_blocks(place: Place) {
    let service = place.start();
    service.get("/stats").await;
    fill(&place, 1, 4000).await;
    settled(&place).await;
    // some have changed since
    fill(&place, 4001, 40).await;
    place.execute("DELETE FROM images WHERE id IN (7, 1500)").await;
    let all = service.get("/images/all").await.body["images"].as_array().unwrap().clone();
    for (query, part, kind) in [
        ("q=a", "a", None),
        ("q=A1", "a1", None),
        ("q=1.J", "1.j", None),
        ("q=A1&mime_type=image/png", "a1", Some("image/png")),
    ] {
        let takes = |row: &&serde_json::Value| {
            row["name"].as_str().unwrap().to_lowercase().contains(part)
                && kind.is_none_or(|kind| row["mime_type"] == kind)
        };
        let expected: Vec<_> = all.iter().filter(takes).map(|row| row["id"].as_i64().unwrap()).collect();
        assert!(expected.len() > 50, "{query}");
        assert_eq!(walk(&service, query, 150).await, expected, "{query}");
        let reversed: Vec<_> = expected.iter().rev().copied().collect();
        assert_eq!(walk(&service, &format!("{query}&order=asc"), 150).await, reversed, "{query}");
        let page = service.get(&format!("/images?{query}&per_page=10&page=4")).await.body;
        assert_eq!(ids(&page), expected[30..40], "{query}");
    }
}

async fn a_renamed_row_is_found_by_its_new_name_only(place: Place) {
    let service = place.start();
    service.create(&with(image("a"), "name", "before.jpg")).await;
    settled(&place).await;
    place.execute("UPDATE images SET name = 'after.jpg' WHERE id = 1").await;
    for _ in 0..2 {
        assert_eq!(find(&service, "before", "").await, [0_i64; 0]);
        assert_eq!(find(&service, "after", "").await, [1]);
        settled(&place).await;
    }
    service.post("/images/delete", &json!({"ids": [1]})).await;
    assert_eq!(find(&service, "after", "").await, [0_i64; 0]);
}
