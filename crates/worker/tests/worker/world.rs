//! Stand-ins for storage, metadata and import: what they hold, and what is wrong with them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{post, put},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http_body_util::BodyExt;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use service::extract::{Path, Query};

/// Everything behind the worker.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// URL → bytes.
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    /// Drive id → row.
    pub(crate) rows: BTreeMap<String, Value>,
    /// URLs that may not be named again.
    pub(crate) released: BTreeSet<String>,
    /// What the import service was told.
    pub(crate) updates: Vec<Value>,
    /// Objects that were written, bodies that broke off included.
    pub(crate) puts: usize,
    /// Storage and metadata know only what the original's know.
    pub(crate) is_original: bool,
    /// Statuses with which the next calls fail, by service.
    pub(crate) failures: BTreeMap<&'static str, VecDeque<u16>>,
    /// The import service does not take anything.
    pub(crate) import_is_down: bool,
    /// Rows are written, but the answers are lost.
    pub(crate) lost_answers: usize,
    /// The next failure of metadata comes with its second call.
    pub(crate) metadata_spares_the_first: bool,
    /// What goes no further before it is woken: `storage` with an object written, `row` before it is written, `metadata`
    /// with the row written; `late row` stays on its way until something is released, and nobody hears of it.
    pub(crate) asleep: Option<&'static str>,
    /// Rows that arrive with the next release.
    late: Vec<Value>,
    /// Calls that wait for it.
    pub(crate) sleepers: usize,
    next_row: i64,
}

pub(crate) type Shared = Arc<Mutex<World>>;

pub(crate) fn router(world: Shared) -> Router {
    Router::new()
        .route("/objects/{uuid}", put(put_object))
        .route("/objects/locate", post(locate_object))
        .route("/upload", post(upload))
        .route("/delete", post(delete))
        .route("/images", post(create_image))
        .route("/images/known", post(known_images))
        .route("/objects/release", post(release_object))
        .route("/import/update-status", post(update_status))
        .with_state(world)
}

