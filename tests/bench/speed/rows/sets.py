"""The import of three sets of files beside rclone and openssl, and beside the original's figures; its memory."""

from dataclasses import dataclass

from .. import proof
from ..contenders import openssl_md5, rclone_copy
from ..data import FileSet
from ..place import Place
from ..process import Cost
from ..results import Line, Results, megabytes
from ..services import Services

ALL_SETS = "all sets"


@dataclass(frozen=True)
class Bars:
    """What must be reached for a set, and what is wished for."""

    time: tuple[float, float]
    """At most so many times rclone's time."""
    cpu: tuple[float, float]
    """At most so many times the processor time of rclone, and of openssl if `hashed`."""
    hashed: bool
    original_rate: float
    """Images per second of the original, on two cores with the same stand-ins."""
    original_cpu: float
    """Its processor time per image, in seconds."""
    faster: tuple[float, float]
    """At least so many times the original's rate."""
    leaner: tuple[float, float]
    """At least so many times less processor time than the original."""


BARS = {
    "small": Bars((3, 1), (4, 2.5), False, 64, 24 / 1000, (20, 40), (15, 15)),
    "medium": Bars((2, 1), (2, 1.3), True, 49, 16 / 500, (10, 15), (12, 12)),
    "large": Bars((2, 1), (2, 1.3), True, 15, 15 / 150, (7, 10), (8, 8)),
}
PEAK = (200e6, 120e6)


def measure(place: Place) -> None:
    """All rounds, then the lines."""
    for files in place.extent.sets:
        place.library.add(files)
    for turn in range(place.extent.rounds):
        with place.services() as services:
            for files in place.extent.sets:
                _one_round(place, services, files, ours_first=turn % 2 == 0)
            peaks = services.peaks()
        place.results.measured(ALL_SETS, "ours", Cost(0, 0, peaks))
    for files in place.extent.sets:
        _beside_rclone(place.results, files)
        _beside_the_original(place.results, files)
    peak = place.results.median_of(ALL_SETS, "ours", "peak_bytes")
    bar, aim = (limit / 1e6 for limit in PEAK)
    place.results.add(Line("peak memory of all five, all sets", megabytes(peak), "", peak / 1e6, bar, aim, unit="MB"))


def _one_round(place: Place, services: Services, files: FileSet, *, ours_first: bool) -> None:
    def ours() -> Cost:
        job = services.import_folder(files.folder_id)
        proof.imported(files, place.library, services, place.sink, job)
        return job.cost

    def theirs() -> Cost:
        cost = rclone_copy(files, place.source, place.sink)
        proof.copied(files, place.library, place.sink)
        return cost

    contenders = [("ours", ours), ("rclone", theirs)]
    for name, run in contenders if ours_first else reversed(contenders):
        place.results.measured(files.name, name, run())
        proof.emptied(place.sink)
    place.results.measured(files.name, "openssl md5", openssl_md5(files, place.library))


def _beside_rclone(results: Results, files: FileSet) -> None:
    bars = BARS[files.name]
    ours, theirs = (results.median_of(files.name, who, "seconds") for who in ("ours", "rclone"))
    work = f"import, {files.name}: time"
    results.add(Line(work, _rate(files, ours), f"rclone {_rate(files, theirs)}", ours / theirs, *bars.time))
    ours, theirs, hashing = (
        results.median_of(files.name, who, "cpu_seconds") for who in ("ours", "rclone", "openssl md5")
    )
    beside = "rclone + openssl" if bars.hashed else "rclone"
    theirs += hashing if bars.hashed else 0
    work = f"import, {files.name}: CPU"
    results.add(Line(work, f"{ours:.2f} s", f"{beside} {theirs:.2f} s", ours / theirs, *bars.cpu))


def _beside_the_original(results: Results, files: FileSet) -> None:
    bars = BARS[files.name]
    rate = files.count / results.median_of(files.name, "ours", "seconds")
    work = f"import, {files.name}: rate against the original"
    beside = f"{bars.original_rate:.0f} images/s"
    results.add(Line(work, f"{rate:.0f} images/s", beside, rate / bars.original_rate, *bars.faster, at_most=False))
    cpu = results.median_of(files.name, "ours", "cpu_seconds") / files.count
    work = f"import, {files.name}: the original's CPU against ours"
    shown, beside = f"{cpu * 1e3:.2f} ms an image", f"{bars.original_cpu * 1e3:.0f} ms an image"
    results.add(Line(work, shown, beside, bars.original_cpu / cpu, *bars.leaner, at_most=False))


def _rate(files: FileSet, seconds: float) -> str:
    return f"{seconds:.2f} s = {files.count / seconds:.0f}/s, {files.bytes / seconds / 1e6:.0f} MB/s"
