//! Pages far down have the rows of a plain OFFSET.

use crate::{
    gallery::{ids, walk},
    harness::{Place, on_both_engines},
    tracking::{insert, number, row, settled},
};

on_both_engines!(far_pages_have_the_rows_of_a_plain_offset, rows_with_equal_keys_are_walked_whole);

async fn far_pages_have_the_rows_of_a_plain_offset(place: Place) {
    let service = place.start();
    service.get("/stats").await;
    let rows: Vec<_> = (0..3000_u32)
        .map(|n| {
            // ties, days and minutes of very different sizes, rows without a time
            let hash = n.wrapping_mul(2_654_435_761) >> 7;
            let time = match hash % 10 {
                0 => None,
                1..=4 => Some("2026-11-23 01:58:12".to_owned()),
                5 => Some(format!("2026-11-23 01:58:{:02}", hash % 60)),
                _ => Some(format!("2026-{:02}-01 {:02}:{:02}:07", hash % 12 + 1, hash % 24, hash % 59)),
            };
            row(
                &format!("r{n}"),
                n,
                ["image/jpeg", "image/png"][(n % 2) as usize],
                if hash % 3 == 0 { "gcp" } else { "aws" },
                time.as_deref(),
            )
        })
        .collect();
    insert(&place, &rows).await;
    settled(&place).await;
    place.execute("DELETE FROM images WHERE size % 17 = 3").await;
    for (query, condition) in [
        ("", "1 = 1"),
        ("storage_provider=aws", "storage_provider = 'aws'"),
        ("storage_provider=gcp", "storage_provider = 'gcp'"),
        ("mime_type=image/png", "mime_type = 'image/png'"),
        ("mime_type=image/png&storage_provider=aws", "mime_type = 'image/png' AND storage_provider = 'aws'"),
    ] {
        let expected = place
            .numbers(&format!("SELECT id FROM images WHERE {condition} ORDER BY created_at DESC, id DESC"))
            .await;
        for per_page in [1, 7, 250, 900] {
            let pages = expected.len().div_ceil(per_page) + 1;
            let step = if per_page < 100 { 97 } else { 1 };
            for page in (1..=pages).step_by(step) {
                let path = format!("/images?page={page}&per_page={per_page}&{query}");
                let body = service.get(&path).await.body;
                let found: Vec<_> =
                    body["images"].as_array().unwrap().iter().map(|row| number(&row["id"])).collect();
                let plain = expected.chunks(per_page).nth(page - 1).unwrap_or_default();
                assert_eq!(found, plain, "{path}");
            }
        }
    }
}

async fn rows_with_equal_keys_are_walked_whole(place: Place) {
    let service = place.start();
    service.get("/stats").await;
    // three times, three names, two sizes
    let rows: Vec<_> = (0..1200_u32)
        .map(|n| {
            let time = (n % 3 > 0).then(|| format!("2026-11-23 01:58:0{}", n % 3));
            let id = format!("r{n}");
            let row = row(&id, n % 2, "image/jpeg", "aws", time.as_deref());
            row.replacen(
                &format!("'{id}.jpg'"),
                &format!("'{}.jpg'", ["a", "B", "c"][(n / 7 % 3) as usize]),
                1,
            )
        })
        .collect();
    insert(&place, &rows).await;
    let name = if place.is_mysql() { "name" } else { "name COLLATE NOCASE" };
    for (query, order) in [
        ("", "created_at DESC, id DESC".to_owned()),
        ("order=asc", "created_at, id".to_owned()),
        ("sort=name", format!("{name}, id")),
        ("sort=name&order=desc", format!("{name} DESC, id DESC")),
        ("sort=size", "size DESC, id DESC".to_owned()),
        ("sort=size&order=asc", "size, id".to_owned()),
    ] {
        let expected = place.numbers(&format!("SELECT id FROM images ORDER BY {order}")).await;
        assert_eq!(walk(&service, query, 113).await, expected, "{query}");
        // from 1,000 rows on, the rows themselves are only read for the page
        for page in [10, 11, 12, 13] {
            let body = service.get(&format!("/images?{query}&per_page=100&page={page}")).await.body;
            assert_eq!(ids(&body), expected.chunks(100).nth(page - 1).unwrap_or_default(), "{query} {page}");
        }
    }
}
