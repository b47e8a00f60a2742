//! The service on a free port, in front of an S3 server over a temporary directory.

use std::{net::SocketAddr, time::Duration};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation};
use client::{Secret, storage::StoredObject};
use emulators::s3::Faults;
use reqwest::Response;
use serde_json::Value;
use service::{Env, Shutdown};
use storage::Config;
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;

pub(crate) const BUCKET: &str = "img-bucket";
pub(crate) const ACCESS_KEY: &str = "canary-access-key";
pub(crate) const SECRET_KEY: &str = "canary-secret-key";
/// Longest silence of the service that a test bears. It begins with the request, not with the end of its body, so that a
/// large upload on a busy machine is one silence; what is never answered ends here, too.
const PATIENCE: Duration = Duration::from_secs(600);

/// A running service.
pub(crate) struct Service {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    pub(crate) http: reqwest::Client,
    shutdown: Shutdown,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.shutdown.stop();
    }
}

/// The settings of a service whose bucket is at `endpoint`.
pub(crate) fn config(endpoint: &str) -> Config {
    let env = Env::from_pairs([
        ("AWS_BUCKET_NAME", BUCKET),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
    ]);
    let mut config = Config::from_env(&env).unwrap();
    // the running program is a test
    config.thumbnails.program = Some(env!("CARGO_BIN_EXE_storage").into());
    config
}

impl Service {
    /// A service with these settings.
    pub(crate) async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        tokio::spawn(storage::run(listener, config, shutdown.clone()));
        let http = client::http::service_client(PATIENCE);
        Self { address, http, shutdown }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The typed client that the worker uses.
    pub(crate) fn client(&self) -> client::storage::Client {
        client::storage::Client::new(self.url("/").parse().unwrap(), self.http.clone())
    }

    /// The way that the worker's bytes take.
    pub(crate) fn uploads(&self) -> client::storage::Uploads {
        client::storage::Uploads::new(self.url("/").parse().unwrap(), Duration::from_secs(60), None)
    }

    /// `PUT /objects/{uuid}` with the length known, and the MD5 if given in base64.
    pub(crate) async fn put(&self, uuid: Uuid, name: &str, bytes: &[u8], md5: Option<&str>) -> Response {
        let mut url: url::Url = self.url(&format!("/objects/{uuid}")).parse().unwrap();
        url.query_pairs_mut().append_pair("filename", name);
        let mut request = self.http.put(url).body(bytes.to_vec());
        if let Some(md5) = md5 {
            request = request.header("content-md5", md5);
        }
        request.send().await.unwrap()
    }

    /// The same, which must work.
    pub(crate) async fn stored(&self, name: &str, bytes: &[u8]) -> StoredObject {
        let answer = self.put(Uuid::new_v4(), name, bytes, None).await;
        assert_eq!(answer.status(), 200, "{name}");
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// `POST` of JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.http.post(self.url(path)).json(body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    }
}

/// A service in front of the embedded S3 server.
pub(crate) struct Stack {
    pub(crate) service: Service,
    /// Where S3 is.
    pub(crate) endpoint: String,
    /// What goes wrong in S3.
    pub(crate) faults: Faults,
    /// The bucket, seen directly.
    pub(crate) s3: aws_sdk_s3::Client,
    s3_shutdown: Shutdown,
    _directory: TempDir,
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.s3_shutdown.stop();
    }
}

impl Stack {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_, _| ()).await
    }

    /// A stack set up as `adjust` likes.
    pub(crate) async fn start_with(adjust: impl FnOnce(&mut Config, &mut emulators::s3::Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut s3_config =
            emulators::s3::Config::new(directory.path(), BUCKET, ACCESS_KEY, Secret::new(SECRET_KEY));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let mut config = config(&endpoint);
        adjust(&mut config, &mut s3_config);
        let faults = s3_config.faults.clone();
        let s3_shutdown = Shutdown::new();
        tokio::spawn(emulators::s3::run(listener, s3_config, s3_shutdown.clone()));
        let service = Service::start(config).await;
        let s3 = s3_client(&endpoint);
        Self { service, endpoint, faults, s3, s3_shutdown, _directory: directory }
    }

    /// The keys in the bucket.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let listed = self.s3.list_objects_v2().bucket(BUCKET).send().await.unwrap();
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    /// How many multipart uploads are neither completed nor aborted.
    pub(crate) async fn unfinished(&self) -> usize {
        self.s3.list_multipart_uploads().bucket(BUCKET).send().await.unwrap().uploads().len()
    }

    /// Puts an object there without the service.
    pub(crate) async fn put_directly(&self, key: &str) {
        self.s3.put_object().bucket(BUCKET).key(key).body(b"x".to_vec().into()).send().await.unwrap();
    }

    /// The bytes at a public URL, as a browser gets them.
    pub(crate) async fn open(&self, url: &str) -> Response {
        self.service.http.get(url).send().await.unwrap()
    }
}

fn s3_client(endpoint: &str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test"))
        .force_path_style(true)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// The body of an answer.
pub(crate) async fn json(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// Bytes that repeat at no offset a part or chunk could begin at.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| u8::try_from((n * 7 + n / 251) % 251).unwrap()).collect()
}

/// `Content-MD5` of `bytes`.
pub(crate) fn md5_base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    use md5::Digest as _;
    base64::engine::general_purpose::STANDARD.encode(md5::Md5::digest(bytes))
}

/// MD5 of `bytes` in hexadecimal digits.
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    use md5::Digest as _;
    hex::encode(md5::Md5::digest(bytes))
}

/// Polls until `reached` is true.
pub(crate) async fn wait_for(what: &str, mut reached: impl AsyncFnMut() -> bool) {
    let poll = async {
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), poll).await.is_ok(), "never happened: {what}");
}
