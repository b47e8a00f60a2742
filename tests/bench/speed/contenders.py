"""What the import is compared with: rclone, which moves the same files, and openssl, which hashes the same bytes."""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

from .data import FileSet, Library
from .nginx import Server
from .process import Cost, peak_bytes
from .programs import ProgramError, plain_environment

TRANSFERS = 50
SAMPLE_SECONDS = 0.02


def run(arguments: list[str], env: dict[str, str]) -> Cost:
    """Runs a program to its end: wall time, processor time, memory."""
    peak = 0
    ended = threading.Event()
    started = time.monotonic()
    with subprocess.Popen(
        arguments, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:

        def watch() -> None:
            nonlocal peak
            while not ended.wait(SAMPLE_SECONDS):
                peak = max(peak, peak_bytes(child.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            said = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.monotonic() - started
            child.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            child.kill()
            raise
        finally:
            ended.set()
            watcher.join()
    if child.returncode:
        raise ProgramError(f"{arguments[0]} ended with {child.returncode}: {said.decode(errors='replace')[-2000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, {Path(arguments[0]).name: peak})


def rclone_copy(files: FileSet, source: Server, sink: Server) -> Cost:
    """`rclone copy` of a set from the source's plain directory into the S3 server, with what makes it fastest."""
    arguments = [
        "rclone", "copy", ":http:", f":s3:bucket/rclone/{files.name}",
        "--config", "/dev/null",
        "--http-url", f"{source.url}/blobs/{files.name}/",
        "--s3-provider", "Other",
        "--s3-endpoint", sink.url,
        "--s3-access-key-id", "measured",
        "--s3-secret-access-key", "measured",
        "--s3-no-check-bucket",
        "--s3-no-head",
        "--transfers", str(TRANSFERS),
        "--checkers", str(TRANSFERS),
        "--retries", "1",
    ]  # fmt: skip
    return run(arguments, plain_environment())


def openssl_md5(files: FileSet, library: Library) -> Cost:
    """The MD5 of every byte of a set, by one process."""
    paths = sorted(map(str, library.files_of(files).iterdir()))
    return run(["openssl", "md5", *paths], plain_environment())


def missing() -> list[str]:
    """Programs that are not installed."""
    return [name for name in ("rclone", "openssl") if shutil.which(name) is None]
