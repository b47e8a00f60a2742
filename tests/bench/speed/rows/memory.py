"""Memory does not depend on the size of the files, nor on their number."""

from .. import proof
from ..data import FileSet
from ..place import Place
from ..results import Line, megabytes

MAY_DIFFER = 1.2


def measure(place: Place) -> None:
    """Each pair once: the longest of them takes minutes, and a peak hardly varies."""
    for what, pair in (("size", place.extent.huge), ("number", place.extent.many)):
        usual, more = (_peak(place, files) for files in pair)
        work = f"peak memory by {what} of files: {_named(pair[1])} beside {_named(pair[0])}"
        place.results.add(Line(work, megabytes(more), megabytes(usual), more / usual, MAY_DIFFER, 1.0))


def _peak(place: Place, files: FileSet) -> int:
    place.library.add(files)
    with place.services() as services:
        job = services.import_folder(files.folder_id)
        proof.imported(files, place.library, services, place.sink, job)
    proof.emptied(place.sink)
    place.library.remove(files)
    place.results.measured(_named(files), "ours", job.cost)
    return job.cost.peak_bytes


def _named(files: FileSet) -> str:
    return f"{files.count:,} × {files.size / 1e6:g} MB"
