"""Whether what was measured was also done: every file once, every byte the same."""

import hashlib
import random
import shutil
from pathlib import Path
from urllib.parse import unquote

from .data import FileSet, Library
from .nginx import Server
from .programs import ProgramError
from .services import Job, Services

SAMPLE = 20


def imported(files: FileSet, library: Library, services: Services, sink: Server, job: Job) -> None:
    """The job, the rows and the objects of an import; raises what is wrong."""
    sums = library.sums[files.name]
    counts = (job.status["total"], job.status["processed"], job.status["failed"])
    _same("total, processed, failed", counts, (files.count, files.count, 0))
    rows = [row for row in _rows(services) if row["google_drive_id"] in sums]
    _same("rows", len(rows), files.count)
    _same("files with a row", {row["google_drive_id"] for row in rows}, set(sums))
    for row in rows:
        _same(f"row of {row['google_drive_id']}", (row["size"], row["md5"]), (files.size, sums[row["google_drive_id"]]))
    objects = {row["google_drive_id"]: _objects(sink, row["storage_path"]) for row in rows}
    for file_id, parts in objects.items():
        _same(f"bytes of {file_id}", sum(part.stat().st_size for part in parts), files.size)
    for file_id in _sample(objects):
        _same(f"MD5 of {file_id}", _md5(objects[file_id]), sums[file_id])


def copied(files: FileSet, library: Library, sink: Server) -> None:
    """The objects that rclone wrote; raises what is wrong."""
    sums = library.sums[files.name]
    there = {path.name: path for path in (sink.root / "bucket" / "rclone" / files.name).iterdir()}
    _same("files that rclone copied", set(there), set(sums))
    for file_id, path in there.items():
        _same(f"bytes of {file_id}", path.stat().st_size, files.size)
    for file_id in _sample(there):
        _same(f"MD5 of {file_id}", _md5([there[file_id]]), sums[file_id])


def emptied(sink: Server) -> None:
    """Makes room for the next."""
    for name in ("bucket", "parts"):
        shutil.rmtree(sink.root / name, ignore_errors=True)


def object_count(sink: Server) -> int:
    """How many objects there are."""
    return sum(1 for path in (sink.root / "bucket").rglob("*") if path.is_file())


def _rows(services: Services) -> list[dict]:
    answer = services.api.get("/api/images/all")
    return answer["images"] if isinstance(answer, dict) else answer


def _objects(sink: Server, url: str) -> list[Path]:
    """The files that hold an object: one, or its parts."""
    key = unquote(url.rsplit("/", 1)[1])
    parts = sink.root / "parts" / key
    if parts.is_dir():
        return sorted(parts.iterdir(), key=lambda part: int(part.name))
    return [sink.root / "bucket" / key]


def _sample(items: dict[str, object]) -> list[str]:
    return random.Random(0).sample(sorted(items), min(SAMPLE, len(items)))


def _md5(paths: list[Path]) -> str:
    md5 = hashlib.md5()
    for path in paths:
        with open(path, "rb") as file:
            while piece := file.read(1 << 20):
                md5.update(piece)
    return md5.hexdigest()


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise ProgramError(f"{what}: {str(found)[:300]} instead of {str(expected)[:300]}")
