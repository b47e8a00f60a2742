"""Which systems are asked, and what each of them may answer beside 2xx and 4xx as documented."""

from dataclasses import dataclass, field

TOKEN = "canary-api-token-of-the-fuzzer"
INTERNAL = {"INTERNAL_TOKEN": "canary-internal-token-of-the-fuzzer"}

IMPORTS = r"/api/import/.*"
ROWS = r"/api/(images|stats).*"
OBJECTS = r"/api/objects/.*"
# what asks Google Drive while its client waits: the made-up folders of the fuzzer are not there
DRIVE = {500: [r"/api/import/(google-drive|preview)"]}


@dataclass
class Setup:
    """One system. `errors`: which answers of 5xx are right, by status, where the path is one of these. `seen`: statuses and
    codes of errors that must come, or the setup proves nothing. `refused`: what is answered 401, whatever else is wrong with the request."""

    name: str
    settings: dict = field(default_factory=dict)
    # settings of some services
    apart: dict = field(default_factory=dict)
    # what is killed once there is something to ask for; or is not started at all
    dead: tuple = ()
    is_empty: bool = False
    # a job is begun that cannot end
    has_open_job: bool = False
    # what goes wrong at Google Drive
    faults: list = field(default_factory=list)
    # needs a MariaDB and a Redis
    on_servers: bool = False
    # `Authorization` that is sent
    sends: str | None = None
    refused: str = "nothing"
    errors: dict = field(default_factory=lambda: DRIVE)
    seen: tuple = (200, 400, 404)
    # part of the time
    share: float = 1.0


def away(*paths, **others):
    """503 where a service is dead, beside what Drive answers."""
    return {**DRIVE, 503: list(paths)}


def _fault(kind, probability, **fields):
    return {"kind": kind, "on": "list", "probability": probability, **fields}


# the first rule that fires answers: most kinds get their turn
FAULTS = [
    _fault(kind, 0.12, seed=seed)
    for seed, kind in enumerate(
        (
            "rateLimitExceeded", "backendError", "internalError", "html-502", "empty-503", "null-500", "not-json", "cut-json",
            "close", "reset", "API_KEY_INVALID", "accessNotConfigured", "notFound", "domainPolicy", "badRequest", "authError",
        )
    )
]  # fmt: skip

GUARDED = {"API_TOKEN": TOKEN}
READS_TOO = {**GUARDED, "API_TOKEN_READS": "true"}

SETUPS = [
    Setup("plain", share=2.5),
    Setup("token", GUARDED, sends=TOKEN),
    Setup("no token", GUARDED, refused="changes", seen=(200, 401, 404)),
    Setup("another token", GUARDED, sends=TOKEN[:-1], refused="changes", seen=(200, 401, 404)),
    Setup("token, reads too", READS_TOO, sends=TOKEN),
    Setup("no token, reads too", READS_TOO, refused="everything", seen=(200, 401)),
    Setup("rates", {"RATE_LIMIT": "900", "RATE_LIMIT_IMPORTS": "6", "EVENTS_PER_CLIENT": "1"}, seen=(200, 404, 429)),
    Setup("one job at once", {"MAX_JOBS": "1"}, dead=("worker",), has_open_job=True, seen=(200, 404, "too-many-jobs")),
    Setup("few images", {"MAX_IMAGES_PER_JOB": "3"}, is_empty=True, seen=(200, 404, "too-many-images")),
    Setup("short bodies", {"MAX_BODY_KB": "1"}, seen=(200, 400, 413)),
    Setup("metadata dead", dead=("metadata",), errors=away(ROWS), seen=(200, 404, 503)),
    Setup("import dead", dead=("import",), errors={503: [IMPORTS]}, seen=(200, 404, 503)),
    Setup("storage dead", dead=("storage",), errors=away(OBJECTS), seen=(200, 404, 503)),
    Setup("worker dead", dead=("worker",)),
    Setup("Drive and S3 dead", {"LIST_WAIT_SECS": "1"}, dead=("emulators",), errors={**DRIVE, 500: [*DRIVE[500], OBJECTS], 503: [OBJECTS]}, seen=(200, 404, 500)),
    Setup("Drive fails", {"LIST_WAIT_SECS": "1"}, faults=FAULTS, seen=(200, 404, 500)),
    Setup("MariaDB and Redis", on_servers=True),
    Setup("Redis dead", on_servers=True, dead=("redis",), errors={**DRIVE, 503: [IMPORTS]}, seen=(200, 404, 503)),
    Setup(
        "database dead",
        {"DB_SERVER": "127.0.0.1", "DB_PORT": "1", "DB_NAME": "x", "DB_USER": "x", "DB_PASSWORD": "canary-db-password"},
        is_empty=True,
        errors={500: [*DRIVE[500], ROWS]},
        seen=(404, 500),
    ),
    Setup("services locked", INTERNAL),
    Setup(
        "gateway locked out",
        INTERNAL,
        apart={"gateway": {"INTERNAL_TOKEN": "canary-another-internal-token"}},
        is_empty=True,
        errors={503: [IMPORTS, ROWS, OBJECTS]},
        seen=(503,),
    ),
]
