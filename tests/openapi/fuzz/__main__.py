"""Runs schemathesis against every setup; ends with the line "N passed, N failed", N operations."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from contextlib import ExitStack
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from .servers import Database, start_redis
from .setups import SETUPS
from .system import SERVICES, System

HERE = Path(__file__).parent
SECONDS = float(os.environ.get("OPENAPI_SECONDS") or 8)
SEED = os.environ.get("OPENAPI_SEED") or "1"
ONLY = os.environ.get("OPENAPI_ONLY")
PROGRAMS = Path(os.environ["OPENAPI_PROGRAMS"])
MYSQL = os.environ.get("TEST_MYSQL_URL")


def main():
    # whoever stops this finds none of its processes left
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    passed = failed = 0
    chosen = [setup for setup in SETUPS if not ONLY or re.search(ONLY, setup.name)]
    with tempfile.TemporaryDirectory() as folder:
        for number, setup in enumerate(chosen):
            if setup.on_servers and not MYSQL:
                print(f"== {setup.name}: skipped, TEST_MYSQL_URL is not set")
                continue
            print(f"== {setup.name}", flush=True)
            started = time.monotonic()
            try:
                good, bad = run(setup, Path(folder) / str(number))
            except (RuntimeError, OSError, xml.ParseError, subprocess.SubprocessError) as error:
                print(f"FAILED: {error}")
                good, bad = 0, 1
            print(f"{good} as documented, {bad} not, in {time.monotonic() - started:.0f} s", flush=True)
            passed += good
            failed += bad
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


def run(setup, folder):
    """How many operations answer as they should, and how many do not."""
    with ExitStack() as stack:
        system = System(folder, PROGRAMS, dict(setup.settings), setup.apart)
        if setup.on_servers:
            system.settings |= stack.enter_context(Database(MYSQL))
        stack.enter_context(system)
        if setup.on_servers:
            system.settings |= start_redis(system)
        system.start()
        document = system.wait_for("the document", lambda: system.ask("/api/openapi.json"))
        if faults := list(OpenAPIV31SpecValidator(document).iter_errors()):
            raise RuntimeError(f"the document is no OpenAPI 3.1: {faults}")
        known = {"folder": system.folders()[-1]} if setup.is_empty else system.import_samples()
        for name in setup.dead:
            system.kill(name)
        if setup.has_open_job:
            link = system.folders()[0]
            system.wait_for("a job", lambda: system.ask("/api/import/google-drive", {"folder_url": link}))
        if setup.faults:
            system.faults(setup.faults)
        # a slow machine may need longer to meet what must be seen
        for times in (1, 4, 16):
            good, wrong, missing = fuzz(setup, system, document, known, SECONDS * setup.share * times)
            if wrong or not missing:
                break
        else:
            print(f"FAILED: no answer was {sorted(missing)}")
            wrong = 1
        for line in system.panics():
            print(f"FAILED: {line}")
            wrong += 1
    return good, wrong


def fuzz(setup, system, document, known, seconds):
    """How many operations answer as they should, how many do not, and what must be seen and was not."""
    folder = system.folder
    (folder / "openapi.json").write_text(json.dumps(document))
    told = {
        "name": setup.name,
        "errors": setup.errors,
        "refused": setup.refused,
        "known": known,
        "inside": [system.ports[name] for name in SERVICES if name != "gateway"],
        "seen_in": str(folder / "seen.json"),
    }
    command = [Path(sys.executable).parent / "schemathesis", "--config-file", HERE.parent / "schemathesis.toml", "run"]
    command += [folder / "openapi.json", "--url", system.url, "--max-time", f"{max(1, round(seconds))}"]
    command += ["--request-timeout", "30", "--seed", SEED, "--generation-database", "none", "--no-color"]
    command += ["--report", "junit", "--report-junit-path", folder / "report.xml"]
    if setup.sends:
        command += ["--header", f"Authorization: Bearer {setup.sends}"]
    env = {**os.environ, "OPENAPI_SETUP": json.dumps(told), "SCHEMATHESIS_HOOKS": "fuzz.hooks", "PYTHONPATH": str(HERE.parent)}
    ended = subprocess.run([*map(str, command)], env=env, cwd=folder, capture_output=True, text=True, timeout=300 + 10 * seconds)
    cases = [{part.tag for part in case} for case in xml.parse(folder / "report.xml").iter("testcase")]
    wrong = sum(bool(parts & {"failure", "error"}) for parts in cases)
    good = len(cases) - wrong - sum("skipped" in parts for parts in cases)
    seen = json.loads((folder / "seen.json").read_text())
    if ended.returncode != 0 or wrong:
        print(ended.stdout, ended.stderr)
        wrong = max(wrong, 1)
    return good, wrong, set(map(str, setup.seen)) - seen.keys()


sys.exit(main())
