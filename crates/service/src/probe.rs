//! Asks a server of this machine whether it is healthy. Container images hold no shell and no `curl`, so that the
//! binaries do it themselves (`gateway healthcheck`).

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::Context;

/// How long connecting, writing and reading may take each.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks for `path` on `port` of this machine and wants the status 200.
///
/// # Errors
/// When nothing listens there, or it does not answer in time, or with another status.
pub fn ask(port: u16, path: &str) -> anyhow::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut socket =
        TcpStream::connect_timeout(&address, PATIENCE).with_context(|| format!("connect to port {port}"))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    write!(socket, "GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n")
        .context("send the request")?;
    let mut status = [0; 12];
    socket.read_exact(&mut status).context("read the answer")?;
    anyhow::ensure!(
        status == *b"HTTP/1.1 200",
        "port {port} answered {:?}",
        String::from_utf8_lossy(&status)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::StatusCode, routing::get};
    use tokio::net::TcpListener;

    use super::*;
    use crate::{Shutdown, cors::Cors, health, serve};

    /// A service with one more route, on a port of its own.
    async fn started(shutdown: &Shutdown) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let routes = health::routes("probed", health::Dependencies::none())
            .merge(Router::new().route("/broken", get(async || StatusCode::SERVICE_UNAVAILABLE)));
        let served = serve::finish(routes, Cors::any());
        let shutdown = shutdown.clone();
        tokio::spawn(async move { serve::serve(listener, served, &shutdown).await });
        port
    }

    async fn asked(port: u16, path: &'static str) -> anyhow::Result<()> {
        tokio::task::spawn_blocking(move || ask(port, path)).await.unwrap()
    }

    #[tokio::test]
    async fn a_running_service_is_healthy_and_any_other_status_is_not() {
        let shutdown = Shutdown::new();
        let port = started(&shutdown).await;
        asked(port, "/health").await.unwrap();
        let refused = asked(port, "/broken").await.unwrap_err().to_string();
        assert!(refused.contains("503"), "{refused}");
        shutdown.stop();
    }

    #[tokio::test]
    async fn a_port_where_nothing_listens_is_not_healthy() {
        // a port that needs privileges and that nobody uses
        asked(1, "/health").await.unwrap_err();
    }
}
