//! From a process to a running service: the whole of every `main`.

use std::{future::Future, net::Ipv4Addr, process::ExitCode};

use anyhow::Context;
use tokio::net::TcpListener;

use crate::{Env, Shutdown, probe, serve, telemetry};

/// Which service a binary is.
#[derive(Debug, Clone, Copy)]
pub struct Binary {
    /// Its name in `/health`.
    pub name: &'static str,
    /// Where it listens unless `PORT` says otherwise.
    pub default_port: u16,
}

/// Runs one service as a process: settings, logs, listener on all interfaces, then `run` until SIGTERM or Ctrl-C. Every
/// bad setting is reported before anything is bound. With the argument `healthcheck` it asks the service that runs on
/// this machine instead, for a container's health check.
pub fn main<C, Run, Running>(
    binary: Binary,
    config: impl FnOnce(&Env) -> anyhow::Result<C>,
    run: Run,
) -> ExitCode
where
    Run: FnOnce(TcpListener, C, Shutdown) -> Running,
    Running: Future<Output = anyhow::Result<()>>,
{
    main_on(&mut tokio::runtime::Builder::new_multi_thread(), binary, config, run)
}

/// [`main`] on a runtime of the service's own kind.
pub fn main_on<C, Run, Running>(
    runtime: &mut tokio::runtime::Builder,
    binary: Binary,
    config: impl FnOnce(&Env) -> anyhow::Result<C>,
    run: Run,
) -> ExitCode
where
    Run: FnOnce(TcpListener, C, Shutdown) -> Running,
    Running: Future<Output = anyhow::Result<()>>,
{
    let started = Env::from_process().and_then(|env| {
        let read = env.reader();
        let port = read.parse_or("PORT", binary.default_port, "a port number");
        if std::env::args().nth(1).as_deref() == Some("healthcheck") {
            return probe::ask(read.finish(port)?, "/health");
        }
        telemetry::init(&env);
        // both may be wrong: say so at once
        let (port, config) = match (read.finish(port), config(&env)) {
            (Ok(port), Ok(config)) => (port, config),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => return Err(error),
            (Err(one), Err(other)) => anyhow::bail!("{one}; {other}"),
        };
        let runtime = runtime.enable_all().build().context("start the async runtime")?;
        runtime.block_on(async {
            let address = (Ipv4Addr::UNSPECIFIED, port).into();
            let listener = serve::listen(address).with_context(|| format!("listen on port {port}"))?;
            tracing::info!(service = binary.name, port, version = env!("CARGO_PKG_VERSION"), "listening");
            run(listener, config, Shutdown::on_signals()).await
        })
    });
    match started {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // also where logging is filtered away
            eprintln!("{}: {error:#}", binary.name);
            ExitCode::FAILURE
        }
    }
}
