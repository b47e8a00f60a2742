//! Where the parts listen.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use anyhow::Context;
use tokio::net::TcpListener;

/// Which ports a person wants.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct PortArgs {
    /// Use seven ports from N on: gateway N, import N+1, metadata N+2, storage N+3, worker N+4, S3 server N+5, Drive
    /// emulator N+6 [default: 8080, 5001, 5002, 5003, 5004, 9000, 9100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=HIGHEST_BASE))]
    port_base: Option<u16>,
}

/// The highest base that leaves room for all.
const HIGHEST_BASE: i64 = 65_535 - 6;

impl PortArgs {
    /// The settings that lead to the services on these ports; none where no ports are given.
    pub(crate) fn service_urls(self) -> Vec<(&'static str, String)> {
        let Some(ports) = self.port_base.map(Ports::from_base) else { return Vec::new() };
        let services = [
            ("IMAGE_IMPORT_API_URL", ports.gateway),
            ("IMPORT_SERVICE_URL", ports.import),
            ("METADATA_SERVICE_URL", ports.metadata),
            ("STORAGE_SERVICE_URL", ports.storage),
            ("WORKER_SERVICE_URL", ports.worker),
        ];
        services.map(|(name, port)| (name, format!("http://127.0.0.1:{port}"))).into()
    }

    /// Where the embedded S3 server is, if it runs.
    pub(crate) fn embedded_s3_url(self) -> String {
        format!("http://127.0.0.1:{}", self.ports(Ports::STANDARD).s3)
    }

    /// Those, or `otherwise`.
    pub(crate) fn ports(self, otherwise: Ports) -> Ports {
        self.port_base.map_or(otherwise, Ports::from_base)
    }
}

/// A port for each part; 0 is any free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    gateway: u16,
    import: u16,
    metadata: u16,
    storage: u16,
    worker: u16,
    s3: u16,
    drive: u16,
}

impl Ports {
    /// Those of the original, and what we add.
    pub(crate) const STANDARD: Self = Self {
        gateway: 8080,
        import: 5001,
        metadata: 5002,
        storage: 5003,
        worker: 5004,
        s3: 9000,
        drive: 9100,
    };
    /// Whatever is free.
    pub(crate) const ANY: Self =
        Self { gateway: 0, import: 0, metadata: 0, storage: 0, worker: 0, s3: 0, drive: 0 };

    /// Seven in a row.
    fn from_base(base: u16) -> Self {
        let [gateway, import, metadata, storage, worker, s3, drive] =
            std::array::from_fn(|part| base.saturating_add(u16::try_from(part).unwrap_or_default()));
        Self { gateway, import, metadata, storage, worker, s3, drive }
    }
}

/// Where the parts are, as base URLs without a slash at the end.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    pub(crate) gateway: String,
    pub(crate) import: String,
    pub(crate) metadata: String,
    pub(crate) storage: String,
    pub(crate) worker: String,
    /// The embedded S3 server, if it runs.
    pub(crate) s3: Option<String>,
    /// The Drive emulator, if it runs.
    pub(crate) drive: Option<String>,
}

/// All sockets, bound and not yet served.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) gateway: TcpListener,
    pub(crate) import: TcpListener,
    pub(crate) metadata: TcpListener,
    pub(crate) storage: TcpListener,
    pub(crate) worker: TcpListener,
    pub(crate) s3: Option<TcpListener>,
    pub(crate) drive: Option<TcpListener>,
}

impl Sockets {
    /// Binds all on loopback.
    pub(crate) async fn bind(ports: Ports, with_s3: bool, with_drive: bool) -> anyhow::Result<Self> {
        Ok(Self {
            gateway: bind_local("gateway", ports.gateway).await?,
            import: bind_local("import service", ports.import).await?,
            metadata: bind_local("metadata service", ports.metadata).await?,
            storage: bind_local("storage service", ports.storage).await?,
            worker: bind_local("worker", ports.worker).await?,
            s3: if with_s3 { Some(bind_local("embedded S3 server", ports.s3).await?) } else { None },
            drive: if with_drive { Some(bind_local("Drive emulator", ports.drive).await?) } else { None },
        })
    }

    /// Where they are.
    pub(crate) fn addresses(&self) -> anyhow::Result<Addresses> {
        Ok(Addresses {
            gateway: url(&self.gateway)?,
            import: url(&self.import)?,
            metadata: url(&self.metadata)?,
            storage: url(&self.storage)?,
            worker: url(&self.worker)?,
            s3: self.s3.as_ref().map(url).transpose()?,
            drive: self.drive.as_ref().map(url).transpose()?,
        })
    }
}

async fn bind_local(name: &str, port: u16) -> anyhow::Result<TcpListener> {
    bind(
        name,
        Ipv4Addr::LOCALHOST.into(),
        port,
        "move all ports with --port-base, for example --port-base 18080",
    )
    .await
}

/// Binds one socket. `otherwise` is what a person can do when the port is taken, besides freeing it.
pub(crate) async fn bind(
    name: &str,
    host: IpAddr,
    port: u16,
    otherwise: &str,
) -> anyhow::Result<TcpListener> {
    service::serve::listen((host, port).into()).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            anyhow::anyhow!("port {port} ({name}) is taken by another program: stop that one, or {otherwise}")
        }
        ErrorKind::PermissionDenied => {
            anyhow::anyhow!("port {port} ({name}) may not be used by this user: {otherwise}")
        }
        _ => anyhow::Error::new(error).context(format!("listen on port {port} ({name})")),
    })
}

/// The address of a socket as a URL.
pub(crate) fn url(socket: &TcpListener) -> anyhow::Result<String> {
    let mut address: SocketAddr = socket.local_addr().context("look at a socket's address")?;
    if address.ip().is_unspecified() {
        // every interface: this is the one that leads there from this computer
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Ok(format!("http://{address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_moves_every_port() {
        let ports = Ports::from_base(18080);
        assert_eq!((ports.gateway, ports.import, ports.worker), (18080, 18081, 18084));
        assert_eq!((ports.s3, ports.drive), (18085, 18086));
        let moved = PortArgs { port_base: Some(18080) };
        assert_eq!(moved.service_urls()[4], ("WORKER_SERVICE_URL", "http://127.0.0.1:18084".to_owned()));
        assert_eq!(moved.embedded_s3_url(), "http://127.0.0.1:18085");
        let standard = PortArgs { port_base: None };
        assert!(standard.service_urls().is_empty(), "the settings say where they are");
        assert_eq!(standard.embedded_s3_url(), "http://127.0.0.1:9000");
        assert_eq!(Ports::from_base(u16::try_from(HIGHEST_BASE).unwrap()).drive, 65535);
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_what_to_do() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let ports = Ports { metadata: port, ..Ports::ANY };
        let error = Sockets::bind(ports, true, true).await.unwrap_err().to_string();
        assert!(error.contains(&format!("port {port} (metadata service) is taken")), "{error}");
        assert!(error.contains("--port-base"), "{error}");
    }
}
