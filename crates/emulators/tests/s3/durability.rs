//! What survives a restart, and a kill in the middle of writing.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use emulators::s3::{self, FaultKind, FaultRule, Server};
use service::Shutdown;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::harness::{ACCESS_KEY, BUCKET, SECRET_KEY, code, config, http_client, s3_client};

/// Serves the working directory until it is killed; [`ServerProcess`] runs this in a process of its own.
#[tokio::test]
#[ignore = "not a test but the process that other tests kill"]
async fn serve_the_working_directory() {
    let mut config = config(&TempDir::new().unwrap());
    config.data_dir = "data".into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    std::fs::write("address.part", listener.local_addr().unwrap().to_string()).unwrap();
    std::fs::rename("address.part", "address").unwrap();
    s3::run(listener, config, Shutdown::new()).await.unwrap();
}

struct ServerProcess {
    child: Child,
    address: SocketAddr,
}

impl ServerProcess {
    async fn start(directory: &Path) -> Self {
        let file = directory.join("address");
        // absent the first time
        let _ = std::fs::remove_file(&file);
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "durability::serve_the_working_directory"])
            .current_dir(directory)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let http = http_client();
        let address = async {
            loop {
                if let Ok(address) = std::fs::read_to_string(&file) {
                    // answered once the store is open and tidy
                    http.get(format!("http://{address}/_health")).send().await.unwrap();
                    return address.parse().unwrap();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let address = tokio::time::timeout(Duration::from_mins(1), address).await.expect("the server is up");
        Self { child, address }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // killed already: as good
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn body(number: usize) -> Vec<u8> {
    // sizes on both sides of one portion of the receiver, so that kills hit half-written files too
    let size = if number.is_multiple_of(7) { 1_500_000 } else { 50_000 + number };
    vec![u8::try_from(number % 251).unwrap(); size]
}

fn count_files(directory: &Path) -> usize {
    let parts = std::fs::read_dir(directory.join("data/objects")).unwrap();
    parts.map(|part| std::fs::read_dir(part.unwrap().path()).unwrap().count()).sum()
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_and_nothing_half_done_does() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let server = ServerProcess::start(directory.path()).await;
        let s3 = s3_client(server.address, ACCESS_KEY, SECRET_KEY);
        let (acknowledge, mut acknowledgements) = tokio::sync::mpsc::unbounded_channel();
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let (s3, acknowledge) = (s3.clone(), acknowledge.clone());
                tokio::spawn(async move {
                    for step in 0.. {
                        let number = round * 100_000 + writer * 1000 + step;
                        let put = s3
                            .put_object()
                            .bucket(BUCKET)
                            .key(format!("k{number}"))
                            .body(body(number).into());
                        if put.send().await.is_err() {
                            return;
                        }
                        acknowledge.send(number).unwrap();
                    }
                })
            })
            .collect();
        for _ in 0..60 {
            acknowledged.push(acknowledgements.recv().await.unwrap());
        }
        server.kill();
        for writer in writers {
            writer.await.unwrap();
        }
        while let Ok(number) = acknowledgements.try_recv() {
            acknowledged.push(number);
        }
    }

    let server = ServerProcess::start(directory.path()).await;
    let s3 = s3_client(server.address, ACCESS_KEY, SECRET_KEY);
    for number in &acknowledged {
        let object = s3.get_object().bucket(BUCKET).key(format!("k{number}")).send().await.unwrap();
        assert!(object.body.collect().await.unwrap().to_vec() == body(*number), "k{number}");
    }
    // written but not acknowledged in time is allowed; half-written is not
    let mut listed = 0;
    let mut pages = s3.list_objects_v2().bucket(BUCKET).into_paginator().send();
    while let Some(page) = pages.next().await {
        for object in page.unwrap().contents() {
            let number: usize = object.key().unwrap()[1..].parse().unwrap();
            assert_eq!(object.size(), i64::try_from(body(number).len()).ok());
            listed += 1;
        }
    }
    assert!(listed >= acknowledged.len());
    assert_eq!(count_files(directory.path()), listed);
    server.kill();
}

