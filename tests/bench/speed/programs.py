"""Programs that the measurement starts: each is stopped again, whatever happens."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 15
LIBC = ctypes.CDLL(None)


class ProgramError(Exception):
    """A program did not start, or did not do what it was asked to."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_ports_in_a_row(count: int) -> int:
    """The first of `count` free ports that follow one another."""
    while True:
        first = free_port()
        probes = []
        try:
            for port in range(first, first + count):
                probe = socket.socket()
                probes.append(probe)
                probe.bind(("127.0.0.1", port))
            return first
        except (OSError, OverflowError):
            continue
        finally:
            for probe in probes:
                probe.close()


def _die_with_parent() -> None:
    """In the child: even a `kill -9` of the measurement leaves nothing running."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Program:
    """A running program, in a session of its own so that Ctrl-C is for the measurement alone."""

    def __init__(self, arguments: list[str], *, env: dict[str, str], cwd: Path, log: Path):
        self.name = Path(arguments[0]).name
        self.log = log
        with open(log, "ab") as output:
            self.child = subprocess.Popen(
                arguments,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self) -> int:
        """Its number."""
        return self.child.pid

    def check_alive(self) -> None:
        """Raises when it has ended by itself."""
        if self.child.poll() is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
            raise ProgramError(f"{self.name} ended with {self.child.returncode}:\n{tail}")

    def listening_on(self, port: int, seconds: float = 30) -> "Program":
        """Waits until it takes connections."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check_alive()
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise ProgramError(f"{self.name} does not listen on port {port} (log: {self.log})")

    def stop(self) -> None:
        """Asks it to stop, and makes it if it does not."""
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


class Programs:
    """All that run, stopped in reverse order at the end of the `with` block."""

    def __init__(self) -> None:
        self.running: list[Program] = []

    def start(self, arguments: list[str], *, env: dict[str, str], cwd: Path, log: Path) -> Program:
        """Starts one more."""
        program = Program(arguments, env=env, cwd=cwd, log=log)
        self.running.append(program)
        return program

    def __enter__(self) -> "Programs":
        return self

    def __exit__(self, *_exc: object) -> None:
        while self.running:
            self.running.pop().stop()


def plain_environment() -> dict[str, str]:
    """What any program needs, and no setting of the system that is measured or of the AWS library."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "CARGO_TARGET_DIR")
    return {name: os.environ[name] for name in kept if name in os.environ}
