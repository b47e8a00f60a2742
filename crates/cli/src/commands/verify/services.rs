//! The services that are asked, not through the gateway: what they are asked is for those inside only.

use std::time::Duration;

use client::{import, metadata, retry::Backoff, storage, worker};
use service::Env;

use crate::exit::{Unreachable, Usage};

/// Longest silence: a checksum of a large object, or an image that is stored anew, takes its time.
const SILENCE: Duration = Duration::from_secs(330);
/// Tries of a question. None of them changes anything.
const TRIES: u32 = 7;

/// Which system.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ServiceArgs {
    /// Verify the system that `up --port-base N` has started [default: `STORAGE_SERVICE_URL`, `METADATA_SERVICE_URL`,
    /// `WORKER_SERVICE_URL` and `IMPORT_SERVICE_URL`, else ports 5003, 5002, 5004 and 5001 of this computer]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=65_529))]
    port_base: Option<u16>,
}

/// Clients of the services.
#[derive(Debug, Clone)]
pub(super) struct Services {
    /// Whose objects are compared.
    pub(super) storage: storage::Client,
    /// Whose rows are compared.
    pub(super) metadata: metadata::Client,
    /// Who stores images anew.
    pub(super) worker: worker::Client,
    /// Who knows whether an import runs.
    pub(super) import: import::Client,
}

impl ServiceArgs {
    /// The services that are meant.
    pub(super) fn open(&self) -> anyhow::Result<Services> {
        let mut env = Env::from_process()?;
        if let Some(base) = self.port_base {
            for (name, part) in [
                ("IMPORT_SERVICE_URL", 1),
                ("METADATA_SERVICE_URL", 2),
                ("STORAGE_SERVICE_URL", 3),
                ("WORKER_SERVICE_URL", 4),
            ] {
                env.set(name, format!("http://127.0.0.1:{}", base + part));
            }
        }
        let read = env.reader();
        let http = client::http::inside_client(SILENCE, read.internal_token().as_ref());
        let services = Services {
            storage: storage::Client::new(
                read.url_or("STORAGE_SERVICE_URL", "http://localhost:5003"),
                http.clone(),
            ),
            metadata: metadata::Client::new(
                read.url_or("METADATA_SERVICE_URL", "http://localhost:5002"),
                http.clone(),
            ),
            worker: worker::Client::new(
                read.url_or("WORKER_SERVICE_URL", "http://localhost:5004"),
                http.clone(),
            ),
            import: import::Client::new(read.url_or("IMPORT_SERVICE_URL", "http://localhost:5001"), http),
        };
        read.finish(services).map_err(|error| Usage(format!("{error:#}")).into())
    }
}

/// Asks until there is an answer, or it is clear that there will be none: a service that restarts costs no findings.
pub(super) async fn asked<T, Asking>(question: impl Fn() -> Asking) -> Result<T, client::Error>
where
    Asking: Future<Output = Result<T, client::Error>>,
{
    let mut tries = 1;
    loop {
        match question().await {
            Err(error) if error.is_retryable() && !error.is_of_strangers() && tries < TRIES => {
                tokio::time::sleep(Backoff::SERVICE.wait(tries, None)).await;
                tries += 1;
            }
            answer => return answer,
        }
    }
}

/// What it means for the whole that a question got no answer.
pub(super) trait OrStop<T> {
    /// The answer, or an end of the comparison: nothing can be said about what was not seen.
    fn or_stop(self) -> anyhow::Result<T>;
}

impl<T> OrStop<T> for Result<T, client::Error> {
    fn or_stop(self) -> anyhow::Result<T> {
        let error = match self {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let advice = match error.status().map(|status| status.as_u16()) {
            None => {
                "Start the system, or say where it is with --port-base, or with STORAGE_SERVICE_URL and \
                 METADATA_SERVICE_URL"
            }
            Some(401) => "Set INTERNAL_TOKEN to what it is set to where the services run",
            Some(404 | 405) => "This service is too old, or not one of ours: it cannot be verified",
            Some(_) => "Nothing can be said about what was not seen",
        };
        Err(Unreachable(format!("{error}. {advice}")).into())
    }
}
