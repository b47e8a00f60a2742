//! An nginx of one test: a cache in front of the gateway, as people put one there, or the one of the web page's container.

use std::{net::SocketAddr, path::Path};

use super::Server;

/// The configuration of the web page's container.
const OF_THE_PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../frontend/nginx.conf");

/// The one of the deployment guide.
const OF_THE_GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/gateway/deploy/nginx.conf");

/// The server.
#[derive(Debug)]
pub struct Nginx {
    server: Server,
}

impl Nginx {
    /// Starts one that keeps its files in `dir` and caches what `upstream` answers, as the answers' own headers say.
    /// `X-Cache` of an answer says whether it came from the cache.
    ///
    /// # Panics
    /// When it is not installed, or does not start.
    pub async fn caching(dir: &Path, upstream: SocketAddr) -> Self {
        let port = crate::ports::free_port();
        Self::start(dir, port, |dir| configuration(dir, port, upstream)).await
    }

    /// Starts the one of the web page's container, with the files in `page` and `gateway` (host and port) behind it, which
    /// may be a name that the server at `resolver` knows.
    ///
    /// # Panics
    /// When it is not installed, or does not start.
    pub async fn of_the_page(dir: &Path, page: &Path, gateway: &str, resolver: SocketAddr) -> Self {
        let port = crate::ports::free_port();
        Self::start(dir, port, |dir| page_configuration(dir, port, page, gateway, resolver)).await
    }

    /// Starts the one of the deployment guide, without its certificate, before `upstream`.
    ///
    /// # Panics
    /// When it is not installed, or does not take its configuration.
    pub async fn of_the_guide(dir: &Path, upstream: SocketAddr) -> Self {
        let (port, plain_port) = (crate::ports::free_port(), crate::ports::free_port());
        Self::start(dir, port, |dir| guide_configuration(dir, port, plain_port, upstream)).await
    }

    async fn start(dir: &Path, port: u16, configuration: impl FnOnce(&Path) -> String) -> Self {
        let dir = dir.join("nginx");
        std::fs::create_dir_all(&dir).expect("make a folder");
        let settings = dir.join("nginx.conf");
        std::fs::write(&settings, configuration(&dir)).expect("write the configuration");
        let prefix = dir.display().to_string();
        let arguments = ["-p", &prefix, "-c", &settings.display().to_string(), "-e", "nginx.log"];
        let arguments = arguments.map(str::to_owned).to_vec();
        let mut server = Server::new("nginx", arguments, &dir, port);
        server.start().await;
        Self { server }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Stops in order.
    ///
    /// # Panics
    /// When it does not stop.
    pub async fn stop(&mut self) {
        self.server.stop().await;
    }
}

/// One process in the foreground, all its files in `dir`.
fn configuration(dir: &Path, port: u16, upstream: SocketAddr) -> String {
    let dir = dir.display();
    format!(
        r#"daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/nginx.log notice;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    proxy_cache_path {dir}/cache levels=1:2 keys_zone=images:1m max_size=64m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://{upstream};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_cache images;
            proxy_cache_key $request_uri;
            proxy_cache_revalidate on;
            proxy_cache_lock on;
            add_header X-Cache $upstream_cache_status always;
        }}
        # whatever the answers say, what lies here is old after a second
        location /stale/ {{
            proxy_pass http://{upstream}/;
            proxy_ignore_headers Cache-Control Expires;
            proxy_cache images;
            proxy_cache_valid 200 1s;
            proxy_cache_key $request_uri;
            proxy_cache_revalidate on;
            add_header X-Cache $upstream_cache_status always;
        }}
    }}
}}
"#
    )
}

/// The file itself, with the names filled in as the container's start does, and with paths of this test for those of the
/// container. In the foreground, as there.
fn page_configuration(dir: &Path, port: u16, page: &Path, gateway: &str, resolver: SocketAddr) -> String {
    let template = std::fs::read_to_string(OF_THE_PAGE).expect("read the configuration of the page");
    let filled = [
        // first: the paths that are filled in may begin with it
        ("/tmp/", format!("{}/", dir.display())),
        ("${NGINX_PORT}", format!("127.0.0.1:{port}")),
        ("${NGINX_ROOT}", page.display().to_string()),
        ("${NGINX_LOCAL_RESOLVERS}", resolver.to_string()),
        ("${API_GATEWAY}", gateway.to_owned()),
        (" ${API_ORIGIN}", String::new()),
    ]
    .into_iter()
    .fold(template, |text, (name, value)| {
        assert!(text.contains(name), "{name} is in the configuration");
        text.replace(name, &value)
    });
    format!("daemon off;\nmaster_process off;\n{filled}")
}

/// The file itself, inside what a system's nginx has around it; its certificate is nobody's here.
fn guide_configuration(dir: &Path, port: u16, plain_port: u16, upstream: SocketAddr) -> String {
    let example = std::fs::read_to_string(OF_THE_GUIDE).expect("read the configuration of the guide");
    let is_there = |line: &&str| !["[::]:", "ssl_certificate"].iter().any(|word| line.contains(word));
    let lines: Vec<_> = example.lines().filter(is_there).collect();
    let filled = [
        ("listen 443 ssl;", format!("listen 127.0.0.1:{port};")),
        ("listen 80;", format!("listen 127.0.0.1:{plain_port};")),
        ("127.0.0.1:3000", upstream.to_string()),
    ]
    .into_iter()
    .fold(lines.join("\n"), |text, (name, value)| {
        assert!(text.contains(name), "{name} is in the configuration");
        text.replace(name, &value)
    });
    let dir = dir.display();
    format!(
        "daemon off;\nmaster_process off;\npid {dir}/nginx.pid;\nerror_log {dir}/nginx.log notice;\n\
         events {{ worker_connections 256; }}\nhttp {{\naccess_log off;\nclient_body_temp_path {dir}/body;\n\
         proxy_temp_path {dir}/proxy;\nfastcgi_temp_path {dir}/fastcgi;\nuwsgi_temp_path {dir}/uwsgi;\n\
         scgi_temp_path {dir}/scgi;\n{filled}\n}}\n"
    )
}
