"""The command line: which rows, how much of each, and where the answer goes."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from .place import FULL, MEMORY_DISK, QUICK, Place
from .process import machine
from .programs import ProgramError, plain_environment
from .results import Results
from .rows import accepting, alone, known, memory, proxied, ready, rust, scale, sets

REPOSITORY = Path(__file__).resolve().parents[3]
ROWS = {
    "alone": alone.measure,
    "sets": sets.measure,
    "memory": memory.measure,
    "known": known.measure,
    "accepting": accepting.measure,
    "quota": rust.measure_quota,
    "proxied": proxied.measure,
    "thumbnails": rust.measure_thumbnails,
    "ready": ready.measure,
    "scale": scale.measure,
}
TOOLS = {"nginx": "nginx", "wrk": "wrk", "rclone": "rclone", "openssl": "openssl"}


def main() -> int:
    """Runs what is asked for; 0 when every bar is met."""
    wanted = _arguments()
    os.environ["PATH"] += ":/usr/sbin"
    if lacking := [package for tool, package in TOOLS.items() if shutil.which(tool) is None]:
        print(f"Install first: apt-get install {' '.join(lacking)}", file=sys.stderr)
        return 2
    # both end all that was started; a shell in the background has told us to ignore the first
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    extent = QUICK if wanted.quick else FULL
    settings = {"rounds": extent.rounds, "quick": wanted.quick, "seed": wanted.seed}
    results = Results(machine(), settings)
    try:
        with Place(_binaries(), REPOSITORY, extent, results, wanted.seed) as place:
            for name in wanted.only or ROWS:
                print(name, flush=True)
                ROWS[name](place)
    except KeyboardInterrupt:
        return 130
    except (ProgramError, subprocess.CalledProcessError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    finally:
        results.show()
        if wanted.json:
            results.write(wanted.json)
    return 0 if all(line.verdict != "no" for line in results.lines) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/bench/run", description="Measures the release build beside rclone, nginx and vips."
    )
    parser.add_argument("--quick", action="store_true", help="one round with little data, in less than two minutes")
    parser.add_argument("--only", nargs="+", choices=ROWS, metavar="NAME", help=f"only these: {', '.join(ROWS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything that was measured there")
    parser.add_argument("--seed", type=int, default=1, help="what the files are made from (1)")
    if not MEMORY_DISK.is_dir():
        parser.error(f"needs {MEMORY_DISK}, a disk in memory")
    return parser.parse_args()


def _binaries() -> Path:
    """`TEST_BIN_DIR`, or what is built now."""
    if there := os.environ.get("TEST_BIN_DIR"):
        return Path(there).resolve()
    env = plain_environment()
    build = ["cargo", "build", "--release", "--locked", "--workspace", "--bins"]
    subprocess.run(build, cwd=REPOSITORY, env=env, check=True)
    return Path(env.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "release"
