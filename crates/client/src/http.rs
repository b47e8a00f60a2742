//! The one place that builds an HTTP client: TLS, time-outs, connection reuse, no redirects by default.

use std::{sync::Once, time::Duration};

/// Name of the header that follows one request through all services.
pub const REQUEST_ID: &str = "x-request-id";

/// How long a connection may take to be made.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Idle connections are dropped sooner than servers drop them (75 s is usual), so that none is found dead.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes ring the TLS implementation of this process. Every client needs it; calling it again does nothing.
pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // an error means that somebody else in this process has installed one: as good
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A builder with our defaults. `idle` is the longest silence on an open answer (time without a byte, not total
/// time), so that long downloads and event streams may last.
pub fn builder(idle: Duration) -> reqwest::ClientBuilder {
    install_tls();
    // bundled roots: a minimal container has none, and the client would not even speak plain HTTP
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|der| reqwest::Certificate::from_der(der).ok());
    reqwest::Client::builder()
        .tls_certs_merge(roots)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(idle)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
}

/// A client for calls between services.
///
/// # Panics
/// Never in practice: building fails only without a TLS implementation, which [`install_tls`] has installed.
pub fn service_client(idle: Duration) -> reqwest::Client {
    builder(idle).http1_only().build().expect("TLS is installed and the settings are constant")
}

/// The same, with what the services know the caller by.
///
/// # Panics
/// As [`service_client`]: never.
pub fn inside_client(idle: Duration, token: Option<&crate::InternalToken>) -> reqwest::Client {
    let mut headers = http::HeaderMap::new();
    if let Some(token) = token {
        token.add_to(&mut headers);
    }
    let inside = builder(idle).http1_only().default_headers(headers);
    inside.build().expect("TLS is installed and the settings are constant")
}

/// One or two words for why a call got no answer, free of hosts and URLs.
pub fn failure_kind(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "connection refused"
    } else if error.is_body() || error.is_decode() {
        "answer was cut"
    } else {
        "connection broke"
    }
}
