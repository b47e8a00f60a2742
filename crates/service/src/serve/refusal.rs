//! Answers of the connection itself, where no request reaches the routes: as JSON like all others, and the last ones on
//! their connection.

use std::time::Duration;

use chrono::Utc;
use client::request_id;
use http::StatusCode;
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

/// How long telling may take, and how long a client is listened to that goes on sending.
const TELLING: Duration = Duration::from_secs(1);

/// What a connection too many is told.
pub(super) fn full() -> String {
    let message = "Too many connections are open; try again.";
    answer(StatusCode::SERVICE_UNAVAILABLE, "too-many-connections", message, "retry-after: 1\r\n")
}

/// What is said to a head that cannot be read. `read` is how it begins, where that is known; it may be up to
/// `most_bytes` long.
pub(super) fn of_head(status: StatusCode, read: &[u8], most_bytes: usize) -> String {
    let too_long = status == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    let first_line = read.iter().position(|&byte| byte == b'\n').unwrap_or(read.len());
    if status == StatusCode::URI_TOO_LONG || too_long && first_line + 1 >= most_bytes {
        let message = "The URL is too long; send a shorter one.";
        return answer(StatusCode::URI_TOO_LONG, "uri-too-long", message, "");
    }
    if too_long {
        let most_kb = most_bytes / 1024;
        let message =
            format!("The headers are too many or too long; send at most 100 of them, {most_kb} KiB in all.");
        return answer(status, "headers-too-large", &message, "");
    }
    let message = "The request cannot be read; send a well-formed HTTP/1.1 head.";
    answer(StatusCode::BAD_REQUEST, "bad-request", message, "")
}

fn answer(status: StatusCode, code: &str, message: &str, headers: &str) -> String {
    let id = request_id::accept(None);
    tracing::info!(request_id = %id, status = status.as_u16(), code, "a connection was refused");
    let body = json!({ "error": message, "code": code, "request_id": id }).to_string() + "\n";
    let (length, date) = (body.len(), Utc::now().format("%a, %d %b %Y %H:%M:%S GMT"));
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\
         cache-control: no-store\r\nx-request-id: {id}\r\nconnection: close\r\ndate: {date}\r\n\r\n{body}"
    )
}

/// Says `answer`, and nothing more. What the client sent is read, or it would find a broken connection in place of this.
pub(super) async fn tell(io: &mut (impl AsyncRead + AsyncWrite + Unpin), answer: &str) {
    let told = timeout(TELLING, async {
        io.write_all(answer.as_bytes()).await?;
        io.shutdown().await
    });
    if matches!(told.await, Ok(Ok(()))) {
        linger(io).await;
    }
}

/// Reads what still comes, for a moment.
pub(super) async fn linger(io: &mut (impl AsyncRead + Unpin)) {
    // on the heap: every connection would have room for it otherwise
    let mut unread = vec![0; 4096];
    let _ = timeout(TELLING, async { while matches!(io.read(&mut unread).await, Ok(1..)) {} }).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_and_code(status: u16, read: &str) -> (String, String) {
        let answer = of_head(StatusCode::from_u16(status).unwrap(), read.as_bytes(), 1024);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["request_id"].as_str().map(str::len), Some(32), "{answer}");
        (head[9..12].to_owned(), body["code"].as_str().unwrap().to_owned())
    }

    #[test]
    fn it_is_the_url_or_the_headers_that_are_too_long() {
        let url = format!("GET /{}", "x".repeat(2000));
        let headers = format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(2000));
        for (status, read, expected) in [
            (431, &*url, ("414", "uri-too-long")),
            (431, &*headers, ("431", "headers-too-large")),
            (414, "", ("414", "uri-too-long")),
            (400, "GET\r\n", ("400", "bad-request")),
        ] {
            let (status, code) = status_and_code(status, read);
            assert_eq!((&*status, &*code), expected);
        }
    }
}
