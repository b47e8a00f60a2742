//! What goes on, and what comes back.

use axum::{
    body::{Body, Bytes},
    extract::Request,
};
use futures::{StreamExt, channel::mpsc};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::stub::{Answer, Stack, send};

#[tokio::test]
async fn every_route_goes_where_the_table_says() {
    let stack = Stack::start().await;
    for (method, path, service, target) in [
        ("GET", "/api/import/status/a%20b?x=1&imported=0", "import", "/import/status/a%20b?imported=0"),
        ("GET", "/api/images?page=2&a=%C3%A9&empty=", "metadata", "/images?page=2&a=%C3%A9&empty="),
        ("GET", "/api/images/all?x=1", "metadata", "/images/all"),
        ("GET", "/api/images/007?x=1", "metadata", "/images/7"),
        ("DELETE", "/api/images/7?keep_object=true&x=1", "metadata", "/images/7?keep_object=true"),
        ("GET", "/api/stats?x=1", "metadata", "/stats"),
        ("GET", "/api/import/jobs?page=2", "import", "/import/jobs?page=2"),
        ("GET", "/api/import/jobs/j", "import", "/import/jobs/j"),
        ("POST", "/api/import/jobs/j/cancel", "import", "/import/jobs/j/cancel"),
        ("POST", "/api/import/jobs/j/retry", "import", "/import/jobs/j/retry"),
        ("GET", "/api/import/jobs/j/failures?format=csv", "import", "/import/jobs/j/failures?format=csv"),
        ("GET", "/api/import/events/j", "import", "/import/events/j"),
        ("POST", "/api/import/preview", "import", "/import/preview"),
        ("GET", "/api/objects/u_%E2%9C%93%20a.jpg", "storage", "/objects/u_%E2%9C%93%20a.jpg"),
        ("GET", "/api/objects/u_a.jpg/thumbnail?size=64", "storage", "/objects/u_a.jpg/thumbnail?size=64"),
        ("HEAD", "/api/objects/u_a.jpg", "storage", "/objects/u_a.jpg"),
    ] {
        let stub = match service {
            "import" => &stack.import,
            "metadata" => &stack.metadata,
            _ => &stack.storage,
        };
        stub.will_answer(Answer::json("{}"));
        let got = stack.ask(method, path).await;
        assert_eq!(got.status, 200, "{method} {path}");
        let asked = stub.asked();
        assert_eq!(asked.len(), 1, "{method} {path}");
        assert_eq!((asked[0].method.as_str(), asked[0].uri.as_str()), (method, target));
    }
}

#[tokio::test]
async fn what_is_no_number_is_no_image_whatever_the_method() {
    let stack = Stack::start().await;
    for (method, path, status) in [
        ("OPTIONS", "/api/images/7", 200),
        ("OPTIONS", "/api/images/abc", 404),
        ("PUT", "/api/images/7", 405),
        ("PUT", "/api/images/1.5", 404),
        ("OPTIONS", "/api/images/%37", 200),
        ("GET", "/api/images//x", 404),
    ] {
        let got = stack.ask(method, path).await;
        assert_eq!(got.status, status, "{method} {path}");
        assert_eq!(got.header("allow").is_some(), status != 404, "{method} {path}");
    }
}

#[tokio::test]
async fn what_services_say_to_one_another_has_no_way_in() {
    let stack = Stack::start().await;
    for (method, path) in [
        ("POST", "/api/import/update-status"),
        ("POST", "/import/update-status"),
        ("POST", "/api/process-batch"),
        ("POST", "/api/jobs/j/cancel"),
        ("POST", "/api/upload"),
        ("POST", "/api/delete"),
        ("POST", "/api/images"),
        ("POST", "/api/images/known"),
        ("POST", "/api/objects/release"),
        ("GET", "/api/images/verify"),
        ("GET", "/api/objects"),
        ("GET", "/api/objects?cursor=x"),
        ("GET", "/api/objects/"),
        ("GET", "/api/objects/%2e%2e/objects"),
        ("GET", "/api/objects/k/checksum"),
        ("POST", "/api/objects/checksum"),
        ("POST", "/api/objects/locate"),
        ("POST", "/api/objects/lookup"),
        ("POST", "/api/objects/resolve"),
        ("POST", "/api/objects/stat"),
        ("PUT", "/api/objects/k"),
        ("DELETE", "/api/objects/k"),
        ("GET", "/api/objects/.."),
        ("GET", "/api/objects/%2e%2e"),
        ("GET", "/api/objects/..%2fstats"),
        ("POST", "/api/import/jobs/../cancel"),
        ("GET", "/api/import/jobs/.."),
        ("GET", "/api/../stats"),
    ] {
        let got = stack.ask(method, path).await;
        assert!(matches!(got.status.as_u16(), 404 | 405), "{method} {path}: {}", got.status);
        assert!(!got.error().is_empty());
    }
    assert!(stack.asked().is_empty());
}

