//! Logs: one line per event on standard error, as text or JSON.

mod lines;

use std::{
    io::{self, IsTerminal},
    sync::Once,
};

use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use self::lines::{Lines, Look};
use crate::Env;

/// What is logged where `RUST_LOG` does not say otherwise. Third parties are held back: at lower levels some print
/// URLs and headers.
const DEFAULT_FILTER: &str =
    "info,sqlx=warn,hyper=warn,reqwest=warn,aws_config=error,aws_runtime=warn,s3s=warn";

/// Targets that begin so tell what they send, tokens included, at `debug` and `trace`: more than `info` of them is never
/// logged, whatever `RUST_LOG` says.
const TELLTALES: [&str; 2] = ["aws_", "h2::"];

/// Starts logging: `RUST_LOG` filters (default `info`), `LOG_FORMAT` is `text` (default) or `json`. A second call in one
/// process does nothing.
pub fn init(env: &Env) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let wanted = env.get("RUST_LOG").unwrap_or(DEFAULT_FILTER);
        let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
        let registry = tracing_subscriber::registry().with(filter).with(filter_fn(is_fit_to_print));
        let coloured = io::stderr().is_terminal();
        let look = if env.get("LOG_FORMAT") == Some("json") { Look::Json } else { Look::Text { coloured } };
        let lines = fmt::layer().with_writer(move || Lines::new(io::stderr(), look));
        let started = match look {
            Look::Json => registry.with(lines.json()).try_init(),
            Look::Text { coloured } => registry.with(lines.with_ansi(coloured)).try_init(),
        };
        if started.is_err() {
            tracing::debug!("logging was started before");
        }
    });
}

fn is_fit_to_print(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || !TELLTALES.iter().any(|target| line.target().starts_with(target))
}
