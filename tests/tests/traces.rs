//! Traces at a collector: one import is one trace, whichever processes work on it and however often they are killed; and
//! a collector that is not there is nobody's trouble.

mod collector;

use std::time::Duration;

use serde_json::json;
use tests::{
    Stack, drive,
    stack::{API_KEY, Backend, SERVICES},
    wait_for,
};

use self::collector::{Collector, Told};
use crate::drive_folders::folder;

const IMAGES: usize = 5;
const PATIENCE: Duration = Duration::from_secs(120);
/// A trace that a stranger would like ours to be a part of.
const OF_A_STRANGER: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// What belongs to an import of [`IMAGES`] images: which service tells of what, and how often at least.
const STEPS: [(&str, &str, usize); 9] = [
    ("api-gateway", "POST /api/import/google-drive", 1),
    ("import-service", "import job", 1),
    ("import-service", "Drive list", 1),
    ("import-service", "POST /import/update-status", 1),
    ("worker-service", "POST /process-batch", 1),
    ("worker-service", "Drive download", IMAGES),
    ("storage-service", "PUT /objects/{key}", IMAGES),
    ("storage-service", "S3 PUT", IMAGES),
    ("metadata-service", "POST /images", IMAGES),
];

/// What the collector has when everything about an import of [`IMAGES`] images has come: the job, every image, and of every
/// span the one that it is a part of.
async fn all_of_it(collector: &Collector) -> Vec<Told> {
    let is_whole = |told: &Vec<Told>| {
        let has = |parent: &String| told.iter().any(|span| span.id == *parent);
        STEPS.iter().all(|(service, name, least)| of(told, service, name).len() >= *least)
            && imported(told) == IMAGES
            && told.iter().filter_map(|span| span.parent.as_ref()).all(has)
    };
    wait_for("the whole import is told", PATIENCE, || async { collector.told() }, is_whole).await
}

/// How many images are told to be stored.
fn imported(told: &[Told]) -> usize {
    let is_imported = |span: &&Told| span.name == "image" && span.text("image.outcome") == "imported";
    told.iter().filter(is_imported).count()
}

fn of<'a>(told: &'a [Told], service: &str, name: &str) -> Vec<&'a Told> {
    told.iter().filter(|span| span.service == service && span.name == name).collect()
}

async fn one_import_is_one_trace(backend: Backend) {
    let collector = Collector::start().await;
    let (manifest, _) = folder("album", IMAGES, 3000);
    let stack = Stack::with(drive::serving(&manifest))
        .backend(backend)
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url)
        .set("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20canary-of-the-collector")
        .set("RUST_LOG", "trace")
        .set("LOG_FORMAT", "json")
        .start()
        .await;
    let url = format!("{}/import/google-drive?secret=canary-in-a-query", stack.api);
    let asked = stack.http.post(url).header("traceparent", format!("00-{OF_A_STRANGER}-00f067aa0ba902b7-01"));
    let answer = asked.json(&json!({"folder_url": "album"})).send().await.expect("the gateway answers");
    assert_eq!(answer.status().as_u16(), 202);
    // nobody asks how far it is: that would be a trace of its own
    let told = all_of_it(&collector).await;

    let roots: Vec<_> = told.iter().filter(|span| span.parent.is_none()).collect();
    let [root] = roots[..] else { panic!("{roots:#?}") };
    assert_eq!((&*root.service, &*root.name), ("api-gateway", "POST /api/import/google-drive"));
    assert!(told.iter().all(|span| span.trace == root.trace), "{told:#?}");
    assert_ne!(root.trace, OF_A_STRANGER);
    let jobs = of(&told, "import-service", "import job");
    let [job] = jobs[..] else { panic!("{jobs:#?}") };
    assert_eq!(
        (job.text("job.state"), job.number("job.images")),
        ("completed", i64::try_from(IMAGES).expect("a few"))
    );
    for image in of(&told, "worker-service", "image") {
        assert_eq!(image.parent.as_ref(), Some(&job.id), "{image:#?}");
    }
    assert!(told.iter().all(|span| !span.has_failed), "{told:#?}");

    let bodies = collector.bodies();
    for private in ["canary", API_KEY, "img-", "?"] {
        assert!(!bodies.contains(private), "{private} in {bodies}");
    }
    assert_eq!(collector.headers("authorization"), ["Bearer canary-of-the-collector"]);
    for service in SERVICES {
        let log = stack.processes[service].log();
        assert!(!log.contains("canary-of-the-collector"), "the log of {service} shows a secret");
        let named = format!("\"trace_id\":\"{}\"", root.trace);
        assert!(log.contains(&named), "no line of {service} names its trace");
    }
}

#[tokio::test]
async fn one_import_is_one_trace_across_all_services() {
    one_import_is_one_trace(Backend::Files).await;
}

#[tokio::test]
async fn one_import_is_one_trace_in_redis_too() {
    one_import_is_one_trace(Backend::Servers).await;
}

#[tokio::test]
async fn who_is_killed_goes_on_in_the_same_trace() {
    let collector = Collector::start().await;
    let (manifest, _) = folder("album", IMAGES, 3000);
    let mut stack = Stack::with(drive::serving(&manifest))
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url)
        .start()
        .await;
    stack.drive.fail(&json!({"kind": "empty-503", "on": "media"}));
    stack.start_job("album").await;
    // every image has failed, and waits for its next try
    let again =
        |told: &Vec<Told>| told.iter().filter(|span| span.text("image.outcome") == "again").count() >= IMAGES;
    wait_for("the images are tried", PATIENCE, || async { collector.told() }, again).await;
    for service in ["worker", "import"] {
        stack.process(service).kill();
    }
    stack.drive.heal();
    for service in ["import", "worker"] {
        stack.process(service).start_again();
    }
    let done =
        |told: &Vec<Told>| told.iter().any(|span| span.name == "import job") && imported(told) == IMAGES;
    let told = wait_for("the import is over", PATIENCE, || async { collector.told() }, done).await;
    let trace = &told[0].trace;
    assert!(told.iter().all(|span| span.trace == *trace), "{told:#?}");
    assert_eq!(of(&told, "import-service", "import job").len(), 1);
    let failed = |span: &&Told| span.name == "image" && span.has_failed;
    assert!(told.iter().filter(failed).count() >= IMAGES, "{told:#?}");
}

#[tokio::test]
async fn a_collector_that_never_answers_is_told_of_once_and_holds_nothing_up() {
    // the system accepts, and nobody answers
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (manifest, expected) = folder("album", IMAGES, 3000);
    let mut stack = Stack::with(drive::serving(&manifest))
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", silent.local_addr().expect("an address")))
        .start()
        .await;
    stack.import_whole("album").await;
    stack.assert_stored_exactly(&expected).await;
    for service in SERVICES {
        let said = || async { stack.processes[service].log().matches("does not take traces").count() };
        wait_for("it is said", PATIENCE, said, |count| *count > 0).await;
    }
    // and what happens later is no reason to say it again
    stack.import_whole("album").await;
    for service in SERVICES {
        assert!(stack.process(service).terminate(60).await, "{service} ends in order");
        assert_eq!(stack.processes[service].log().matches("does not take traces").count(), 1, "{service}");
    }
}
