//! What clients may take, and who may send what.

use axum::{body::Body, extract::Request};

use crate::stub::{Answer, Stack, send};

#[tokio::test]
async fn a_form_of_another_origin_stops_no_job_where_origins_are_listed() {
    let cancel = |headers: &[(&str, &str)]| {
        let mut request = Request::post("/api/import/jobs/j/cancel").header("host", "api.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    };
    let foreign: &[_] = &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let stack = Stack::with_cors(Some("https://app.example")).await;
    let refused = send(&stack.gateway, cancel(foreign)).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (403, &"cross-site".into()));
    assert!(stack.asked().is_empty(), "no service hears of it");
    for fine in [&[][..], &[("origin", "https://app.example"), ("sec-fetch-site", "cross-site")]] {
        stack.import.will_answer(Answer::new(202, "application/json", "{}"));
        assert_eq!(send(&stack.gateway, cancel(fine)).await.status, 202, "{fine:?}");
    }
    // as in the original
    let open = Stack::start().await;
    open.import.will_answer(Answer::new(202, "application/json", "{}"));
    assert_eq!(send(&open.gateway, cancel(foreign)).await.status, 202);
}

#[tokio::test]
async fn a_body_may_be_as_long_as_is_set() {
    let stack = Stack::with(&[("MAX_BODY_KB", "2")]).await;
    let body = |bytes: usize| format!("{{\"folder_url\":\"{}\"}}", "x".repeat(bytes - 17));
    stack.import.will_answer(Answer::json("{}"));
    assert_eq!(stack.post("/api/import/google-drive", &body(2048)).await.status, 200);
    assert_eq!(stack.asked()[0].body.len(), 2048);
    let refused = stack.post("/api/import/google-drive", &body(2049)).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (413, &"too-large".into()));
    assert!(stack.asked().is_empty());
}

#[tokio::test]
async fn an_event_source_with_too_many_streams_comes_back_and_others_are_told() {
    let stack = Stack::with(&[("EVENTS_PER_CLIENT", "1")]).await;
    let ask = |cache: &str| {
        let request = Request::get("/api/import/events/j").header("accept", "text/event-stream");
        request.header("cache-control", cache).body(Body::empty()).unwrap()
    };
    let never = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    stack.import.will_answer(Answer::new(200, "text/event-stream", Body::from_stream(never)));
    let open = tower::ServiceExt::oneshot(stack.gateway.clone(), ask("no-cache")).await.unwrap();
    assert_eq!(open.status(), 200);
    let refused = send(&stack.gateway, ask("max-age=0")).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (429, &"too-many-streams".into()));
    let told = send(&stack.gateway, ask("no-cache")).await;
    assert_eq!(told.status, 200);
    assert!(told.body.starts_with(b"retry: 5000\n: 1 streams of events are open"), "{:?}", told.body);
    drop(open);
    stack.import.will_answer(Answer::new(204, "application/json", ""));
    assert_eq!(send(&stack.gateway, ask("no-cache")).await.status, 204);
}
