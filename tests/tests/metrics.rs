//! `/metrics` of all five services after an import, and what is built upon it: the dashboard, the alert rules and the
//! documentation name what is counted, and nothing else.

mod asked;
mod documents;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};
use service::metrics::catalogue;
use tests::{Stack, drive, stack::SERVICES, wait_for};

const DEPLOY: &str = "crates/gateway/deploy";

/// The lines of `/metrics` of one service: what is before the number, and the number.
async fn numbers(stack: &Stack, service: &str) -> BTreeMap<String, f64> {
    let url = format!("{}/metrics", stack.url(service));
    let text = stack.http.get(url).send().await.expect("an answer").text().await.expect("a text");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a name and a number");
            (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("a number: {line}")))
        })
        .collect()
}

fn library() -> Value {
    let image = |id: &str, bytes: u64| json!({"id": id, "name": format!("{id}.jpg"), "mimeType": "image/jpeg", "size": "auto", "bytes": bytes});
    json!({"folders": {"album": [image("a", 2000), image("b", 3000), image("secret-name", 4000)]}})
}

#[tokio::test]
async fn after_an_import_the_numbers_of_all_services_are_right() {
    let stack = Stack::with(drive::serving(&library())).start().await;
    stack.all_ready().await;
    stack.drive.fail(&json!({"kind": "downloadQuotaExceeded", "on": "media", "file": "secret-name"}));
    let job = stack.start_job("album").await;
    stack.finished(&job).await;
    // two are known from here on, and import alone sees to them
    stack.drive.heal();
    let again = stack.start_job("album").await;
    stack.finished(&again).await;
    let imported = "image_import_images_total{service=\"worker-service\",outcome=\"imported\",reason=\"\"}";
    // a job ends with the report, and the report is counted when its answer has come
    let look = || numbers(&stack, "worker");
    // the queue is asked in the background
    let queue = ["ready", "leased", "ended"]
        .map(|state| format!("image_import_queue_tasks{{service=\"worker-service\",state=\"{state}\"}}"));
    let is_counted = |seen: &BTreeMap<String, f64>| {
        seen.get(imported) == Some(&3.0) && queue.iter().all(|state| seen.get(state) == Some(&0.0))
    };
    let worker =
        wait_for("the last report is counted", std::time::Duration::from_secs(30), look, is_counted).await;

    let expected = [
        (imported, 3.0),
        (
            "image_import_images_total{service=\"worker-service\",outcome=\"failed\",reason=\"download-quota-exceeded\"}",
            1.0,
        ),
        ("image_import_image_bytes_total{service=\"worker-service\"}", 9000.0),
        ("image_import_drive_calls_total{service=\"worker-service\",call=\"download\",result=\"ok\"}", 3.0),
        (
            "image_import_drive_calls_total{service=\"worker-service\",call=\"download\",result=\"download-quota-exceeded\"}",
            1.0,
        ),
        ("image_import_drive_units_total{service=\"worker-service\",call=\"download\"}", 800.0),
        ("image_import_drive_pacer_units_per_second{service=\"worker-service\"}", f64::INFINITY),
        ("image_import_drive_paused_seconds{service=\"worker-service\"}", 0.0),
        ("image_import_queue_tasks{service=\"worker-service\",state=\"ready\"}", 0.0),
        ("image_import_queue_tasks{service=\"worker-service\",state=\"leased\"}", 0.0),
        ("image_import_queue_oldest_seconds{service=\"worker-service\"}", 0.0),
        ("image_import_pool_in_use{service=\"worker-service\",pool=\"image-slots\"}", 0.0),
    ];
    for (name, value) in expected {
        assert_eq!(worker.get(name), Some(&value), "{name} in {worker:#?}");
    }
    let storage = numbers(&stack, "storage").await;
    for (name, value) in [
        ("image_import_stored_objects_total{service=\"storage-service\"}", 3.0),
        ("image_import_stored_bytes_total{service=\"storage-service\"}", 9000.0),
        ("image_import_pool_in_use{service=\"storage-service\",pool=\"upload-memory\"}", 0.0),
        (
            "image_import_http_requests_total{service=\"storage-service\",route=\"/objects/{key}\",method=\"PUT\",status=\"200\"}",
            3.0,
        ),
    ] {
        assert_eq!(storage.get(name), Some(&value), "{name} in {storage:#?}");
    }
    let metadata = numbers(&stack, "metadata").await;
    let rows = "image_import_http_requests_total{service=\"metadata-service\",route=\"/images\",method=\"POST\",status=\"201\"}";
    assert_eq!(metadata.get(rows), Some(&3.0), "{metadata:#?}");
    assert!(metadata["image_import_pool_capacity{service=\"metadata-service\",pool=\"database\"}"] >= 8.0);
    let import = numbers(&stack, "import").await;
    let lists = "image_import_drive_units_total{service=\"import-service\",call=\"list\"}";
    assert_eq!(import.get(lists), Some(&200.0), "two folders of one page: {import:#?}");
    let known = "image_import_images_total{service=\"import-service\",outcome=\"known\",reason=\"\"}";
    assert_eq!(import.get(known), Some(&2.0), "{import:#?}");
    let gateway = numbers(&stack, "gateway").await;
    let starts = "image_import_http_requests_total{service=\"api-gateway\",route=\"/api/import/google-drive\",method=\"POST\",status=\"202\"}";
    assert_eq!(gateway.get(starts), Some(&2.0), "{gateway:#?}");
    let timed = "image_import_http_request_duration_seconds_count{service=\"api-gateway\",route=\"/api/import/google-drive\"}";
    assert_eq!(gateway.get(timed), Some(&2.0), "{gateway:#?}");

    for name in [worker, storage, metadata, import, gateway].iter().flat_map(BTreeMap::keys) {
        for private in ["secret-name", "album", job.as_str(), "127.0.0.1", "canary"] {
            assert!(!name.contains(private), "{private} in {name}");
        }
    }
}

