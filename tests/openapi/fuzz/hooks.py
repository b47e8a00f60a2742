"""What schemathesis loads: which requests are sent of those that it makes up, and what is checked of every answer beside what
the document says. The setup comes in `OPENAPI_SETUP`, as JSON; what was seen goes to the file that it names."""

import atexit
import json
import os
import re
import zlib
from collections import Counter

import schemathesis

SETUP = json.loads(os.environ["OPENAPI_SETUP"])
KNOWN = SETUP["known"]
SECRETS = ("canary-", "image-import-local", "panicked at", "SELECT ", "sqlx")
seen = Counter()


@atexit.register
def tell():
    with open(SETUP["seen_in"], "w") as file:
        json.dump(seen, file)


def chance(case, parts):
    """The same for the same case: the fuzzer asks again to find the shortest one that fails."""
    return zlib.crc32(repr((case.method, case.path, case.path_parameters, case.query, case.body)).encode()) % parts


@schemathesis.hook
def before_call(context, case, kwargs):
    """Half of the requests ask for what is there, not for what was made up."""
    if case.path.startswith("/api/import/") and case.path.endswith(("/google-drive", "/preview")):
        if KNOWN.get("folder") and chance(case, 2) == 0:
            case.body = {"folder_url": KNOWN["folder"], "recursive": chance(case, 4) == 0}
    elif case.path == "/api/images/delete":
        if KNOWN.get("spare") and chance(case, 8) == 0:
            case.body = {"ids": [KNOWN["spare"].pop()]}
    elif isinstance(case.path_parameters, dict) and chance(case, 2) == 0:
        if case.method.upper() in ("GET", "HEAD", "POST"):
            case.path_parameters.update({name: KNOWN[name] for name in case.path_parameters if name in KNOWN})
    if case.path.startswith("/api/import/events/") and _is_a_job(case.path_parameters):
        # the events of one that was started here may go on for ever; those of this one have ended
        case.path_parameters["job_id"] = KNOWN.get("job_id", "none")


def _is_a_job(parameters):
    return isinstance(parameters, dict) and re.fullmatch(r"[0-9a-f-]{36}", str(parameters.get("job_id")))


@schemathesis.check
def errors_have_the_one_body(ctx, response, case):
    """And nothing internal is in any answer."""
    seen[response.status_code] += 1
    text = response.content.decode(errors="replace")
    for secret in SECRETS:
        assert secret not in text or case.path.startswith("/api/docs"), f"{secret!r} is in the answer"
    for port in SETUP["inside"]:
        assert f":{port}" not in text, "an address of a service is in the answer"
    assert response.headers.get("x-request-id"), "no X-Request-Id"
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    body = json.loads(text)
    assert {"error", "code", "request_id"} <= body.keys(), sorted(body)
    seen[body["code"]] += 1
    assert body["request_id"] == response.headers["x-request-id"][0]
    codes = case.operation.schema.raw_schema["components"]["schemas"]["ErrorBody"]["properties"]["code"]["x-extensible-enum"]
    assert body["code"] in codes, f"{body['code']!r} is no code of the document"
    if response.status_code == 429:
        assert int(response.headers["retry-after"][0]) > 0
    if response.status_code == 401:
        assert response.headers["www-authenticate"] == ["Bearer"]


@schemathesis.check
def only_errors_of_this_setup(ctx, response, case):
    status = response.status_code
    if status >= 500:
        paths = SETUP["errors"].get(str(status), ())
        assert any(re.fullmatch(path, case.path) for path in paths), f"{status} in {SETUP['name']!r}"


@schemathesis.check
def strangers_are_refused(ctx, response, case):
    method = response.request.method
    is_read = method in ("GET", "HEAD")
    # the page that asks for the token is open to everybody
    is_open = is_read and (SETUP["refused"] == "changes" or case.path.startswith("/api/docs"))
    if method == "OPTIONS" or SETUP["refused"] == "nothing" or is_open:
        assert response.status_code != 401, "refused"
    else:
        # a rate, where there is one, comes first
        assert response.status_code in (401, 429), "not refused"
