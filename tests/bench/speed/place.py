"""Where a run takes place: the stand-ins, the data, the binaries, and how much is measured."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import nginx
from .data import LARGE, MEDIUM, SMALL, FileSet, Library
from .programs import Programs
from .results import Results
from .services import Services

MEMORY_DISK = Path("/dev/shm")


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    rounds: int
    load_seconds: float
    sets: tuple[FileSet, ...]
    known: FileSet
    """The folder that is imported twice."""
    accepted: FileSet
    """The folder whose first download is waited for."""
    huge: tuple[FileSet, FileSet]
    """Files of a usual and of a hundredfold size."""
    many: tuple[FileSet, FileSet]
    """A usual number of files, and two hundred times as many."""
    scaled: FileSet
    """What is imported over SQLite and over servers."""
    quota: dict[str, str]
    """Settings of the measurement under a quota."""


FULL = Extent(
    rounds=5,
    load_seconds=5,
    sets=(SMALL, MEDIUM, LARGE),
    known=FileSet("known", 10_000, 2_000),
    accepted=FileSet("accepted", 2_000, 2_000),
    huge=(FileSet("usual", 100, 4_000_000), FileSet("huge", 4, 400_000_000, distinct=2)),
    many=(FileSet("few", 1_000, 2_000), FileSet("many", 200_000, 2_000, distinct=1_000)),
    scaled=FileSet("scaled", 20_000, 20_000, distinct=1_000),
    quota={},
)
QUICK = Extent(
    rounds=1,
    load_seconds=2,
    sets=(FileSet("small", 300, 20_000), FileSet("medium", 60, 500_000), FileSet("large", 20, 4_000_000)),
    known=FileSet("known", 2_000, 2_000),
    accepted=FileSet("accepted", 2_000, 2_000),
    huge=(FileSet("usual", 20, 4_000_000), FileSet("huge", 2, 100_000_000, distinct=1)),
    many=(FileSet("few", 200, 2_000), FileSet("many", 4_000, 2_000, distinct=200)),
    scaled=FileSet("scaled", 1_000, 20_000),
    quota={"QUOTA_UNITS": "8000", "QUOTA_SECS": "2"},
)


class Place:
    """Everything that rows have in common; stopped and removed at the end of the `with` block."""

    def __init__(self, binaries: Path, repository: Path, extent: Extent, results: Results, seed: int):
        self.binaries = binaries
        self.repository = repository
        self.extent = extent
        self.results = results
        self.directory = Path(tempfile.mkdtemp(prefix="image-import-bench-", dir=MEMORY_DISK))
        self.library = Library(self.directory / "library", seed)
        self.programs = Programs()

    def __enter__(self) -> "Place":
        try:
            self.source = nginx.source(self.programs, self.directory)
            self.sink = nginx.sink(self.programs, self.directory)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.programs.__exit__()
        shutil.rmtree(self.directory, ignore_errors=True)

    def services(self, settings: dict[str, str] | None = None, workers: int = 1) -> Services:
        """The five services, with nothing in them; with further settings, and more than one worker."""
        return Services(self.binaries, self.source.url, self.sink.url, settings or {}, workers)

    def requests(self) -> list[list[str]]:
        """What the source was asked: see [`nginx.source_log`]."""
        return [line.split() for line in nginx.source_log(self.directory).read_text().splitlines()]
