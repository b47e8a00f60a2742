//! A server on a free port over a temporary directory, and the clients to try it with.

use std::net::SocketAddr;

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
};
use client::secret::Secret;
use emulators::s3::{self, Config};
use service::Shutdown;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The bucket that every test server has.
pub(crate) const BUCKET: &str = "images";
pub(crate) const ACCESS_KEY: &str = "dev";
pub(crate) const SECRET_KEY: &str = "devsecret";

/// A running server; it ends with the test.
pub(crate) struct TestServer {
    /// `http://host:port`.
    pub(crate) endpoint: String,
    /// The AWS SDK, signed in, without retries: a test wants to see the first answer.
    pub(crate) s3: Client,
    /// Plain HTTP.
    pub(crate) http: reqwest::Client,
    shutdown: Shutdown,
    _directory: TempDir,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.shutdown.stop();
    }
}

impl TestServer {
    /// A server with public reads, ACLs and fault control.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// A server set up as `adjust` likes.
    pub(crate) async fn start_with(adjust: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(&directory);
        adjust(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        tokio::spawn(s3::run(listener, config, shutdown.clone()));
        let endpoint = format!("http://{address}");
        let http = http_client();
        Self {
            s3: s3_client(address, ACCESS_KEY, SECRET_KEY),
            endpoint,
            http,
            shutdown,
            _directory: directory,
        }
    }

    /// The public URL of a key.
    pub(crate) fn url(&self, key: &str) -> String {
        let key = percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC);
        format!("{}/{BUCKET}/{key}", self.endpoint)
    }

    /// Stores `body` under `key`.
    pub(crate) async fn put(&self, key: &str, body: &[u8]) {
        self.s3.put_object().bucket(BUCKET).key(key).body(body.to_vec().into()).send().await.unwrap();
    }

    /// The bytes under `key`, or the error code.
    pub(crate) async fn get(&self, key: &str) -> Result<Vec<u8>, String> {
        let answer = self.s3.get_object().bucket(BUCKET).key(key).send().await.map_err(code)?;
        Ok(answer.body.collect().await.unwrap().to_vec())
    }

    /// A client with other credentials.
    pub(crate) fn client_as(&self, access_key: &str, secret_key: &str) -> Client {
        let address = self.endpoint.trim_start_matches("http://").parse().unwrap();
        s3_client(address, access_key, secret_key)
    }
}

/// The settings of a test server in `directory`.
pub(crate) fn config(directory: &TempDir) -> Config {
    let mut config = Config::new(directory.path(), BUCKET, ACCESS_KEY, Secret::new(SECRET_KEY));
    config.fault_control = true;
    config
}

/// The AWS SDK, pointed at `address`.
pub(crate) fn s3_client(address: SocketAddr, access_key: &str, secret_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(format!("http://{address}"))
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new(access_key, secret_key, None, None, "test"))
        .force_path_style(true)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// Plain HTTP.
pub(crate) fn http_client() -> reqwest::Client {
    client::http::service_client(std::time::Duration::from_secs(30))
}

/// The S3 error code of a failed call, or its HTTP status where the answer has no body.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
pub(crate) fn code<E: ProvideErrorMetadata>(error: SdkError<E>) -> String {
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (error.code(), status) {
        (Some(code), _) => code.to_owned(),
        (None, Some(status)) => status.to_string(),
        (None, None) => format!("no answer: {}", std::any::type_name::<E>()),
    }
}

/// The code of an XML error document.
pub(crate) fn xml_code(body: &str) -> &str {
    body.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next()).unwrap_or_default()
}