#[tokio::test]
async fn an_upload_goes_on_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let server = ServerProcess::start(directory.path()).await;
    let s3 = s3_client(server.address, ACCESS_KEY, SECRET_KEY);
    let id = s3.create_multipart_upload().bucket(BUCKET).key("big").send().await.unwrap().upload_id.unwrap();
    let part =
        s3.upload_part().bucket(BUCKET).key("big").upload_id(&id).part_number(1).body(vec![1; 1000].into());
    let etag = part.send().await.unwrap().e_tag.unwrap();
    server.kill();

    let server = ServerProcess::start(directory.path()).await;
    let s3 = s3_client(server.address, ACCESS_KEY, SECRET_KEY);
    let list = CompletedPart::builder().part_number(1).e_tag(etag).build();
    let list = CompletedMultipartUpload::builder().parts(list).build();
    let complete =
        s3.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(&id).multipart_upload(list);
    complete.send().await.map_err(code).unwrap();
    let url = format!("http://{}/{BUCKET}/big", server.address);
    assert_eq!(http_client().get(url).send().await.unwrap().bytes().await.unwrap(), vec![1; 1000]);
    server.kill();
}

#[tokio::test]
async fn replaced_and_deleted_bytes_leave_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let server = ServerProcess::start(directory.path()).await;
    let s3 = s3_client(server.address, ACCESS_KEY, SECRET_KEY);
    for round in 0..3 {
        s3.put_object().bucket(BUCKET).key("same").body(vec![round; 100].into()).send().await.unwrap();
    }
    s3.put_object().bucket(BUCKET).key("gone").body(vec![1].into()).send().await.unwrap();
    s3.delete_object().bucket(BUCKET).key("gone").send().await.unwrap();
    server.kill();
    // files that were still to be removed go at the next start
    let server = ServerProcess::start(directory.path()).await;
    assert_eq!(count_files(directory.path()), 1);
    server.kill();
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_finishes_what_it_was_sent() {
    let directory = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = Shutdown::new();
    let config = config(&directory);
    let faults = config.faults.clone();
    faults.add(FaultRule { seconds: 0.2, ..FaultRule::new(FaultKind::Latency).on("PutObject") });
    let running = tokio::spawn(s3::run(listener, config.clone(), shutdown.clone()));
    let s3 = s3_client(address, ACCESS_KEY, SECRET_KEY);
    let put = tokio::spawn(s3.put_object().bucket(BUCKET).key("last").body(vec![1; 1000].into()).send());
    let waiting = async {
        while faults.report()[0].fired == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), waiting).await.expect("the request arrived");
    shutdown.stop();
    running.await.unwrap().unwrap();
    put.await.unwrap().unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(s3::run(listener, config, Shutdown::new()));
    let s3 = s3_client(address, ACCESS_KEY, SECRET_KEY);
    faults.clear();
    s3.head_object().bucket(BUCKET).key("last").send().await.unwrap();
}

#[tokio::test]
async fn two_servers_cannot_share_a_directory_but_one_can_follow_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let first = Server::open(config(&directory)).await.unwrap();
    let second = Server::open(config(&directory)).await;
    assert!(second.unwrap_err().to_string().contains("in use by another S3 server"));
    first.close().await;
    Server::open(config(&directory)).await.unwrap().close().await;
}

#[tokio::test]
async fn a_lost_index_does_not_cost_the_bytes() {
    let directory = tempfile::tempdir().unwrap();
    Server::open(config(&directory)).await.unwrap().close().await;
    std::fs::write(directory.path().join("objects/00/0123456789abcdef0123456789abcdef"), "bytes").unwrap();
    for file in ["index.db", "index.db-wal", "index.db-shm"] {
        // the last two are there or not, as SQLite likes
        let _ = std::fs::remove_file(directory.path().join(file));
    }
    assert!(Server::open(config(&directory)).await.unwrap_err().to_string().contains("no index.db"));
    assert!(directory.path().join("objects/00/0123456789abcdef0123456789abcdef").exists());
}