#[tokio::test]
async fn the_body_of_an_import_goes_on_byte_for_byte() {
    let stack = Stack::start().await;
    let body = "\u{feff} {\"folder_url\" : \"x\",  \"z\":1, \"a\":\"\\u00e9图\", \"a\":2.50}\n";
    stack.import.will_answer(Answer::new(202, "application/json", "{\"job_id\":\"j\"}"));
    let request =
        Request::post("/api/import/google-drive").header("content-type", "Application/JSON; charset=x");
    let got = send(&stack.gateway, request.body(body.to_owned().into()).unwrap()).await;
    assert_eq!((got.status.as_u16(), &*got.body), (202, &b"{\"job_id\":\"j\"}"[..]));
    let asked = stack.import.asked().remove(0);
    assert_eq!(asked.body, body);
    assert_eq!(asked.headers["content-type"], "Application/JSON; charset=x");
    assert_eq!(asked.headers["content-length"], body.len().to_string());
}

#[tokio::test]
async fn a_wrong_import_body_is_refused_before_anything_is_called() {
    let stack = Stack::start().await;
    let json = Some("application/json");
    for (kind, body, status) in [
        (None, "{}".to_owned(), 415),
        (Some("text/plain"), "{}".to_owned(), 415),
        (json, String::new(), 400),
        (json, "{\"folder_url\":".to_owned(), 400),
        (json, format!("\"{}\"", "x".repeat(1024 * 1024)), 413),
        (json, "[".repeat(500_000), 400),
    ] {
        let mut request = Request::post("/api/import/google-drive");
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let got = send(&stack.gateway, request.body(body.into()).unwrap()).await;
        assert_eq!(got.status, status, "{kind:?}: {}", got.error());
    }
    let exact = format!("\"{}\"", "x".repeat(1024 * 1024 - 2));
    stack.import.will_answer(Answer::json("{}"));
    assert_eq!(stack.post("/api/import/google-drive", &exact).await.status, 200);
    assert_eq!(stack.asked().len(), 1);
}

