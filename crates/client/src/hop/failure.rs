//! Why a service gave no answer.

use std::io;

/// Why there is no answer, or not all of it. Names no host and no URL.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody listens there.
    #[error("connect")]
    Connect(#[source] io::Error),
    /// Too long without a byte.
    #[error("wait for the next byte")]
    Silent,
    /// A fresh connection was closed before the request could be sent.
    #[error("send the request on a connection that was closed at once")]
    Closed,
    /// Before the answer.
    #[error("wait for the answer")]
    Broke(#[source] hyper::Error),
    /// In the middle of the answer.
    #[error("read the answer")]
    Cut(#[source] hyper::Error),
    /// What was to be asked for makes no path, or what was to be said with it no header.
    #[error("make the request")]
    NoRequest,
    /// Of the client that can do TLS.
    #[error("ask behind TLS")]
    Tls(#[source] reqwest::Error),
}

impl Failure {
    pub(crate) fn of_tls(error: reqwest::Error) -> Self {
        Self::Tls(error.without_url())
    }

    /// One or two words, free of hosts and URLs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Connect(_) => "connection refused",
            Self::Silent => "timed out",
            Self::Cut(_) => "answer was cut",
            Self::Closed | Self::Broke(_) | Self::NoRequest => "connection broke",
            Self::Tls(error) => crate::http::failure_kind(error),
        }
    }

    /// True where the service was there, and the connection ended before the answer: most often one that had been idle.
    pub fn was_cut(&self) -> bool {
        match self {
            Self::Closed | Self::Broke(_) | Self::Cut(_) => true,
            Self::Connect(_) | Self::Silent | Self::NoRequest => false,
            Self::Tls(error) => !error.is_timeout() && !error.is_connect(),
        }
    }
}
