"""Source and sink with nothing else running: how far they are from being the limit."""

from ..data import FileSet
from ..load import clear, get_each, put_each, requests_per_second
from ..place import Place

# enough to keep both cores busy; with more, no large object would be done before the time is over
CONNECTIONS = 16


def measure(place: Place) -> None:
    """Both, by size of file."""
    for files in place.extent.sets:
        place.library.add(files)
        _source(place, files)
        _sink(place, files)


def _source(place: Place, files: FileSet) -> None:
    first = files.file_id(0)
    digits = len(first) - len(files.name) - 1
    script = get_each(f"/blobs/{files.name}/{files.name}-", files.count, digits)
    rate = requests_per_second(place.source.url, place.extent.load_seconds, connections=CONNECTIONS, script=script)
    place.results.alone[f"source, {files.name}"] = rate


def _sink(place: Place, files: FileSet) -> None:
    script = put_each("/bucket/alone/", files.size)
    rate = requests_per_second(place.sink.url, place.extent.load_seconds, connections=CONNECTIONS, script=script)
    place.results.alone[f"sink, {files.name}"] = rate
    clear(place.sink.root / "bucket" / "alone")
