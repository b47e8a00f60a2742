//! Servers that answer with what they were asked, credentials and all, as some do "for debugging".

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tests::{Stack, drive, wait_for};
use tokio::net::TcpListener;

use super::{CANARY, assert_no_canary_in_logs, look_everywhere, try_to_import};
use crate::drive_folders::folder;

const KEY: &str = "00000000-1111-4222-8333-444444444444";

/// Says no, with everything it was told: as S3 (XML) or as Drive (JSON), and in headers.
fn refusal(status: u16, asked: &HeaderMap, is_s3: bool) -> Response {
    let said: Vec<_> =
        asked.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap_or_default())).collect();
    let said = said.join(" ");
    let echo = [("x-echo", &said), ("x-amz-request-id", &said)];
    let echo: HeaderMap = echo
        .into_iter()
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), value.parse().ok()?)))
        .collect();
    let body = if is_s3 {
        let said = said.replace(['<', '&'], " ");
        format!(
            "<Error><Code>SignatureDoesNotMatch</Code><Message>{said}</Message><StringToSign>{said}</StringToSign></Error>"
        )
    } else {
        json!({"error": {"code": status, "message": said, "errors": [{"message": said, "reason": said}]}})
            .to_string()
    };
    (StatusCode::from_u16(status).expect("a status"), echo, body).into_response()
}

/// A mirror, where it is, and the status that it answers with.
async fn mirror() -> (String, Arc<AtomicU16>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind a port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let status = Arc::new(AtomicU16::new(403));
    let answers = Arc::clone(&status);
    let answer = move |request: Request| async move {
        let is_s3 = !request.uri().path().starts_with("/drive/");
        refusal(answers.load(Relaxed), request.headers(), is_s3)
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    (url, status)
}

#[tokio::test]
async fn a_server_that_repeats_what_it_was_told_shows_nobody_our_credentials() {
    let (manifest, _) = folder("leaky", 3, 900);
    let start = Stack::with(drive::serving(&manifest)).set("LIST_WAIT_SECS", 1).set("RUST_LOG", "trace");
    let mut stack = start.start().await;
    let (url, status) = mirror().await;
    for (name, value) in [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ACCESS_KEY_ID", "canary-access-key"),
        ("AWS_SECRET_ACCESS_KEY", "canary-secret-key"),
        ("AWS_SESSION_TOKEN", "canary-session-token"),
    ] {
        stack.process("storage").set(name, value);
    }
    stack.process("storage").start_again();
    let storage = stack.url("storage");
    let health = format!("{storage}/health");
    let look = || async { stack.http.get(&health).send().await.is_ok() };
    wait_for("storage is back", Duration::from_secs(60), look, |is_back| *is_back).await;
    let object = format!("{storage}/objects/{KEY}_a.jpg");
    for answered in [400, 403, 404, 501] {
        status.store(answered, Relaxed);
        let when = format!("S3 answers {answered}");
        for request in [
            stack.http.get(&object),
            stack.http.get(format!("{object}/thumbnail?size=160")),
            stack.http.get(format!("{storage}/objects")),
            stack.http.put(format!("{storage}/objects/{KEY}?filename=a.jpg")).body("bytes"),
            stack
                .http
                .post(format!("{storage}/delete"))
                .json(&json!({"url": format!("{url}/images/{KEY}_a.jpg")})),
        ] {
            let answer = request.send().await.expect("storage answers");
            let shown = format!("{:?} {}", answer.headers().clone(), answer.text().await.unwrap_or_default());
            assert!(!shown.contains(CANARY), "{when}: {shown}");
        }
        look_everywhere(&stack, &when).await;
    }

    for service in ["import", "worker"] {
        stack.process(service).set("GOOGLE_DRIVE_API_URL", &format!("{url}/drive/v3"));
        stack.process(service).start_again();
        stack.ready(service).await;
    }
    for answered in [400, 403, 404, 500] {
        status.store(answered, Relaxed);
        try_to_import(&stack, "leaky", &format!("Drive answers {answered}")).await;
    }
    assert_no_canary_in_logs(&stack, "at the end");
}
