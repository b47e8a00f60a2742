//! The database is down, late, or opened by many at once.

use std::{net::SocketAddr, sync::Arc};

use metadata::Database;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Place, Service, image, on_both_engines, wait_for};

on_both_engines!(replicas_that_start_at_once_do_not_clash);

async fn replicas_that_start_at_once_do_not_clash(place: Place) {
    let services: Vec<_> = (0..6).map(|_| place.start()).collect();
    for (n, service) in services.iter().enumerate() {
        service.create(&image(&format!("a{n}"))).await;
    }
    assert_eq!(services[0].get("/images").await.body["total"], 6);
}

async fn assert_down(service: &Service) {
    let asked = [
        ("GET", "/images", None),
        ("GET", "/images/all", None),
        ("GET", "/images/1", None),
        ("DELETE", "/images/1", None),
        ("GET", "/stats", None),
        ("POST", "/images", Some(image("a"))),
        ("POST", "/images/known", Some(json!({"google_drive_ids": ["a"]}))),
        ("POST", "/objects/release", Some(json!({"storage_path": "p", "storage_provider": "aws"}))),
    ];
    let asked = asked.map(|(method, path, body)| async move {
        let answer = service.ask(method, path, body.as_ref()).await;
        assert_eq!(answer.status, 500, "{method} {path}: {}", answer.body);
        assert_eq!(answer.body["code"], "database-unavailable", "{method} {path}");
        let text = answer.body.to_string();
        for internal in ["127.0.0.1", "root", "SELECT", "sql", "refused"] {
            assert!(!text.contains(internal), "{text}");
        }
        assert_eq!(answer.body.get("success"), (path == "/images/all").then_some(&Value::Bool(false)));
    });
    futures::future::join_all(asked).await;
    assert_eq!(service.get("/health").await.status, 200);
    let ready = service.get("/ready").await;
    assert_eq!((ready.status, &ready.body["dependencies"]["database"]["status"]), (503, &json!("down")));
}

async fn becomes_ready(service: &Service) {
    wait_for("a database that is back", || async {
        (service.get("/ready").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_opened_is_tried_until_it_can() {
    let place = tempfile::tempdir().unwrap();
    let in_the_way = place.path().join("data");
    std::fs::write(&in_the_way, "not a directory").unwrap();
    let mut config = Place::sqlite().config();
    config.database = Database::Sqlite { path: in_the_way.join("images.db") };
    let service = Service::start(config);
    assert_down(&service).await;
    std::fs::remove_file(&in_the_way).unwrap();
    becomes_ready(&service).await;
    service.create(&image("a")).await;
}

/// A way to the database that can be closed and opened.
struct Gate {
    address: SocketAddr,
    behind: String,
    open: Option<tokio::task::JoinHandle<()>>,
}

impl Gate {
    async fn closed_before(behind: String) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        Self { address, behind, open: None }
    }

    fn open(&mut self) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        let listener = socket.listen(64).unwrap();
        let behind = Arc::new(self.behind.clone());
        self.open = Some(tokio::spawn(async move {
            // dropped with this task: every connection ends when the gate closes
            let mut through = tokio::task::JoinSet::new();
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let behind = Arc::clone(&behind);
                through.spawn(async move {
                    let mut server = TcpStream::connect(behind.as_str()).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        }));
    }

    async fn close(&mut self) {
        let task = self.open.take().unwrap();
        task.abort();
        let _ = task.await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_may_be_down_at_start_and_later_and_is_found_again() {
    let place = Place::mysql().await;
    let mut config = place.config();
    let Database::MySql(settings) = &mut config.database else { unreachable!("it is MySQL") };
    let mut gate = Gate::closed_before(format!("{}:{}", settings.server, settings.port)).await;
    settings.server = gate.address.ip().to_string();
    settings.port = gate.address.port();
    let service = Service::start(config);
    assert_down(&service).await;
    gate.open();
    becomes_ready(&service).await;
    service.create(&image("a")).await;
    gate.close().await;
    assert_down(&service).await;
    gate.open();
    becomes_ready(&service).await;
    assert_eq!(service.get("/images").await.body["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_on_mysql_is_said_without_saying_it() {
    let place = Place::mysql().await;
    let mut config = place.config();
    let Database::MySql(settings) = &mut config.database else { unreachable!("it is MySQL") };
    settings.password = client::Secret::new("canary-secret");
    let service = Service::start(config);
    let reason = wait_for("the reason", || async {
        let ready = service.get("/ready").await.body;
        assert!(!ready.to_string().contains("canary"), "{ready}");
        let reason = ready["dependencies"]["database"]["reason"].as_str()?.to_owned();
        reason.contains("refused").then_some(reason)
    })
    .await;
    assert!(reason.contains("password"), "{reason}");
}
