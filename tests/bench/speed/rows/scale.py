"""What one of each can carry: the cost of an image in every process, over files and over servers; rows alone; sizes."""

import sqlite3
import tempfile
from pathlib import Path

from .. import engines, load, proof
from ..place import Place
from ..process import cpu_seconds, settled
from ..programs import Programs
from ..results import Figure
from ..services import Services

CONNECTIONS = 64
FILES, SERVERS = "files", "servers"


def measure(place: Place) -> None:
    """SQLite alone; then Redis and MariaDB with one worker and with two."""
    files = place.extent.scaled
    place.library.add(files)
    _measure_one(place, FILES, {}, workers=1)
    if missing := engines.missing():
        place.results.left_out["scale with servers"] = f"not installed (Debian: {' '.join(missing)})"
        return
    for workers in (1, 2):
        with tempfile.TemporaryDirectory(prefix="image-import-bench-") as directory, Programs() as programs:
            running = engines.start(programs, Path(directory))
            _measure_one(place, SERVERS, running.pids, workers=workers, running=running)


def _measure_one(
    place: Place, kind: str, beside: dict[str, int], *, workers: int, running: engines.Engines | None = None
) -> None:
    files, results = place.extent.scaled, place.results
    of = f"{kind}, {workers} worker{'s' if workers > 1 else ''}"
    settings = running.settings if running else {}
    with place.services(settings, workers) as services:
        # the tables that are made at the start are not the images' cost
        empty = _bytes_held(services, running)
        pids = {**services.pids, **beside}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        job = services.import_folder(files.folder_id)
        settled(list(pids.values()))
        costs = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
        proof.imported(files, place.library, services, place.sink, job)
        results.figure(Figure(f"all together, {of}", f"{files.count / job.cost.seconds:,.0f} images/s"))
        for name, seconds in costs.items():
            if seconds >= 0.01:
                each = f"{seconds / files.count * 1e6:,.0f} µs of CPU an image"
                results.figure(Figure(f"{name}, {of}", f"{each} = {files.count / seconds:,.0f} images/s on one core"))
        for what, held in _bytes_held(services, running).items():
            each = (held - empty[what]) / files.count
            results.figure(Figure(f"{what}, {of}", f"{each:,.0f} bytes an image"))
        if workers == 1:
            _rows_alone(place, services, pids, of)
    proof.emptied(place.sink)


def _rows_alone(place: Place, services: Services, pids: dict[str, int], of: str) -> None:
    """New rows, as many as metadata takes, without anything else going on."""
    names = [name for name in ("metadata", "mariadb") if name in pids]
    before = sum(cpu_seconds(pids[name]) for name in names)
    url = f"http://127.0.0.1:{services.ports['metadata']}/images"
    seconds = place.extent.load_seconds
    rate = load.requests_per_second(url, seconds, connections=CONNECTIONS, script=load.post_rows())
    settled([pids[name] for name in names])
    cost = (sum(cpu_seconds(pids[name]) for name in names) - before) / (rate * seconds)
    said = f"{rate:,.0f} rows/s, {cost * 1e6:,.0f} µs of CPU a row in {' and '.join(names)}"
    place.results.figure(Figure(f"new rows alone, {of}", said))


def _bytes_held(services: Services, running: engines.Engines | None) -> dict[str, int]:
    if running:
        return {"MariaDB on disk": running.table_bytes(), "Redis at most": running.redis_bytes()}
    held = {}
    for name in ("images", "import", "worker"):
        with sqlite3.connect(Path(services.env["DATA_DIR"]) / f"{name}.db") as file:
            pages, size = (file.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
        held[f"{name}.db"] = pages * size
    return held