#[tokio::test]
async fn a_request_id_and_conditions_go_on_and_nothing_else_does() {
    let stack = Stack::start().await;
    stack.storage.will_answer(
        Answer::new(206, "image/jpeg", "ab")
            .with("etag", "\"x\"")
            .with("content-range", "bytes 0-1/9")
            .with("vary", "accept, Origin")
            .with("access-control-allow-origin", "*")
            .with("set-cookie", "a=b")
            .with("x-content-type-options", "nosniff"),
    );
    let request = Request::get("/api/objects/k")
        .header("range", "bytes=0-1")
        .header("if-range", "\"x\"")
        .header("x-request-id", "mine-7")
        .header("authorization", "Bearer x")
        .header("cookie", "a=b")
        .header("origin", "https://app.example");
    let got = send(&stack.gateway, request.body(Body::empty()).unwrap()).await;
    assert_eq!((got.status.as_u16(), &*got.body), (206, &b"ab"[..]));
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("content-length", "2"),
        ("etag", "\"x\""),
        ("content-range", "bytes 0-1/9"),
        ("vary", "accept, Origin"),
        ("access-control-allow-origin", "https://app.example"),
        ("x-content-type-options", "nosniff"),
        ("x-request-id", "mine-7"),
    ] {
        let values: Vec<_> = got.headers.get_all(name).iter().collect();
        assert_eq!(values, [value], "{name}");
    }
    assert_eq!(got.header("set-cookie"), None);
    let asked = stack.storage.asked().remove(0);
    for (name, value) in [("range", "bytes=0-1"), ("if-range", "\"x\""), ("x-request-id", "mine-7")] {
        assert_eq!(asked.headers[name], value);
    }
    for name in ["authorization", "cookie", "origin", "accept-encoding"] {
        assert!(!asked.headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn answers_are_streamed_as_they_come() {
    let stack = Stack::start().await;
    let (events, body) = mpsc::unbounded::<Result<Bytes, std::io::Error>>();
    let body = Body::from_stream(body);
    stack.import.will_answer(Answer {
        status: 200,
        headers: vec![("content-type".into(), "text/event-stream".into())],
        body,
    });
    let request = Request::get("/api/import/events/j").body(Body::empty()).unwrap();
    let response = stack.gateway.clone().oneshot(request).await.unwrap();
    let mut chunks = response.into_body().into_data_stream();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        events.unbounded_send(Ok(Bytes::from(event))).unwrap();
        assert_eq!(chunks.next().await.unwrap().unwrap(), event);
    }
    drop(events);
    assert!(chunks.next().await.is_none());
}

#[tokio::test]
async fn a_long_json_answer_is_streamed_and_unchanged() {
    let stack = Stack::start().await;
    let (chunks, body) = mpsc::unbounded::<Result<Bytes, std::io::Error>>();
    stack.metadata.will_answer(Answer::new(200, "application/json", Body::from_stream(body)));
    let first = format!("{{\"images\":[\"{}\"", "x".repeat(200_000));
    chunks.unbounded_send(Ok(Bytes::from(first.clone()))).unwrap();
    let request = Request::get("/api/images/all").body(Body::empty()).unwrap();
    // the head comes while the end of the body does not exist yet
    let response = stack.gateway.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    chunks.unbounded_send(Ok(Bytes::from("]}"))).unwrap();
    drop(chunks);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, format!("{first}]}}"));
}

#[tokio::test]
async fn odd_statuses_and_unnamed_json_pass() {
    let stack = Stack::start().await;
    for (status, kind, body) in [
        (418, "application/json", "{\"a\":1}"),
        (302, "application/json; charset=utf-8", "{}"),
        (200, "text/plain", "[3,1]"),
        (200, "text/html; charset=utf-8", "{\"a\":NaN}"),
        (500, "application/json", "\"s\""),
    ] {
        stack.metadata.will_answer(Answer::new(status, kind, body).with("location", "http://inside/"));
        let got = stack.ask("GET", "/api/stats").await;
        assert_eq!((got.status.as_u16(), &*got.body), (status, body.as_bytes()));
        assert_eq!(got.header("content-type"), Some("application/json"));
        assert_eq!(got.header("location"), None);
    }
}

#[tokio::test]
async fn what_the_client_has_already_is_not_sent_again() {
    let stack = Stack::start().await;
    let unchanged =
        || Answer { status: 304, headers: vec![("etag".into(), "\"x\"".into())], body: Body::empty() };
    stack.metadata.will_answer(unchanged());
    let request = Request::get("/api/images").header("if-none-match", "\"x\"").body(Body::empty()).unwrap();
    let got = send(&stack.gateway, request).await;
    assert_eq!((got.status.as_u16(), got.header("etag")), (304, Some("\"x\"")));
    stack.metadata.will_answer(unchanged());
    assert_eq!(stack.ask("GET", "/api/images").await.status, 503);
}

#[tokio::test]
async fn head_has_the_headers_of_get() {
    let stack = Stack::start().await;
    stack.metadata.will_answer(Answer::json("{\"total\":1}"));
    let got = stack.ask("HEAD", "/api/images?page=1").await;
    assert_eq!((got.status.as_u16(), got.header("content-length"), got.body.len()), (200, Some("11"), 0));
    assert_eq!(stack.metadata.asked()[0].method, "GET");
}
