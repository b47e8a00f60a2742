use http_body_util::BodyExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

const SILENCE: Duration = Duration::from_millis(100);

async fn listen() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/pre/", listener.local_addr().unwrap()).parse().unwrap();
    (listener, url)
}

fn get(path: &str) -> Outgoing {
    Outgoing {
        method: Method::GET,
        path: path.to_owned(),
        query: None,
        headers: HeaderMap::new(),
        body: Bytes::new(),
    }
}

/// Reads a head; nothing when the connection has ended.
async fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = socket.read_u8().await else { return String::new() };
        head.push(byte);
    }
    String::from_utf8(head).unwrap()
}

async fn body(answer: Response<AnswerBody>) -> Result<String, Failure> {
    let whole = answer.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(whole.to_vec()).unwrap())
}

#[tokio::test]
async fn a_request_says_what_it_is_for_and_nothing_of_the_connection() {
    let (listener, url) = listen().await;
    let host = format!("127.0.0.1:{}", url.port().unwrap());
    let hop = Hop::new(url, SILENCE);
    let asked = Outgoing { query: Some("x=%C3%A9&y='\u{e9}\"".to_owned()), ..get("/a%2Fb") };
    let (seen, answer) = tokio::join!(
        async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let seen = head(&mut socket).await;
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            seen
        },
        crate::request_id::scope("mine".to_owned(), hop.send(asked)),
    );
    assert_eq!(body(answer.unwrap()).await.unwrap(), "ok");
    let mut lines: Vec<_> = seen.trim_end().split("\r\n").collect();
    lines.sort_unstable();
    let host = format!("host: {host}");
    let first = "GET /pre/a%2Fb?x=%C3%A9&y=%27%C3%A9%22 HTTP/1.1";
    assert_eq!(lines, [first, "accept: */*", &host, "x-request-id: mine"]);
}

#[tokio::test]
async fn a_server_that_is_none_of_ours_is_told_no_request_id() {
    for has_password in [false, true] {
        let (listener, mut url) = listen().await;
        if has_password {
            // goes the way of those behind TLS
            url.set_username("user").unwrap();
        }
        let hop = Hop::abroad(url, SILENCE, || crate::http::service_client(SILENCE));
        assert_eq!(matches!(hop.way, Way::Tls(_)), has_password);
        let (seen, answer) = tokio::join!(
            async {
                let (mut socket, _) = listener.accept().await.unwrap();
                let seen = head(&mut socket).await;
                socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
                seen
            },
            crate::request_id::scope("mine".to_owned(), hop.send(get("/"))),
        );
        assert_eq!(answer.unwrap().status(), 200);
        assert!(seen.starts_with("GET ") && !seen.contains("mine"), "{seen}");
    }
}

#[tokio::test]
async fn a_connection_is_used_again_once_its_answer_was_read() {
    let (listener, url) = listen().await;
    let hop = Hop::new(url, SILENCE);
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        for answer in
            ["content-length: 2\r\n\r\nok", "transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"]
        {
            head(&mut socket).await;
            socket.write_all(format!("HTTP/1.1 200 OK\r\n{answer}").as_bytes()).await.unwrap();
        }
        assert!(head(&mut socket).await.starts_with("GET /pre/3 "));
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhalf").await.unwrap();
        let is_closed = head(&mut socket).await.is_empty();
        let (mut second, _) = listener.accept().await.unwrap();
        (is_closed, head(&mut second).await.starts_with("GET /pre/4 "))
    });
    assert_eq!(body(hop.send(get("/1")).await.unwrap()).await.unwrap(), "ok");
    assert_eq!(body(hop.send(get("/2")).await.unwrap()).await.unwrap(), "ok");
    // not to its end: nobody knows where the next answer would begin
    drop(hop.send(get("/3")).await.unwrap());
    assert!(hop.send(get("/4")).await.is_err());
    assert_eq!(served.await.unwrap(), (true, true));
}

