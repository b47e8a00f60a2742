use axum::{body::Body, http::Request};
use tower::ServiceExt;

use super::*;
use crate::{cors::Cors, serve::finish_measured};

/// The text of `/metrics`.
async fn shown(router: &Router) -> String {
    let request = Request::builder().uri("/metrics").body(Body::empty()).unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], TEXT);
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn service(metrics: &Metrics) -> Router {
    let routes = Router::new()
        .route("/images/{id}", get(|| async { "image" }))
        .route("/images/all", get(|| async { "all" }))
        .layer(axum::extract::DefaultBodyLimit::disable());
    finish_measured(routes, Cors::any(), metrics, |routes| routes)
}

#[tokio::test]
async fn requests_are_counted_by_the_pattern_of_their_route() {
    let metrics = Metrics::new("test-service");
    let router = service(&metrics);
    for (method, path) in [
        ("GET", "/images/7"),
        ("GET", "/images/a%20secret"),
        ("HEAD", "/images/8"),
        ("GET", "/images/all"),
        ("POST", "/images/all"),
        ("OPTIONS", "/images/9"),
        ("GET", "/images//all"),
        ("GET", "/a/secret"),
        ("SECRET", "/another/secret"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap();
    }
    let text = shown(&router).await;
    let counts: Vec<_> =
        text.lines().filter(|line| line.starts_with(catalogue::HTTP_REQUESTS.name)).collect();
    for (route, method, status, count) in [
        ("/images/{id}", "GET", 200, 2),
        ("/images/{id}", "HEAD", 200, 1),
        ("/images/{id}", "OPTIONS", 200, 1),
        ("/images/all", "GET", 200, 1),
        ("/images/all", "POST", 405, 1),
        ("/images/all", "GET", 308, 1),
        ("other", "GET", 404, 1),
        ("other", "other", 404, 1),
    ] {
        let line = format!(
            "{}{{service=\"test-service\",route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {count}",
            catalogue::HTTP_REQUESTS.name
        );
        assert!(counts.contains(&&*line), "no {line} in\n{text}");
    }
    assert_eq!(counts.len(), 8, "{text}");
    assert!(!text.contains("ecret"), "{text}");
    let of_image = "_count{service=\"test-service\",route=\"/images/{id}\"} 4";
    assert!(text.contains(&format!("{}{of_image}", catalogue::HTTP_SECONDS.name)), "{text}");
}

#[tokio::test]
async fn two_services_of_one_process_show_their_own_numbers() {
    let (one, other) = (Metrics::new("one-service"), Metrics::new("other-service"));
    one.counter(&catalogue::IMAGES, &["failed", "not-found"]).increment(3);
    other.counter(&catalogue::IMAGE_BYTES, &[]).increment(7);
    let (one, other) = (shown(&service(&one)).await, shown(&service(&other)).await);
    let failed =
        "image_import_images_total{service=\"one-service\",outcome=\"failed\",reason=\"not-found\"} 3";
    assert!(one.contains(failed) && !one.contains("other-service"), "{one}");
    assert!(other.contains("image_import_image_bytes_total{service=\"other-service\"} 7"), "{other}");
    assert!(!other.contains("images_total"), "{other}");
}

/// The number of the line that begins so.
fn number_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

#[tokio::test]
async fn errors_are_counted_by_their_codes_from_zero() {
    let metrics = Metrics::new("test-service");
    let refusing = get(|| async { crate::ApiError::conflict("image-gone", "no").into_response() });
    let gone = Router::new().route("/gone", refusing);
    let router = finish_measured(gone, Cors::any(), &metrics, |routes| routes);
    let counted =
        |code: &str| format!("image_import_http_errors_total{{service=\"test-service\",code=\"{code}\"}}");
    let before = shown(&router).await;
    for code in ["image-gone", "not-found", "drive-unavailable"] {
        assert_eq!(number_of(&before, &counted(code)), Some("0"), "{before}");
    }
    for path in ["/gone", "/gone", "/nowhere"] {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap();
    }
    let after = shown(&router).await;
    for (code, count) in [("image-gone", "2"), ("not-found", "1"), ("drive-unavailable", "0")] {
        assert_eq!(number_of(&after, &counted(code)), Some(count), "{after}");
    }
}

#[tokio::test]
async fn a_stream_of_events_is_counted_while_it_is_open() {
    let metrics = Metrics::new("test-service");
    metrics.has_event_streams();
    let events = get(|| async {
        let (head, body) = ([(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")], "event: a\n\n");
        (head, body).into_response()
    });
    let both = Router::new().route("/events", events).route("/text", get(|| async { "text" }));
    let router = finish_measured(both, Cors::any(), &metrics, |routes| routes);
    let open = "image_import_event_streams{service=\"test-service\"}";
    let ask = |path: &'static str| {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let router = router.clone();
        async move { router.oneshot(request).await.unwrap() }
    };
    assert_eq!(number_of(&shown(&router).await, open), Some("0"));
    let (one, other, text) = (ask("/events").await, ask("/events").await, ask("/text").await);
    assert_eq!(number_of(&shown(&router).await, open), Some("2"));
    drop((one, text));
    let body = axum::body::to_bytes(other.into_body(), usize::MAX).await.unwrap();
    assert_eq!(body, "event: a\n\n");
    assert_eq!(number_of(&shown(&router).await, open), Some("0"));
}

#[tokio::test]
async fn what_is_read_on_demand_is_as_it_is_now() {
    let metrics = Metrics::new("test-service");
    let used = Arc::new(Mutex::new(1));
    let seen = Arc::clone(&used);
    metrics.pool("slots", move || (*seen.lock().unwrap(), 9));
    let router = service(&metrics);
    let in_use =
        |text: &str| text.lines().find(|line| line.contains("in_use{")).unwrap_or_default().to_owned();
    assert!(in_use(&shown(&router).await).ends_with("pool=\"slots\"} 1"));
    *used.lock().unwrap() = 4;
    let text = shown(&router).await;
    assert!(
        in_use(&text).ends_with("} 4")
            && text.contains("capacity{service=\"test-service\",pool=\"slots\"} 9"),
        "{text}"
    );
}

#[test]
fn the_catalogue_keeps_to_the_conventions() {
    let units = [
        "_seconds",
        "_bytes",
        "_total",
        "_tasks",
        "_jobs",
        "_streams",
        "_open",
        "_per_second",
        "_in_use",
        "_capacity",
    ];
    for metric in catalogue::ALL {
        let name = metric.name;
        assert!(name.starts_with("image_import_"), "{name}");
        assert!(units.iter().any(|unit| name.ends_with(unit)), "{name}");
        assert_eq!(matches!(metric.kind, Kind::Counter), name.ends_with("_total"), "{name}");
        assert!(metric.help.ends_with('.') && !metric.labels.contains(&"service"), "{name}");
        assert_eq!(catalogue::ALL.iter().filter(|other| other.name == name).count(), 1, "{name}");
    }
}
