"""What the gateway answers in a second, beside nginx in front of the same service and of the same S3 server."""

from statistics import median

from .. import nginx, proof
from ..data import LARGE, FileSet
from ..load import requests_per_second
from ..place import Place
from ..programs import Programs
from ..results import Line
from ..services import Services

LIST = "/api/images?page=1&per_page=20"
ORIGINAL_LISTS_PER_SECOND = 475
CONNECTIONS = {"list": 32, "object": 16}
# a page of twenty, and rows enough that it is not the whole table
ROWS = FileSet("rows", 1_000, 2_000)
OBJECTS = FileSet("objects", 4, LARGE.size)


def measure(place: Place) -> None:
    """Both contenders in turn."""
    for files in (ROWS, OBJECTS):
        place.library.add(files)
    with place.services() as services, Programs() as programs:
        for files in (ROWS, OBJECTS):
            job = services.import_folder(files.folder_id)
            proof.imported(files, place.library, services, place.sink, job)
        proxy = nginx.proxy(programs, place.directory, services.ports["metadata"], place.sink.port)
        gateway = f"http://127.0.0.1:{services.ports['gateway']}"
        image = _large_image(services)
        in_bucket = f"{proxy.url}/bucket/{image['storage_path'].rsplit('/', 1)[1]}"
        lists = _in_turn(place, "list", gateway + LIST, proxy.url + LIST)
        objects = _in_turn(place, "object", gateway + image["content_url"], in_bucket)
    proof.emptied(place.sink)
    _lists(place, *lists)
    _objects(place, *objects)


def _in_turn(place: Place, kind: str, ours: str, theirs: str) -> tuple[float, float]:
    rates: dict[str, list[float]] = {ours: [], theirs: []}
    for turn in range(place.extent.rounds):
        for url in (ours, theirs) if turn % 2 == 0 else (theirs, ours):
            rates[url].append(requests_per_second(url, place.extent.load_seconds, connections=CONNECTIONS[kind]))
    return median(rates[ours]), median(rates[theirs])


def _lists(place: Place, ours: float, theirs: float) -> None:
    rate = f"{ours:,.0f}/s"
    original = f"original {ORIGINAL_LISTS_PER_SECOND}/s"
    number = ours / ORIGINAL_LISTS_PER_SECOND
    place.results.add(Line("list page, against the original", rate, original, number, 14, 18, at_most=False))
    beside = f"nginx {theirs:,.0f}/s"
    place.results.add(Line("list page through the gateway", rate, beside, ours / theirs, 0.5, 0.9, at_most=False))


def _objects(place: Place, ours: float, theirs: float) -> None:
    shown, beside = (f"{rate:,.0f}/s = {rate * OBJECTS.size / 1e6:,.0f} MB/s" for rate in (ours, theirs))
    work = "object of 4 MB through gateway and storage"
    place.results.add(Line(work, shown, f"nginx {beside}", ours / theirs, 0.4, 0.7, at_most=False))


def _large_image(services: Services) -> dict:
    images = services.api.get("/api/images?page=1&per_page=20")["images"]
    return next(image for image in images if image["size"] == OBJECTS.size)
