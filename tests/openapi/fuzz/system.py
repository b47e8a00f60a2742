"""The five services as processes, with stand-ins for Google Drive and S3, on ports of their own."""

import json
import random
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.parse import unquote

SERVICES = ("import", "metadata", "storage", "worker", "gateway")
START_SECONDS = 90


def free_ports(count):
    """Ports below those of outgoing connections, so that a service that was killed can have its own again."""
    ports = []
    while len(ports) < count:
        port = random.randrange(32_100, 32_700) if not ports else ports[-1] + 1
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                ports.append(port)
            except OSError:
                ports.clear()
    return ports


class System:
    """`settings` are those of all services, `apart` those of some: `{"gateway": {…}}`."""

    def __init__(self, folder, programs, settings=None, apart=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.programs = Path(programs)
        self.settings = settings or {}
        self.apart = apart or {}
        self.token = self.settings.get("API_TOKEN")
        self.processes = {}
        names = ("emulators-drive", "emulators-s3", *SERVICES)
        self.ports = dict(zip(names, free_ports(len(names))))
        self.url = f"http://127.0.0.1:{self.ports['gateway']}"
        self.drive = f"http://127.0.0.1:{self.ports['emulators-drive']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        ports = self.ports
        arguments = ["emulators", "--json", "--drive-port", ports["emulators-drive"], "--s3-port", ports["emulators-s3"]]
        self.spawn("emulators", self.programs / "image-import", [*arguments, "--data-dir", self.folder / "data"], {})
        for name in SERVICES:
            self.start_service(name)
        self.wait_for("the emulators", lambda: self.folders())
        for name in SERVICES:
            self.wait_for(name, lambda: self._get(f"http://127.0.0.1:{ports[name]}/health"))

    def start_service(self, name):
        ports = self.ports
        env = {
            "GOOGLE_API_KEY": "canary-google-key",
            "GOOGLE_DRIVE_API_URL": f"{self.drive}/drive/v3",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['emulators-s3']}",
            "AWS_BUCKET_NAME": "images",
            "AWS_ACCESS_KEY_ID": "image-import",
            "AWS_SECRET_ACCESS_KEY": "image-import-local",
            "AWS_EC2_METADATA_DISABLED": "true",
            "DATA_DIR": str(self.folder / "data"),
            "PORT": str(ports[name]),
            **{f"{to.upper()}_SERVICE_URL": f"http://127.0.0.1:{ports[to]}" for to in SERVICES if to != "gateway"},
            **self.settings,
            **self.apart.get(name, {}),
        }
        self.spawn(name, self.programs / name, [], env)

    def spawn(self, name, program, arguments, env):
        with open(self.folder / f"{name}.log", "ab") as log, open(self.folder / f"{name}.out", "ab") as out:
            self.processes[name] = subprocess.Popen(
                [str(program), *map(str, arguments)], env=env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=log
            )

    def kill(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGKILL)
        for process in self.processes.values():
            process.wait()
        self.processes.clear()

    def folders(self):
        """Links of the sample folders."""
        said = (self.folder / "emulators.out").read_text()
        return json.loads(said)["drive"]["folders"] if said.endswith("\n") else None

    def ask(self, path, body=None):
        """The JSON that the gateway answers to who has the token; `None` where it cannot."""
        return self._get(self.url + path, body)

    def _get(self, url, body=None, method=None):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        request = urllib.request.Request(url, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def faults(self, rules):
        """Puts these in the place of what shall go wrong at Google Drive."""
        self.wait_for("faults", lambda: self._get(f"{self.drive}/__faults", rules, "PUT") is not None)

    def wait_for(self, what, look):
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended: {self.log(name)[-2000:]}")
            if found := look():
                return found
            time.sleep(0.1)
        raise RuntimeError(f"{what}: not within {START_SECONDS} s; gateway: {self.log('gateway')[-1000:]}")

    def import_samples(self):
        """Imports the sample pictures: then there are a job, images, and objects to ask for. Answers an id of each, and ids of
        images to spare."""
        self.wait_for("an import", lambda: self.ask("/api/import/google-drive", {"folder_url": self.folders()[-1]}))
        job = self.wait_for("the import's end", self._ended_job)
        image = self.wait_for("an image", lambda: self.ask("/api/images?per_page=1&mime_type=image/png"))["images"][0]
        others = self.wait_for("images", lambda: self.ask("/api/images?per_page=100"))["images"]
        return {
            "folder": self.folders()[-1],
            "job_id": job,
            "id": image["id"],
            "key": unquote(image["content_url"].split("?")[0].rsplit("/", 1)[1]),
            "spare": [other["id"] for other in others if other["id"] != image["id"]],
        }

    def _ended_job(self):
        jobs = (self.ask("/api/import/jobs") or {}).get("jobs")
        return jobs[0]["job_id"] if jobs and jobs[0]["state"] == "completed" else None

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def panics(self):
        """What no service may ever log, and processes that ended by themselves."""
        found = [f"{name} ended with {process.poll()}" for name, process in self.processes.items() if process.poll() is not None]
        for name in self.processes:
            lines = self.log(name).splitlines()
            found += [f"{name}: {line}" for line in lines if "panicked" in line or "overflowed its stack" in line]
        return found
