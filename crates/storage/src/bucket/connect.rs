//! The S3 client: where, as whom, and over which TLS.

mod transport;

use std::time::Duration;

use aws_config::{default_provider::credentials::DefaultCredentialsChain, provider_config::ProviderConfig};
use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Credentials, ProvideCredentials, Region, RequestChecksumCalculation,
        ResponseChecksumValidation, SharedHttpClient, StalledStreamProtectionConfig, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::config::{BucketConfig, RequestChecksums};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Idle connections are dropped sooner than servers drop them, so that no body is streamed into a dead one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// A client of the bucket's server. Nothing is sent yet, unless credentials come from a role.
pub(super) async fn client(config: &BucketConfig) -> Client {
    client::http::install_tls();
    let settings = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(config.region.clone()))
        .request_checksum_calculation(match config.checksums {
            RequestChecksums::WhenRequired => RequestChecksumCalculation::WhenRequired,
            RequestChecksums::WhenSupported => RequestChecksumCalculation::WhenSupported,
        })
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        // this service knows better what may be sent again, and counts
        .retry_config(RetryConfig::disabled())
        // it would break off uploads whose source pauses; silence is watched where bodies are fed
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .http_client(transport::transport(CONNECT_TIMEOUT, IDLE_TIMEOUT));
    let settings = match &config.endpoint {
        // hosts named after buckets are AWS' way; elsewhere they rarely resolve
        Some(endpoint) => settings.endpoint_url(endpoint).force_path_style(true),
        None => settings,
    };
    let settings = if let Some(key) = &config.credentials {
        let token = key.session_token.as_ref().map(|token| token.expose().to_owned());
        let key = Credentials::new(key.id.expose(), key.secret.expose(), token, None, "settings");
        settings.credentials_provider(key)
    } else {
        settings.credentials_provider(chain(config).await)
    };
    Client::from_conf(settings.build())
}

/// The name that the AWS SDK gives to the source it takes credentials from, if one has any.
pub(super) async fn source_of_credentials(config: &BucketConfig) -> Option<String> {
    client::http::install_tls();
    let credentials = chain(config).await.provide_credentials().await.ok()?;
    // only the text form has the name, in quotes; the secret is not in it
    Some(format!("{credentials:?}").split('"').nth(1).unwrap_or("one of its sources").to_owned())
}

async fn chain(config: &BucketConfig) -> DefaultCredentialsChain {
    let region = Region::new(config.region.clone());
    let sources = ProviderConfig::without_region().with_region(Some(region)).with_http_client(http_client());
    DefaultCredentialsChain::builder().configure(sources).profile_name(&config.profile).build().await
}

/// For sources of credentials: they have time-outs of their own, which the SDK's client knows.
fn http_client() -> SharedHttpClient {
    // certificates of the system, where it has any: a private authority may be among them
    let system = !rustls_native_certs::load_native_certs().certs.is_empty();
    let mut trust = TrustStore::empty().with_native_roots(system);
    trust.add_pem_certificate(bundled_roots());
    let builder =
        Builder::new().pool_idle_timeout(IDLE_TIMEOUT).tls_provider(Provider::Rustls(CryptoMode::Ring));
    match TlsContext::builder().with_trust_store(trust).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}

/// Root certificates for a container that has none, in the one form that the SDK takes.
fn bundled_roots() -> Vec<u8> {
    let mut pem = String::new();
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        let text = STANDARD.encode(root);
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        for start in (0..text.len()).step_by(64) {
            pem.push_str(&text[start..text.len().min(start + 64)]);
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    pem.into_bytes()
}
