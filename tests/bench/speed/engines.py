"""Redis and MariaDB as a deployment runs them: everything that is answered is on disk."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .programs import Program, ProgramError, Programs, free_port, plain_environment

DATABASE = "image_import"
PASSWORD = "measured"
START_SECONDS = 30
PACKAGES = {"mariadbd": "mariadb-server", "redis-server": "redis-server"}


@dataclass
class Engines:
    """Both servers, running."""

    redis: Program
    redis_port: int
    mariadb: Program
    mariadb_port: int
    socket: Path

    @property
    def settings(self) -> dict[str, str]:
        """What a service needs to use them."""
        return {
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "DB_SERVER": "127.0.0.1",
            "DB_PORT": str(self.mariadb_port),
            "DB_NAME": DATABASE,
            "DB_USER": "measured",
            "DB_PASSWORD": PASSWORD,
        }

    @property
    def pids(self) -> dict[str, int]:
        """Their processes by name."""
        return {"redis": self.redis.pid, "mariadb": self.mariadb.pid}

    def table_bytes(self) -> int:
        """What the database holds, indices and counts included, as it lies on disk."""
        told = f"SELECT SUM(file_size) FROM information_schema.innodb_sys_tablespaces WHERE name LIKE '{DATABASE}/%'"
        return int(float(_sql(self.socket, told)))

    def redis_bytes(self) -> int:
        """The most memory that Redis has used for what it holds."""
        command = ["redis-cli", "-p", str(self.redis_port), "info", "memory"]
        said = subprocess.run(command, env=plain_environment(), capture_output=True, text=True, check=True).stdout
        return next(int(line.partition(":")[2]) for line in said.splitlines() if line.startswith("used_memory_peak:"))


def missing() -> list[str]:
    """Packages that have to be installed first."""
    return [package for program, package in PACKAGES.items() if shutil.which(program) is None]


def start(programs: Programs, directory: Path) -> Engines:
    """Starts both with empty files below `directory`."""
    redis_port, mariadb_port = free_port(), free_port()
    redis = _redis(programs, directory, redis_port)
    mariadb, socket = _mariadb(programs, directory, mariadb_port)
    return Engines(redis, redis_port, mariadb, mariadb_port, socket)


def _redis(programs: Programs, directory: Path, port: int) -> Program:
    home = directory / "redis"
    home.mkdir()
    # as README's compose file: a file that is appended to, synced once a second
    settings = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"]
    arguments = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(home), *settings]
    log = directory / "redis.log"
    return programs.start(arguments, env=plain_environment(), cwd=home, log=log).listening_on(port)


def _mariadb(programs: Programs, directory: Path, port: int) -> tuple[Program, Path]:
    # the server runs under a name of its own and has to get in
    directory.chmod(0o755)
    home, temporary, socket = directory / "mariadb", directory / "mariadb-temporary", directory / "mariadb.sock"
    temporary.mkdir()
    user = ["--user=root"] if os.geteuid() == 0 else []
    install = ["mariadb-install-db", "--no-defaults", *user, f"--datadir={home}", "--skip-test-db", "--skip-name-resolve"]
    install.append("--auth-root-authentication-method=normal")
    subprocess.run(install, env=plain_environment(), check=True, capture_output=True)
    arguments = ["mariadbd", "--no-defaults", *user, f"--datadir={home}", f"--tmpdir={temporary}", f"--port={port}"]
    arguments += ["--bind-address=127.0.0.1", f"--socket={socket}", f"--pid-file={directory / 'mariadb.pid'}"]
    arguments += ["--skip-name-resolve", "--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci"]
    arguments += ["--innodb-buffer-pool-size=1G", "--max-connections=500"]
    log = directory / "mariadb.log"
    program = programs.start(arguments, env=plain_environment(), cwd=directory, log=log).listening_on(port)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _sql(socket, f"CREATE DATABASE {DATABASE}")
            break
        except ProgramError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    _sql(socket, f"CREATE USER 'measured'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
    _sql(socket, f"GRANT ALL ON {DATABASE}.* TO 'measured'@'127.0.0.1'")
    return program, socket


def _sql(socket: Path, statement: str) -> str:
    command = ["mariadb", "--no-defaults", "-S", str(socket), "-u", "root", "-N", "-B", "-e", statement]
    done = subprocess.run(command, env=plain_environment(), capture_output=True, text=True)
    if done.returncode:
        raise ProgramError(f"mariadb: {done.stderr}")
    return done.stdout