#[tokio::test]
async fn a_request_that_may_change_something_goes_over_a_fresh_connection_where_the_idle_one_was_closed() {
    let (listener, url) = listen().await;
    let hop = Hop::new(url, SILENCE);
    let (closed, is_closed) = tokio::sync::oneshot::channel();
    let served = tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        head(&mut first).await;
        first.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        drop(first);
        closed.send(()).unwrap();
        let (mut second, _) = listener.accept().await.unwrap();
        assert!(head(&mut second).await.starts_with("POST "));
        second.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    });
    assert_eq!(body(hop.send(get("/1")).await.unwrap()).await.unwrap(), "ok");
    is_closed.await.unwrap();
    let Way::Plain(plain) = &hop.way else { unreachable!("the URL is plain") };
    while let Some(line) = plain.pool.take() {
        plain.pool.put(line);
        tokio::task::yield_now().await;
    }
    let post = Outgoing { method: Method::POST, body: Bytes::from_static(b"{}"), ..get("/2") };
    assert_eq!(hop.send(post).await.unwrap().status(), 201);
    served.await.unwrap();
}

#[tokio::test]
async fn silence_ends_the_wait_for_a_head_and_for_the_rest_of_a_body() {
    let (listener, url) = listen().await;
    let hop = Hop::new(url, SILENCE);
    let served = tokio::spawn(async move {
        let mut sockets = Vec::new();
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().await.unwrap();
            if head(&mut socket).await.starts_with("GET /pre/body") {
                socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
            }
            sockets.push(socket);
        }
        sockets
    });
    let failure = hop.send(get("/head")).await.unwrap_err();
    assert_eq!((failure.kind(), failure.was_cut()), ("timed out", false));
    let failure = body(hop.send(get("/body")).await.unwrap()).await.unwrap_err();
    assert_eq!(failure.kind(), "timed out");
    drop(served.await.unwrap());
}

#[tokio::test]
async fn what_went_wrong_is_told_apart() {
    let (listener, url) = listen().await;
    let hop = Hop::new(url, Duration::from_secs(5));
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        head(&mut socket).await;
        drop(socket);
        let (mut socket, _) = listener.accept().await.unwrap();
        head(&mut socket).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
    });
    let failure = hop.send(get("/")).await.unwrap_err();
    assert_eq!((failure.kind(), failure.was_cut()), ("connection broke", true));
    let failure = body(hop.send(get("/")).await.unwrap()).await.unwrap_err();
    assert_eq!(failure.kind(), "answer was cut");
    served.await.unwrap();
    let failure = hop.send(get("/")).await.unwrap_err();
    assert_eq!((failure.kind(), failure.was_cut()), ("connection refused", false));
}

#[test]
fn only_plain_urls_without_a_password_are_reached_directly() {
    for (url, is_plain) in [
        ("http://metadata:5002", true),
        ("http://[::1]:5002/pre", true),
        ("https://metadata", false),
        ("http://user:password@metadata:5002", false),
    ] {
        let way = Hop::new(url.parse().unwrap(), SILENCE).way;
        assert_eq!(matches!(way, Way::Plain(_)), is_plain, "{url}");
    }
}

#[tokio::test]
async fn our_own_services_are_told_our_token_and_nobody_else() {
    for (has_token, has_password) in [(true, false), (true, true), (false, false)] {
        let (listener, mut url) = listen().await;
        if has_password {
            // goes the way of those behind TLS
            url.set_password(Some("p")).unwrap();
        }
        let token =
            has_token.then(|| InternalToken::new(&crate::Secret::new("the-services-know-it")).unwrap());
        let hop = Hop::new(url, SILENCE).with_token(token);
        let mut asked = get("/");
        if has_token {
            asked.headers.insert("x-internal-token", HeaderValue::from_static("a guess"));
        }
        let (seen, _) = tokio::join!(
            async {
                let (mut socket, _) = listener.accept().await.unwrap();
                head(&mut socket).await
            },
            hop.send(asked),
        );
        let sent: Vec<_> = seen.lines().filter(|line| line.starts_with("x-internal-token")).collect();
        let expected: &[&str] = if has_token { &["x-internal-token: the-services-know-it"] } else { &[] };
        assert_eq!(sent, expected);
    }
}
