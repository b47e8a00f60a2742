"""Rows that have a benchmark of their own: the use of Drive's quota, and thumbnails beside vips."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..place import Place
from ..programs import ProgramError, plain_environment
from ..results import Line


def measure_quota(place: Place) -> None:
    """An import under the emulator's quota, by the benchmark `quota`."""
    said = _bench(place, "quota", place.extent.quota)
    found = re.search(r"([\d.]+) % used, (\d+) images failed", said)
    if found is None:
        raise ProgramError(f"the benchmark `quota` said: {said[-2000:]}")
    if int(found[2]):
        raise ProgramError(f"{found[2]} images failed under a quota")
    used = float(found[1])
    place.results.add(Line("import under Drive's quota", f"{used} %", "", used, 95, 99, at_most=False, unit="%"))


def measure_thumbnails(place: Place) -> None:
    """A photograph of twelve megapixels, by the benchmark `thumbnails`."""
    if missing := [name for name in ("vips", "vipsthumbnail") if shutil.which(name) is None]:
        place.results.left_out["thumbnails"] = f"not installed: {', '.join(missing)} (Debian: libvips-tools)"
        return
    with tempfile.TemporaryDirectory(prefix="image-import-bench-") as directory:
        _paint(Path(directory))
        said = _bench(place, "thumbnails", {"PICTURES": directory, "TIMES": str(2 * place.extent.rounds)})
    found = re.search(r"photo\.jpg\s+([\d.]+) ms\s+([\d.]+) ms", said)
    if found is None:
        raise ProgramError(f"the benchmark `thumbnails` said: {said[-2000:]}")
    ours, theirs = map(float, found.groups())
    work = "thumbnail of 12 megapixels: CPU"
    place.results.add(Line(work, f"{ours:.0f} ms", f"vipsthumbnail {theirs:.0f} ms", ours / theirs, 1.0, 0.6))


def _bench(place: Place, name: str, settings: dict[str, str]) -> str:
    env = {**plain_environment(), "TEST_BIN_DIR": str(place.binaries), **settings}
    arguments = ["cargo", "bench", "--quiet", "--locked", "-p", "tests", "--bench", name]
    done = subprocess.run(arguments, cwd=place.repository, env=env, capture_output=True, text=True)
    return done.stderr


def _paint(directory: Path) -> None:
    """Soft shapes in three bands with fine noise over them: about as many bytes as a photograph has."""
    grain = directory / "grain.v"
    _vips("gaussnoise", grain, "4000", "3000", "--mean", "0", "--sigma", "9", "--seed", "4")
    bands = []
    for seed, band in enumerate(("red", "green", "blue"), 1):
        coarse, large, rough, grey = (directory / f"{band}.{step}.v" for step in ("coarse", "large", "rough", "grey"))
        _vips("gaussnoise", coarse, "40", "30", "--mean", "128", "--sigma", "60", "--seed", str(seed))
        _vips("resize", coarse, large, "100")
        _vips("add", large, grain, rough)
        _vips("cast", rough, grey, "uchar")
        bands.append(grey)
    joined, coloured = directory / "joined.v", directory / "coloured.v"
    _vips("bandjoin", " ".join(map(str, bands)), joined)
    _vips("copy", joined, coloured, "--interpretation", "srgb")
    _vips("jpegsave", coloured, directory / "photo.jpg", "--Q", "90")
    for left in directory.glob("*.v"):
        left.unlink()


def _vips(*arguments: object) -> None:
    subprocess.run(["vips", *map(str, arguments)], check=True, env=plain_environment(), capture_output=True)
