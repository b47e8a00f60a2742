//! The emulator behind a real socket.

mod access;
mod bad_downloads;
mod bad_listings;
mod downloads;
mod fixtures;
mod listing;
mod mishaps;

use super::{Config, Manifest, run};
use http::HeaderMap;
use serde_json::Value;
use service::shutdown::Shutdown;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A running emulator; stops when dropped.
struct Emulator {
    address: SocketAddr,
    config: Config,
    client: reqwest::Client,
    shutdown: Shutdown,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and first reason.
    fn error(&self) -> (u16, String) {
        (self.status, self.json()["error"]["errors"][0]["reason"].as_str().unwrap_or_default().to_owned())
    }
}

impl Emulator {
    async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        tokio::spawn(run(listener, config.clone(), shutdown.clone()));
        let client = client::http::service_client(Duration::from_secs(60));
        Self { address, config, client, shutdown }
    }

    async fn of_manifest(json: Value) -> Self {
        Self::start(Config::default().with_manifest(Manifest::parse(&json.to_string()).unwrap())).await
    }

    async fn of_tree(root: &Path) -> Self {
        Self::start(Config::default().with_root(root)).await
    }

    fn request(&self, path: &str, parameters: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let url = format!("http://{}/drive/v3/{path}", self.address);
        self.client.get(url).query(parameters).header("X-Goog-Api-Key", "K")
    }

    async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        read(self.request(path, parameters)).await.unwrap()
    }

    async fn list(&self, q: &str, fields: &str) -> Value {
        self.get("files", &[("q", q), ("fields", fields)]).await.json()
    }

    /// The names that a query finds, on one page.
    async fn names(&self, q: &str) -> Vec<String> {
        texts(&self.list(q, "files/name").await, "name")
    }

    async fn media(&self, id: &str, range: Option<&str>) -> Result<Answer, reqwest::Error> {
        let request = self.request(&format!("files/{id}"), &[("alt", "media")]);
        read(match range {
            Some(range) => request.header("Range", range),
            None => request,
        })
        .await
    }

    /// Everything that comes back over one connection, until it ends.
    async fn raw(&self, path: &str, headers: &str) -> std::io::Result<Vec<u8>> {
        let mut tcp = TcpStream::connect(self.address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Goog-Api-Key: K\r\n{headers}\r\n");
        tcp.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        tcp.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    async fn control(&self, method: http::Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.client.request(method, format!("http://{}{path}", self.address));
        read(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
        .unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.shutdown.stop();
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    let files = list["files"].as_array().unwrap();
    files.iter().map(|file| file[field].as_str().unwrap_or("-").to_owned()).collect()
}
