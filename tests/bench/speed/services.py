"""The five services as five processes, with files of their own."""

import http.client
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .process import Cost, cpu_seconds, peak_bytes, settled
from .programs import ProgramError, Programs, free_port, plain_environment

NAMES = ("gateway", "import", "worker", "storage", "metadata")
IMPORT_LIMIT_SECONDS = 3600


@dataclass
class Job:
    """An import that has ended, and what it took."""

    status: dict
    cost: Cost


class Api:
    """The gateway as a client sees it, over one connection."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict | list]:
        """Status and JSON of an answer."""
        sent = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        self.connection.request(method, path, sent, headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def get(self, path: str) -> dict | list:
        """JSON of a good answer."""
        status, answer = self.ask("GET", path)
        if status != 200:
            raise ProgramError(f"GET {path} answered {status}: {answer}")
        return answer

    def followed(self, job_id: str) -> dict:
        """The job as it ended, by its events, which are also what a web page follows."""
        deadline = time.monotonic() + IMPORT_LIMIT_SECONDS
        self.connection.request("GET", f"/api/import/events/{job_id}")
        answer = self.connection.getresponse()
        event = b""
        while line := answer.readline():
            field, _, value = line.strip().partition(b": ")
            event = value if field == b"event" else event
            if field == b"data" and event == b"end":
                answer.read()
                return json.loads(value)
            if time.monotonic() > deadline:
                raise ProgramError(f"job {job_id} does not end")
        raise ProgramError(f"the events of job {job_id} ended with {answer.status} before the job")


class Services:
    """Started with an empty database; everything is gone at the end of the `with` block. Workers beside the first one share
    the queue with it and are asked for nothing."""

    def __init__(self, binaries: Path, source_url: str, sink_url: str, settings: dict[str, str], workers: int):
        self.programs = Programs()
        self.directory = tempfile.TemporaryDirectory(prefix="image-import-bench-")
        self.names = [*NAMES, *(f"worker-{number}" for number in range(2, workers + 1))]
        self.ports = {name: free_port() for name in self.names}
        self.binaries = binaries
        url = {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        self.env = {
            **plain_environment(),
            "GOOGLE_API_KEY": "measured",
            "GOOGLE_DRIVE_API_URL": f"{source_url}/drive/v3",
            "AWS_ENDPOINT_URL": sink_url,
            "AWS_REGION": "us-east-1",
            "AWS_BUCKET_NAME": "bucket",
            "AWS_ACCESS_KEY_ID": "measured",
            "AWS_SECRET_ACCESS_KEY": "measured",
            "AWS_EC2_METADATA_DISABLED": "true",
            "DATA_DIR": f"{self.directory.name}/data",
            **{f"{name.upper()}_SERVICE_URL": url[name] for name in NAMES if name != "gateway"},
            **settings,
        }
        self.pids: dict[str, int] = {}

    def __enter__(self) -> "Services":
        here = Path(self.directory.name)
        try:
            for name in self.names:
                env = {**self.env, "PORT": str(self.ports[name])}
                binary, log = self.binaries / name.partition("-")[0], here / f"{name}.log"
                program = self.programs.start([str(binary)], env=env, cwd=here, log=log)
                self.pids[name] = program.pid
            self._ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.programs.__exit__()
        self.directory.cleanup()

    def _ready(self) -> None:
        for program, port in zip(self.programs.running, self.ports.values()):
            program.listening_on(port)
            deadline = time.monotonic() + 30
            while (answer := Api(port).ask("GET", "/ready"))[0] != 200:
                if time.monotonic() > deadline:
                    raise ProgramError(f"{program.name} does not become ready: {answer[1]}")
                time.sleep(0.02)
        self.api = Api(self.ports["gateway"])

    def cpu_seconds(self) -> float:
        """Processor time of all five so far."""
        return sum(map(cpu_seconds, self.pids.values()))

    def peaks(self) -> dict[str, int]:
        """Most memory of each so far."""
        return {name: peak_bytes(pid) for name, pid in self.pids.items()}

    def import_folder(self, folder_id: str) -> Job:
        """Imports as a person does, and watches the progress as the web page does."""
        cpu, started = self.cpu_seconds(), time.monotonic()
        url = f"https://drive.google.com/drive/folders/{folder_id}"
        status, answer = self.api.ask("POST", "/api/import/google-drive", {"folder_url": url})
        if status != 202:
            raise ProgramError(f"the import was answered with {status}: {answer}")
        job = self.api.followed(answer["job_id"])
        seconds = time.monotonic() - started
        settled(list(self.pids.values()))
        return Job(job, Cost(seconds, self.cpu_seconds() - cpu, self.peaks()))
