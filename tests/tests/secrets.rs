//! No failure shows a secret, in no answer and no log.

mod mirror;

use std::{path::Path, time::Duration};

use emulators::s3::{FaultKind, FaultRule};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::json;
use tests::{
    Stack,
    database::Database,
    drive,
    server::RedisServer,
    stack::{API_KEY, SERVICES},
    wait_for,
};

use crate::drive_folders::folder;

#[tokio::test]
async fn no_failure_shows_the_key_or_an_address() {
    let (manifest, _) = folder("leaky", 3, 900);
    let stack = Stack::with(drive::serving(&manifest))
        .set("LIST_WAIT_SECS", 1)
        .set("RUST_LOG", "trace")
        .start()
        .await;
    for kind in
        ["API_KEY_INVALID", "accessNotConfigured", "notFound", "html-403", "html-502", "not-json", "reset"]
    {
        stack.drive.fail(&json!({"kind": kind, "on": "list"}));
        let (status, body) = stack.import("leaky").await;
        stack.drive.heal();
        assert_eq!(status, 500, "{kind}: {body}");
        let text = body.to_string();
        assert!(text.contains("Error fetching files from Google Drive: "), "{kind}: {text}");
        for internal in [API_KEY, "127.0.0.1", "http://"] {
            assert!(!text.contains(internal), "{kind} shows {internal}: {text}");
        }
    }
    stack.import_whole("leaky").await;
    let headers = stack.drive.stats.report().headers;
    assert_eq!((headers.key_in_query, headers.key_missing), (0, 0), "the key travels in the header");
    stack.assert_no_secret_in_logs();
}

/// What every secret of the next test begins with, and nothing else does.
const CANARY: &str = "canary-";
const API_TOKEN: &str = "canary-token-of-the-api";
const INTERNAL_TOKEN: &str = "canary-token-of-the-services";
const REDIS_PASSWORD: &str = "canary-redis-password";

/// A Redis that lets in only who has the password, and the URL with it.
async fn locked_redis(dir: &Path) -> (RedisServer, String) {
    let server = RedisServer::start(dir).await;
    let open = redis::Client::open(format!("redis://{}", server.address())).expect("a Redis URL");
    let mut connection = open.get_multiplexed_async_connection().await.expect("Redis answers");
    let mut lock = redis::cmd("CONFIG");
    lock.arg("SET").arg("requirepass").arg(REDIS_PASSWORD);
    lock.query_async::<()>(&mut connection).await.expect("Redis takes a password");
    let url = format!("redis://:{REDIS_PASSWORD}@{}/0", server.address());
    (server, url)
}

/// Everything that anybody may ask for, and every service's own pages: no answer shows a secret, whatever it says.
async fn look_everywhere(stack: &Stack, when: &str) {
    let of_the_api = ["images", "images/all", "images/1", "stats", "import/jobs", "openapi.json", "nothing"];
    let mut urls: Vec<_> = of_the_api.iter().map(|path| format!("{}/{path}", stack.api)).collect();
    urls.push(format!("{}/objects/00000000-1111-4222-8333-444444444444_x.jpg", stack.api));
    for service in SERVICES {
        urls.extend(["health", "ready", "metrics"].map(|page| format!("{}/{page}", stack.url(service))));
    }
    for url in urls {
        // a service that does not run says nothing
        let Ok(answer) = stack.http.get(&url).send().await else { continue };
        let headers = format!("{:?}", answer.headers());
        let body = answer.text().await.unwrap_or_default();
        for text in [headers, body] {
            assert!(!text.contains(CANARY), "{when}: {url} shows a secret: {text}");
        }
    }
}

fn assert_no_canary_in_logs(stack: &Stack, when: &str) {
    for (name, process) in &stack.processes {
        let log = process.log();
        let line = log.lines().find(|line| line.contains(CANARY));
        assert!(line.is_none(), "{when}: the log of {name} shows a secret: {line:?}");
    }
}

/// Starts a folder's import, whether or not it can; what is answered, and every event of the job, shows no secret.
async fn try_to_import(stack: &Stack, folder_url: &str, when: &str) {
    let (status, body) = stack.import(folder_url).await;
    assert!(!body.to_string().contains(CANARY), "{when}: {body}");
    if let Some(job_id) = body["job_id"].as_str().filter(|_| status == 202) {
        stack.finished(job_id).await;
        for page in ["status", "events", "jobs"] {
            let url = format!("{}/import/{page}/{job_id}", stack.api);
            let answer = stack.http.get(url).send().await.expect("the gateway answers");
            let text = answer.text().await.expect("a job that has ended ends its events");
            assert!(!text.contains(CANARY), "{when}: {page} shows a secret: {text}");
        }
    }
}

#[tokio::test]
async fn whatever_breaks_no_secret_is_in_an_answer_an_event_a_metric_or_a_log() {
    let dir = tempfile::tempdir().expect("make a folder");
    let (mut redis, redis_url) = locked_redis(dir.path()).await;
    let (manifest, _) = folder("leaky", 3, 900);
    let mut stack = Stack::with(drive::serving(&manifest))
        .database(Database::Mysql)
        .set("REDIS_URL", &redis_url)
        .set("API_TOKEN", API_TOKEN)
        .set("API_TOKEN_READS", true)
        .set("INTERNAL_TOKEN", INTERNAL_TOKEN)
        .set("EMBEDDED_S3_SECRET_KEY", "canary-embedded-secret")
        .set("AWS_SESSION_TOKEN", "canary-session-token")
        // nobody is there
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        .set("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20canary-otlp-token")
        .set("LIST_WAIT_SECS", 1)
        .set("RUST_LOG", "trace")
        .start()
        .await;
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {API_TOKEN}").parse().expect("a header"));
    let http = client::http::builder(Duration::from_secs(60)).default_headers(headers).build();
    stack.http = http.expect("a client");

    for kind in ["API_KEY_INVALID", "notFound", "downloadQuotaExceeded"] {
        stack.drive.fail(&json!({"kind": kind, "on": "media"}));
        try_to_import(&stack, "leaky", kind).await;
        stack.drive.heal();
    }
    stack.bucket.fail(FaultRule::new(FaultKind::AccessDenied).on("PutObject").times(2));
    try_to_import(&stack, "leaky", "S3 refuses").await;
    stack.bucket.heal();
    look_everywhere(&stack, "after failures").await;

    // wrong keys, as somebody may put into `.env`
    for (service, setting) in [("storage", "AWS_SECRET_ACCESS_KEY"), ("metadata", "DB_PASSWORD")] {
        stack.process(service).set(setting, "canary-wrong");
        stack.process(service).start_again();
    }
    look_everywhere(&stack, "with wrong keys").await;
    let url = format!("{}/ready", stack.url("metadata"));
    let look = || async { stack.http.get(&url).send().await.map_or(0, |answer| answer.status().as_u16()) };
    wait_for("metadata says that it is not ready", Duration::from_secs(60), look, |status| *status == 503)
        .await;
    look_everywhere(&stack, "refused by the database").await;

    redis.kill();
    look_everywhere(&stack, "without Redis").await;
    let (_, body) = stack.import("leaky").await;
    assert!(!body.to_string().contains(CANARY), "without Redis: {body}");
    for service in ["worker", "storage", "metadata", "import"] {
        stack.process(service).kill();
    }
    look_everywhere(&stack, "with the gateway alone").await;
    assert_no_canary_in_logs(&stack, "at the end");
    let headers = stack.drive.stats.report().headers;
    assert_eq!((headers.key_in_query, headers.key_missing), (0, 0), "the key travels in the header");
}
