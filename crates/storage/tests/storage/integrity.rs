//! An object that is not what was announced is never there.

use tokio::{io::AsyncWriteExt as _, net::TcpStream};
use uuid::Uuid;

use crate::harness::{Stack, bytes, json, md5_base64, md5_hex, wait_for};

/// In memory, streamed, in parts.
const LENGTHS: [usize; 3] = [1000, 2 << 20, 20 << 20];

#[tokio::test]
async fn other_bytes_than_announced_leave_no_object() {
    let stack = Stack::start().await;
    stack.service.stored("first", b"settles whether the bucket takes ACLs").await;
    let before = stack.keys().await;
    for length in LENGTHS {
        let sent = bytes(length);
        let answer = stack.service.put(Uuid::new_v4(), "a.jpg", &sent, Some(&md5_base64(b"others"))).await;
        assert_eq!(answer.status(), 422, "{length}");
        let body = json(answer).await;
        assert_eq!(body["code"], "checksum-mismatch");
        assert_eq!(body["md5"], md5_hex(&sent).as_str());
        assert_eq!(body["size"], length);
        assert_eq!(stack.keys().await, before, "{length}");
        assert_eq!(stack.unfinished().await, 0, "{length}");
    }
}

#[tokio::test]
async fn other_bytes_do_not_replace_the_object_that_was_there() {
    let stack = Stack::start().await;
    let uuid = Uuid::new_v4();
    let good = bytes(1 << 20);
    assert_eq!(stack.service.put(uuid, "a.jpg", &good, None).await.status(), 200);
    let mut bad = good.clone();
    bad[1000] ^= 1;
    assert_eq!(stack.service.put(uuid, "a.jpg", &bad, Some(&md5_base64(&good))).await.status(), 422);
    let url = stack.service.put(uuid, "a.jpg", &good, None).await;
    let url = json(url).await["url"].as_str().unwrap().to_owned();
    assert!(stack.open(&url).await.bytes().await.unwrap() == good);
}

#[tokio::test]
async fn a_cut_body_leaves_no_object() {
    let stack = Stack::start().await;
    stack.service.stored("first", b"settles whether the bucket takes ACLs").await;
    let before = stack.keys().await;
    for length in LENGTHS {
        let mut socket = TcpStream::connect(stack.service.address).await.unwrap();
        let head = format!(
            "PUT /objects/{}?filename=a HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n",
            Uuid::new_v4()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        // all but the last byte
        socket.write_all(&bytes(length - 1)).await.unwrap();
        if length > 16 << 20 {
            wait_for("the upload begins", async || stack.unfinished().await == 1).await;
        }
        drop(socket);
        wait_for("nothing is left of it", async || stack.unfinished().await == 0).await;
        assert_eq!(stack.keys().await, before, "{length}");
    }
    // it would have become visible by now: a later request of the same kind has
    let later = stack.service.stored("later", &bytes(2 << 20)).await;
    assert_eq!(stack.keys().await.len(), before.len() + 1, "{}", later.key);
}

#[tokio::test]
async fn a_chunked_body_that_is_cut_leaves_no_object() {
    let stack = Stack::start().await;
    for length in LENGTHS {
        let mut socket = TcpStream::connect(stack.service.address).await.unwrap();
        let head = format!(
            "PUT /objects/{}?filename=a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n",
            Uuid::new_v4()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(&bytes(length)).await.unwrap();
        // whole chunks, but no end
        socket.write_all(b"\r\n").await.unwrap();
        if length > 16 << 20 {
            wait_for("the upload begins", async || stack.unfinished().await == 1).await;
        }
        drop(socket);
        wait_for("nothing is left of it", async || stack.unfinished().await == 0).await;
    }
    let later = stack.service.stored("later", b"x").await;
    assert_eq!(stack.keys().await, [later.key]);
}
