//! An nginx of one test: a cache in front of the gateway, as people put one there.

use std::{net::SocketAddr, path::Path};

use super::Server;

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
        let dir = dir.join("nginx");
        std::fs::create_dir_all(&dir).expect("make a folder");
        let port = crate::ports::free_port();
        let settings = dir.join("nginx.conf");
        std::fs::write(&settings, configuration(&dir, port, upstream)).expect("write the configuration");
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
