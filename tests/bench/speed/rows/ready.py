"""How long `up` takes from its start until everything is ready, with nothing there yet."""

import http.client
import tempfile
import time
from pathlib import Path
from statistics import median

from ..place import Place
from ..programs import Program, ProgramError, Programs, free_ports_in_a_row, plain_environment
from ..results import Line

BAR, AIM = 1.0, 0.3
LIMIT_SECONDS = 30
PARTS = 7


def measure(place: Place) -> None:
    """Each round in a directory of its own."""
    times = [_start(place) for _ in range(place.extent.rounds)]
    seconds = median(times)
    place.results.add(Line("`up` to ready", f"{seconds:.2f} s", "", seconds, BAR, AIM, unit="s"))


def _start(place: Place) -> float:
    base = free_ports_in_a_row(PARTS)
    with tempfile.TemporaryDirectory(prefix="image-import-bench-") as directory, Programs() as programs:
        here = Path(directory)
        arguments = [str(place.binaries / "image-import"), "up", "--port-base", str(base), "--data-dir", f"{here}/data"]
        started = time.monotonic()
        program = programs.start(arguments, env=plain_environment(), cwd=here, log=here / "up.log")
        while not _is_ready(base):
            program.check_alive()
            _give_up_after(started, program)
            time.sleep(0.002)
        return time.monotonic() - started


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _give_up_after(started: float, program: Program) -> None:
    if time.monotonic() - started > LIMIT_SECONDS:
        raise ProgramError(f"`up` does not become ready (log: {program.log.read_text(errors='replace')})")