fn failure(world: &Shared, service: &'static str) -> Option<Response> {
    let mut world = world.lock().unwrap();
    if service == "metadata" && std::mem::take(&mut world.metadata_spares_the_first) {
        return None;
    }
    let status = world.failures.get_mut(service)?.pop_front()?;
    let status = StatusCode::from_u16(status).unwrap();
    Some((status, r#"{"error":"out of order"}"#).into_response())
}

fn is_original(world: &Shared) -> bool {
    world.lock().unwrap().is_original
}

fn json_answer(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

async fn put_object(
    State(world): State<Shared>,
    Path(uuid): Path<String>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if is_original(&world) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(failure) = failure(&world, "storage") {
        return failure;
    }
    world.lock().unwrap().puts += 1;
    let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return json_answer(400, &json!({"error": "cut", "code": "length-mismatch"}));
    };
    let digest = Md5::digest(&bytes);
    let due = headers.get("content-md5").map(|due| due.to_str().unwrap().to_owned());
    if due.is_some_and(|due| due != STANDARD.encode(digest)) {
        return json_answer(422, &json!({"error": "other bytes", "code": "checksum-mismatch"}));
    }
    let key = format!("{uuid}_{}", query.get("filename").unwrap());
    let url = format!("https://bucket.example/{key}");
    let stored = json!({"success": true, "provider": query.get("provider"), "url": url, "key": key,
        "size": bytes.len(), "md5": hex::encode(digest), "content_type": "image/webp", "width": 40, "height": 30});
    world.lock().unwrap().objects.insert(url, bytes.to_vec());
    sleep(&world, "storage").await;
    json_answer(200, &stored)
}

async fn locate_object(State(world): State<Shared>, body: Bytes) -> Response {
    if is_original(&world) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let key = format!("{}_{}", body["uuid"].as_str().unwrap(), body["filename"].as_str().unwrap());
    json_answer(200, &json!({"url": format!("https://bucket.example/{key}"), "key": key}))
}

async fn upload(State(world): State<Shared>, body: Bytes) -> Response {
    if let Some(failure) = failure(&world, "storage") {
        return failure;
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let bytes = STANDARD.decode(body["file_data"].as_str().unwrap()).unwrap();
    let url = {
        let mut world = world.lock().unwrap();
        world.puts += 1;
        let given = body["uuid"].as_str().filter(|_| !world.is_original);
        let key = given.map_or_else(|| world.puts.to_string(), str::to_owned);
        let url = format!("https://bucket.example/{key}_{}", body["filename"].as_str().unwrap());
        world.objects.insert(url.clone(), bytes);
        url
    };
    sleep(&world, "storage").await;
    json_answer(200, &json!({"provider": "aws", "success": true, "url": url}))
}

async fn delete(State(world): State<Shared>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    world.lock().unwrap().objects.remove(body["file_path"].as_str().unwrap());
    json_answer(200, &json!({"success": true}))
}

async fn known_images(State(world): State<Shared>, body: Bytes) -> Response {
    if is_original(&world) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(failure) = failure(&world, "metadata") {
        return failure;
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let world = world.lock().unwrap();
    let ids = body["google_drive_ids"].as_array().unwrap();
    let images: Vec<_> = ids.iter().filter_map(|id| world.rows.get(id.as_str().unwrap())).collect();
    json_answer(200, &json!({"images": images}))
}

async fn create_image(State(world): State<Shared>, body: Bytes) -> Response {
    if let Some(failure) = failure(&world, "metadata") {
        return failure;
    }
    let image: Value = serde_json::from_slice(&body).unwrap();
    if world.lock().unwrap().asleep == Some("late row") {
        {
            let mut world = world.lock().unwrap();
            world.late.push(image);
            world.sleepers += 1;
        }
        return std::future::pending().await;
    }
    sleep(&world, "row").await;
    let answer = {
        let mut world = world.lock().unwrap();
        let answer = world.create(image);
        if world.lost_answers == 0 {
            answer
        } else {
            world.lost_answers -= 1;
            json_answer(500, &json!({"error": "lost"}))
        }
    };
    sleep(&world, "metadata").await;
    answer
}

async fn sleep(world: &Shared, service: &'static str) {
    if world.lock().unwrap().asleep != Some(service) {
        return;
    }
    world.lock().unwrap().sleepers += 1;
    while world.lock().unwrap().asleep == Some(service) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.lock().unwrap().sleepers -= 1;
}

async fn release_object(State(world): State<Shared>, body: Bytes) -> Response {
    if is_original(&world) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let path = body["storage_path"].as_str().unwrap();
    let mut world = world.lock().unwrap();
    for image in std::mem::take(&mut world.late) {
        world.create(image);
    }
    let is_named = world.rows.values().any(|row| row["storage_path"] == path);
    if !is_named {
        world.objects.remove(path);
        world.released.insert(path.to_owned());
    }
    json_answer(200, &json!({"success": true, "released": !is_named}))
}

async fn update_status(State(world): State<Shared>, body: Bytes) -> Response {
    let mut world = world.lock().unwrap();
    if world.import_is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    world.updates.push(serde_json::from_slice(&body).unwrap());
    json_answer(200, &json!({"success": true}))
}

impl World {
    fn create(&mut self, mut image: Value) -> Response {
        let id = image["google_drive_id"].as_str().unwrap().to_owned();
        let replaces = image.as_object_mut().unwrap().remove("replaces");
        let only_known = image.as_object_mut().unwrap().remove("only_known");
        if let Some(row) = self.rows.get(&id) {
            if replaces.is_none_or(|old| old != row["storage_path"]) {
                return json_answer(409, &json!({"error": "Image already exists", "image": row}));
            }
            image["id"] = row["id"].clone();
            image["created_at"] = row["created_at"].clone();
            let old = row["storage_path"].as_str().unwrap().to_owned();
            self.objects.remove(&old);
            self.rows.insert(id, image.clone());
            return json_answer(200, &image);
        }
        if only_known.is_some() {
            return json_answer(404, &json!({"error": "The image is gone.", "code": "image-gone"}));
        }
        if let Some(share) = image.as_object_mut().unwrap().remove("share") {
            let twin = self.rows.values().find(|row| row["sha256"] == share["sha256"]);
            let Some(twin) = twin else { return json_answer(404, &json!({"error": "nothing"})) };
            image["storage_path"] = twin["storage_path"].clone();
        }
        if self.released.contains(image["storage_path"].as_str().unwrap()) {
            return json_answer(409, &json!({"error": "gone", "code": "object-released"}));
        }
        self.next_row += 1;
        image["id"] = self.next_row.into();
        image["created_at"] = "2026-01-01T00:00:00".into();
        self.rows.insert(id, image.clone());
        json_answer(201, &image)
    }

    /// Outcomes by file, from all updates.
    pub(crate) fn outcomes(&self) -> BTreeMap<String, Value> {
        let results = self.updates.iter().filter_map(|update| update["results"].as_array()).flatten();
        results.map(|end| (end["file_id"].as_str().unwrap().to_owned(), end.clone())).collect()
    }

    /// Every object has a row, and every row an object.
    pub(crate) fn assert_no_orphans(&self) {
        assert_eq!(self.named(), self.stored());
    }

    /// The objects that rows name.
    pub(crate) fn named(&self) -> BTreeSet<&str> {
        self.rows.values().filter_map(|row| row["storage_path"].as_str()).collect()
    }

    /// The objects that there are.
    pub(crate) fn stored(&self) -> BTreeSet<&str> {
        self.objects.keys().map(String::as_str).collect()
    }
}
