//! The embedded S3 server beside a stack, and what lies in its bucket.

use std::{collections::BTreeMap, path::PathBuf};

use aws_config::BehaviorVersion;
use aws_sdk_s3::config::{Credentials, Region};
use emulators::s3::{AclMode, Config, FaultRule, Faults};
use service::Shutdown;
use tokio::net::TcpListener;

/// Name of the bucket of every test.
pub const BUCKET: &str = "images";
/// Key of every test.
pub const ACCESS_KEY: &str = "test-key";
/// Its secret; no log may show it.
pub const SECRET_KEY: &str = "canary-aws-secret";

/// A running S3 server.
#[derive(Debug)]
pub struct Bucket {
    /// What the storage service takes as `AWS_ENDPOINT_URL`.
    pub url: String,
    faults: Faults,
    stop: Shutdown,
}

impl Bucket {
    /// Serves a bucket kept in `dir`.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(dir: PathBuf) -> Self {
        Self::serve(Config::new(dir, BUCKET, ACCESS_KEY, client::Secret::new(SECRET_KEY))).await
    }

    /// The same, and nobody reads anything without a signature: no ACLs, no policy, as AWS makes buckets today.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start_private(dir: PathBuf) -> Self {
        let config = Config::new(dir, BUCKET, ACCESS_KEY, client::Secret::new(SECRET_KEY));
        Self::serve(Config { anonymous_reads: false, acls: AclMode::Refuse, ..config }).await
    }

    async fn serve(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind a port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (faults, stop) = (config.faults.clone(), Shutdown::new());
        let stopping = stop.clone();
        tokio::spawn(async move {
            if let Err(error) = emulators::s3::run(listener, config, stopping).await {
                eprintln!("S3 server: {error:#}");
            }
        });
        Self { url: format!("http://{address}"), faults, stop }
    }

    /// Adds a rule to the fault book.
    pub fn fail(&self, rule: FaultRule) {
        self.faults.add(rule);
    }

    /// How often each rule of the fault book fired.
    pub fn fired(&self) -> Vec<(String, u64)> {
        let report = self.faults.report().into_iter();
        report.map(|entry| (format!("{:?} on {:?}", entry.rule.kind, entry.rule.on), entry.fired)).collect()
    }

    /// Everything goes well again.
    pub fn heal(&self) {
        self.faults.clear();
    }

    /// Every key and its size.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn objects(&self) -> BTreeMap<String, i64> {
        let s3 = self.client().await;
        let mut pages = s3.list_objects_v2().bucket(BUCKET).into_paginator().send();
        let mut objects = BTreeMap::new();
        while let Some(page) = pages.next().await {
            for object in page.expect("list the bucket").contents() {
                objects.insert(object.key().unwrap_or_default().to_owned(), object.size().unwrap_or(-1));
            }
        }
        objects
    }

    /// Puts an object there, as somebody else would.
    ///
    /// # Panics
    /// When the server does not take it.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) {
        let put = self.client().await.put_object().bucket(BUCKET).key(key).body(bytes.into());
        put.send().await.expect("put an object");
    }

    /// How many multipart uploads are open.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn open_uploads(&self) -> usize {
        let uploads = self.client().await.list_multipart_uploads().bucket(BUCKET).send().await;
        uploads.expect("list open uploads").uploads().len()
    }

    async fn client(&self) -> aws_sdk_s3::Client {
        client::http::install_tls();
        let http = aws_smithy_http_client::Builder::new().build_http();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "tests"))
            .endpoint_url(&self.url)
            .load()
            .await;
        aws_sdk_s3::Client::from_conf(
            aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build(),
        )
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.stop.stop();
    }
}
