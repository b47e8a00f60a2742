"""nginx as Google Drive, as the S3 server, and as the proxy that the gateway is compared with."""

import os
from dataclasses import dataclass
from pathlib import Path

from .programs import Program, Programs, free_port, plain_environment

# All of nginx's own files lie beside what it serves, so that a PUT ends with a rename and not with a copy.
MAIN = """
daemon off;
{user}
worker_processes auto;
pid {dir}/{name}.pid;
error_log {dir}/{name}.error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    client_max_body_size 0;
    client_body_buffer_size 512k;
    client_body_temp_path {dir}/temporary/body;
    proxy_temp_path {dir}/temporary/proxy;
    fastcgi_temp_path {dir}/temporary/fastcgi;
    uwsgi_temp_path {dir}/temporary/uwsgi;
    scgi_temp_path {dir}/temporary/scgi;
    default_type application/octet-stream;
{servers}
}}
"""

# Google Drive: listings, records of folders, bytes by id; and the same bytes as a plain directory for rclone.
SOURCE = """
    log_format moments '$msec $request_time $request_method $uri $status $body_bytes_sent';
    map $arg_q $folder {{ default none; "~^(%27|')(?<id>[A-Za-z0-9_-]+)" $id; }}
    map $arg_pagetoken $page {{ default $arg_pagetoken; "" 0; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {root};
        access_log {log} moments;
        location = /drive/v3/files {{
            default_type application/json;
            rewrite ^ /lists/$folder/$page.json break;
        }}
        location ~ ^/drive/v3/files/(?<file>(?<set>[a-z0-9]+)-[A-Za-z0-9_-]+)$ {{
            if ($arg_alt = media) {{ rewrite ^ /blobs/$set/$file break; }}
            rewrite ^ /records/$file.json break;
        }}
        location /blobs/ {{ autoindex on; }}
    }}
"""

# As much of S3 as our storage service and rclone use: PUT, GET, DELETE, an empty listing, uploads in parts (which stay
# parts here). No signature is checked and no ETag given for what is written: the server must not be the limit.
SINK = """
    map "$request_method $args" $asked {{
        "~^POST (.*&)?uploads" begin;
        "~^POST (.*&)?uploadId=" complete;
        "~^DELETE (.*&)?uploadId=" abort;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {root};
        location ~ ^/bucket/?$ {{
            default_type application/xml;
            return 200 '<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated></ListBucketResult>';
        }}
        location /bucket/ {{
            default_type application/xml;
            if ($asked = begin) {{
                return 200 '<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>';
            }}
            if ($asked = complete) {{ return 200 '<CompleteMultipartUploadResult/>'; }}
            if ($asked = abort) {{ return 204; }}
            if ($arg_partnumber) {{ rewrite ^/bucket/(.*)$ /parts/$1/$arg_partnumber break; }}
            dav_methods PUT DELETE;
            create_full_put_path on;
        }}
    }}
"""

# What the gateway is compared with: the same service and the same S3 server behind nginx, connections kept open.
PROXY = """
    upstream metadata {{ server 127.0.0.1:{metadata}; keepalive 64; }}
    upstream s3 {{ server 127.0.0.1:{s3}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_max_temp_file_size 0;
        location /api/ {{ proxy_pass http://metadata/; }}
        location /bucket/ {{ proxy_pass http://s3; }}
    }}
"""


@dataclass
class Server:
    """A running nginx."""

    program: Program
    port: int
    root: Path

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


def _start(programs: Programs, name: str, directory: Path, servers: str, port: int, root: Path) -> Server:
    (directory / "temporary").mkdir(parents=True, exist_ok=True)
    root.mkdir(exist_ok=True)
    # as root, its workers would be somebody who may not write here
    user = "user root;" if os.geteuid() == 0 else ""
    settings = directory / f"{name}.conf"
    settings.write_text(MAIN.format(user=user, dir=directory, name=name, servers=servers))
    arguments = ["nginx", "-p", str(directory), "-c", str(settings), "-e", str(directory / f"{name}.error.log")]
    log = directory / f"{name}.log"
    program = programs.start(arguments, env=plain_environment(), cwd=directory, log=log).listening_on(port)
    return Server(program, port, root)


def source(programs: Programs, directory: Path) -> Server:
    """Google Drive at `<url>/drive/v3`; moments of all requests go to [`source_log`]."""
    port, root = free_port(), directory / "library"
    servers = SOURCE.format(port=port, root=root, log=source_log(directory))
    return _start(programs, "source", directory, servers, port, root)


def source_log(directory: Path) -> Path:
    """One line per request: time of its end, seconds it took, method, path, status, bytes."""
    return directory / "source.access.log"


def sink(programs: Programs, directory: Path) -> Server:
    """S3 with the bucket `bucket`."""
    port, root = free_port(), directory / "sink"
    return _start(programs, "sink", directory, SINK.format(port=port, root=root), port, root)


def proxy(programs: Programs, directory: Path, metadata: int, s3: int) -> Server:
    """A proxy of the metadata service at `/api/` and of the bucket at `/bucket/`."""
    port = free_port()
    servers = PROXY.format(port=port, metadata=metadata, s3=s3)
    return _start(programs, "proxy", directory, servers, port, directory / "proxy")
