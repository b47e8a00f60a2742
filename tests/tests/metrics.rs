//! `/metrics` of all five services after an import, and what is built upon it: the dashboard, the alert rules and the
//! documentation name what is counted, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::{Value, json};
use service::metrics::{Kind, catalogue};
use tests::{Stack, drive, wait_for};

const DEPLOY: &str = "crates/gateway/deploy";
const README: &str = "crates/README.md";

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
    let is_counted = |seen: &BTreeMap<String, f64>| seen.get(imported) == Some(&3.0);
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

/// All names in `text` that begin as ours do.
fn named_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("image_import_")).collect()
}

/// The names that Prometheus stores.
fn stored() -> BTreeSet<String> {
    let names = catalogue::ALL.iter().flat_map(|metric| {
        let parts: &[&str] =
            if matches!(metric.kind, Kind::Histogram(_)) { &["_bucket", "_sum", "_count"] } else { &[""] };
        parts.iter().map(|part| format!("{}{part}", metric.name))
    });
    names.collect()
}

/// Every expression that Prometheus is asked, with where it stands.
fn expressions() -> Vec<(String, String)> {
    let alerts: Value =
        serde_saphyr::from_str(&text(&format!("{DEPLOY}/alerts.yml"))).expect("the rules are YAML");
    let dashboard: Value =
        serde_json::from_str(&text(&format!("{DEPLOY}/grafana/dashboards/image-import.json"))).expect("JSON");
    let of_rules = alerts["groups"].as_array().expect("groups").iter().flat_map(|group| {
        let rules = group["rules"].as_array().expect("rules").iter();
        rules.map(|rule| {
            for field in ["summary", "description"] {
                assert!(rule["annotations"][field].is_string(), "{field} of {}", rule["alert"]);
            }
            assert!(rule["labels"]["severity"].is_string(), "how severe {} is", rule["alert"]);
            (rule["alert"].to_string(), rule["expr"].as_str().expect("an expression").to_owned())
        })
    });
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let of_panels = panels.filter(|panel| panel["type"] != "row").flat_map(|panel| {
        let targets = panel["targets"].as_array().expect("what a panel shows").iter();
        targets.map(|target| {
            assert_eq!(target["datasource"]["uid"], "prometheus", "{}", panel["title"]);
            (panel["title"].to_string(), target["expr"].as_str().expect("an expression").to_owned())
        })
    });
    of_rules.chain(of_panels).collect()
}

#[test]
fn the_dashboard_and_the_alerts_ask_for_what_is_counted() {
    let (stored, asked) = (stored(), expressions());
    assert!(asked.len() > 20, "expressions are not found any more");
    for (place, expression) in &asked {
        let names = named_in(expression);
        assert!(!names.is_empty() || expression.starts_with("up{"), "{place} asks for nothing: {expression}");
        for name in names {
            assert!(stored.contains(name), "{place} asks for {name}, which nobody counts");
        }
        let balance = |open, close| expression.matches(open).count() == expression.matches(close).count();
        assert!(balance('(', ')') && balance('{', '}') && balance('[', ']'), "{place}: {expression}");
    }
    let shown: BTreeSet<_> = asked.iter().flat_map(|(_, expression)| named_in(expression)).collect();
    for metric in catalogue::ALL {
        let is_shown = shown.iter().any(|name| name.starts_with(metric.name));
        assert!(is_shown, "{} is on no panel and in no rule", metric.name);
    }
}

#[test]
fn every_number_is_documented_with_its_labels_and_no_other_is() {
    let text = text(README);
    let rows: BTreeMap<_, _> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `image_import_"))
        .map(|row| row.split_once('`').expect("a name in backticks"))
        .collect();
    for metric in catalogue::ALL {
        let row = rows.get(metric.name.trim_start_matches("image_import_"));
        let row = row.unwrap_or_else(|| panic!("{} is not in the table of {README}", metric.name));
        for label in metric.labels {
            assert!(row.contains(&format!("`{label}`")), "{}: {label} is not in {README}", metric.name);
        }
    }
    assert_eq!(rows.len(), catalogue::ALL.len(), "the table of {README} names what nobody counts");
}

#[test]
fn prometheus_asks_every_service_where_it_listens() {
    let file: Value = serde_saphyr::from_str(&text(&format!("{DEPLOY}/prometheus.yml"))).expect("YAML");
    let found = file["scrape_configs"][0]["dns_sd_configs"].as_array().expect("services");
    let asked: BTreeSet<_> =
        found.iter().map(|one| (one["names"][0].as_str().expect("a name"), one["port"].as_u64())).collect();
    let listening = [
        ("api-gateway", 5000),
        ("import-service", 5001),
        ("metadata-service", 5002),
        ("storage-service", 5003),
        ("worker-service", 5004),
    ];
    assert_eq!(asked, listening.map(|(name, port)| (name, Some(port))).into());
}
