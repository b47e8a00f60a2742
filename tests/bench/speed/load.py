"""Load by wrk: how many requests a server answers in a second."""

import re
import subprocess
import tempfile
from pathlib import Path

from .programs import ProgramError, plain_environment

THREADS = 2

# asks for the files of a set one after another
GET_EACH = """
local number = 0
request = function()
    number = number % {count} + 1
    return wrk.format("GET", "{path}" .. string.format("%0{digits}d", number - 1))
end
"""

# writes over and over a few objects of the same size
PUT_EACH = """
local number = 0
local body = string.rep("x", {size})
request = function()
    number = number % 64 + 1
    return wrk.format("PUT", "{path}" .. number, nil, body)
end
"""

# makes rows: every connection's numbers are its own
POST_ROWS = """
local threads = 0
setup = function(thread)
    threads = threads + 1
    thread:set("me", threads)
end
local number = 0
local kind = {["Content-Type"] = "application/json"}
local row = '{"name": "row-%d.jpg", "google_drive_id": "1row%d-%024d", "size": 20000, "mime_type": "image/jpeg", ' ..
    '"storage_path": "http://127.0.0.1:1/bucket/00000000-0000-5000-8000-%012d_row.jpg", "storage_provider": "aws"}'
request = function()
    number = number + 1
    return wrk.format("POST", nil, kind, string.format(row, number, me, number, number * 10 + me))
end
"""


def requests_per_second(url: str, seconds: float, *, connections: int, script: str = "") -> float:
    """The rate of good answers; a bad one, or a broken connection, is an error."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write(script)
        lua.flush()
        arguments = ["wrk", f"-t{THREADS}", f"-c{connections}", f"-d{seconds:.0f}s"]
        arguments += ["-s", lua.name] if script else []
        done = subprocess.run([*arguments, url], env=plain_environment(), capture_output=True, text=True, check=True)
    wrong = re.search(r"Non-2xx.*|Socket errors.*", done.stdout)
    rate = re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)
    if rate is None or (wrong and not _is_only_timeouts(wrong[0])):
        raise ProgramError(f"wrk {url}: {wrong[0] if wrong else done.stdout}")
    return float(rate[1])


def _is_only_timeouts(said: str) -> bool:
    """Answers that wrk waited for longer than its two seconds: slow, not wrong."""
    return re.search(r"connect 0, read 0, write 0, timeout", said) is not None


def get_each(path: str, count: int, digits: int) -> str:
    """The script that asks for `path` followed by each number."""
    return GET_EACH.format(path=path, count=count, digits=digits)


def put_each(path: str, size: int) -> str:
    """The script that writes objects of `size` bytes."""
    return PUT_EACH.format(path=path, size=size)


def post_rows() -> str:
    """The script that makes rows."""
    return POST_ROWS


def clear(directory: Path) -> None:
    """Removes what was written."""
    for path in directory.iterdir():
        path.unlink()
