"""A folder that is imported again: nothing has changed, so nothing may move."""

from .. import proof
from ..place import Place
from ..programs import ProgramError
from ..results import Line

BAR, AIM = 1 / 10, 1 / 20


def measure(place: Place) -> None:
    """First and second import, each round in an empty system."""
    files = place.extent.known
    place.library.add(files)
    first, again = (f"{files.count:,} files, {which}" for which in ("first", "again"))
    for _ in range(place.extent.rounds):
        with place.services() as services:
            job = services.import_folder(files.folder_id)
            proof.imported(files, place.library, services, place.sink, job)
            place.results.measured(first, "ours", job.cost)
            before = (_downloads(place), proof.object_count(place.sink))
            job = services.import_folder(files.folder_id)
            if (_downloads(place), proof.object_count(place.sink)) != before:
                raise ProgramError("the import of a known folder moved bytes")
            if job.status["processed"] != files.count or job.status["failed"]:
                raise ProgramError(f"the import of a known folder ended so: {job.status}")
            place.results.measured(again, "ours", job.cost)
        proof.emptied(place.sink)
    one, two = (place.results.median_of(group, "ours", "seconds") for group in (first, again))
    place.results.add(Line("import of a known folder", f"{two:.2f} s", f"first {one:.2f} s", two / one, BAR, AIM))


def _downloads(place: Place) -> int:
    return sum("/blobs/" in path for _, _, _, path, *_ in place.requests())