fn text(path: &str) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie below the top");
    fs::read_to_string(top.join(path)).unwrap_or_else(|error| panic!("read {path}: {error}"))
}

/// Why nothing can be made of an image: counted as `broken-image`.
const OF_THUMBNAILS: [&str; 6] = [
    "side-too-long",
    "too-many-bytes",
    "too-many-pixels",
    "too-many-scans",
    "too-much-memory",
    "took-too-long",
];

/// Name and labels of a line of `/metrics`.
fn series(line: &str) -> (&str, BTreeMap<&str, &str>) {
    let (name, labels) = line.split_once('{').expect("labels");
    let labels = labels.strip_suffix("\"}").expect("the end of the labels").split("\",");
    let labels = labels.map(|label| label.split_once("=\"").expect("a label"));
    (name, labels.collect())
}

/// What Prometheus is asked must be there before anything happened: what is only there once it did is seen too late.
#[tokio::test]
async fn everything_that_is_asked_for_is_there_from_the_start() {
    let stack = Stack::with(drive::serving(&library())).start().await;
    stack.all_ready().await;
    let mut lines = Vec::new();
    for service in SERVICES {
        lines.extend(numbers(&stack, service).await.into_keys());
    }
    let there: Vec<_> = lines.iter().map(|line| series(line)).collect();
    // what a client asked, how it was answered, and of which upper end, is seen when it happens; the rest Prometheus adds
    let later = ["route", "method", "status", "le", "job", "instance"];
    for one in asked::all() {
        for selector in one.selectors().into_iter().filter(|selector| selector.name.as_deref() != Some("up"))
        {
            let name = selector.name.as_deref().expect("a name");
            if name == catalogue::TRACE_SPANS_DROPPED.name {
                continue; // where traces are sent
            }
            let is_asked_for = |(of, labels): &(&str, BTreeMap<&str, &str>)| {
                let matchers =
                    selector.matchers.matchers.iter().filter(|matcher| !later.contains(&&*matcher.name));
                *of == name
                    && matchers.into_iter().all(|matcher| {
                        matcher.is_match(labels.get(&*matcher.name).copied().unwrap_or_default())
                    })
            };
            assert!(there.iter().any(is_asked_for), "{} asks for {selector}, which is not there", one.place);
        }
    }
    let document: Value = stack
        .http
        .get(format!("{}/openapi.json", stack.api))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let codes = &document["components"]["schemas"]["ErrorBody"]["properties"]["code"]["x-extensible-enum"];
    let codes = codes.as_array().expect("the document lists the codes of errors");
    for code in codes.iter().filter_map(Value::as_str).filter(|code| !OF_THUMBNAILS.contains(code)) {
        let is_counted =
            there.iter().any(|(name, labels)| *name == catalogue::HTTP_ERRORS.name && labels["code"] == code);
        assert!(is_counted, "{code} is not counted from 0: add it to the codes in service/src/metrics");
    }
}
