"""A database of its own on the MariaDB of `TEST_MYSQL_URL`, and a Redis of its own."""

import shutil
import subprocess
import uuid
from urllib.parse import urlsplit

from .system import free_ports


class Database:
    """Settings that point at a new database, which goes at the end."""

    def __init__(self, url):
        self.server = urlsplit(url)
        self.name = f"openapi_{uuid.uuid4().hex}"

    def __enter__(self):
        self._run(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        return {
            "DB_SERVER": self.server.hostname,
            "DB_PORT": str(self.server.port),
            "DB_NAME": self.name,
            "DB_USER": self.server.username,
            "DB_PASSWORD": self.server.password,
        }

    def __exit__(self, *_):
        self._run(f"DROP DATABASE {self.name}")

    def _run(self, statement):
        server = self.server
        command = ["mariadb", "--no-defaults", "-h", server.hostname, "-P", server.port, "-u", server.username]
        command = [*map(str, command), f"--password={server.password}", "-e", statement]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


def start_redis(system):
    """A Redis among the processes of `system`, which end with it."""
    port = free_ports(1)[0]
    folder = system.folder / "redis"
    folder.mkdir()
    arguments = ["--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"]
    system.spawn("redis", shutil.which("redis-server"), arguments, {})
    system.wait_for("Redis", lambda: _answers(port))
    return {"REDIS_URL": f"redis://127.0.0.1:{port}"}


def _answers(port):
    ping = ["redis-cli", "-p", str(port), "ping"]
    return subprocess.run(ping, capture_output=True, timeout=60).stdout == b"PONG\n"
