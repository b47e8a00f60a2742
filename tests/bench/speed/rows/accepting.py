"""How long it takes from the first page of a listing to the first download, as the source sees it."""

from statistics import median

from .. import proof
from ..place import Place
from ..results import Line

BAR, AIM = 200, 50


def measure(place: Place) -> None:
    """Each round in an empty system."""
    files = place.extent.accepted
    place.library.add(files)
    delays = []
    for _ in range(place.extent.rounds):
        before = len(place.requests())
        with place.services() as services:
            job = services.import_folder(files.folder_id)
            proof.imported(files, place.library, services, place.sink, job)
        proof.emptied(place.sink)
        delays.append(_delay(place.requests()[before:]))
    delay = median(delays)
    place.results.add(Line("first page listed to first download", f"{delay:.0f} ms", "", delay, BAR, AIM, unit="ms"))


def _delay(requests: list[list[str]]) -> float:
    """Milliseconds between the end of the first page and the beginning of the first download."""
    page = min(float(end) for end, _, _, path, *_ in requests if path.startswith("/lists/"))
    download = min(float(end) - float(took) for end, took, _, path, *_ in requests if path.startswith("/blobs/"))
    return max(0.0, (download - page) * 1000)
