#!/usr/bin/env python3
"""Tries the storage service on moto, an S3 server not written here.

    storage_on_moto.py bucket MOTO          makes the bucket
    storage_on_moto.py try MOTO STORAGE     an image is stored, read, shown small, and deleted

Ends with status 0 when all is well.
"""

import hashlib
import json
import struct
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zlib

import boto3
from botocore.config import Config

BUCKET = "pictures"
NAME = "größe & 日本 #1.png"


def s3_at(url):
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="peers",
                        aws_secret_access_key="peers-secret", config=Config(s3={"addressing_style": "path"}))


def keys(moto):
    listed = s3_at(moto).list_objects_v2(Bucket=BUCKET)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def painted(width, height):
    """A PNG of a gradient."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(value for x in range(width) for value in (x * 255 // width, y * 255 // height, 99))
                    for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def ask(url, method="GET", body=None, **headers):
    """Status, headers and body, whatever the status is."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, method=method, headers=named)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def stores(storage, body):
    query = urllib.parse.urlencode({"filename": NAME, "provider": "aws"})
    status, _, answer = ask(f"{storage}/objects/{uuid.uuid4()}?{query}", "PUT", body, Content_Type="image/jpeg")
    assert status == 200, (status, answer)
    stored = json.loads(answer)
    assert (stored["width"], stored["height"], stored["content_type"]) == (400, 300, "image/png"), stored
    assert stored["md5"] == hashlib.md5(body).hexdigest(), stored
    return stored


def reads(url, body):
    status, headers, answer = ask(url)
    assert (status, answer, headers["Content-Type"]) == (200, body, "image/png"), (status, headers.items())
    name = headers["Content-Disposition"].split("filename*=UTF-8''")[1]
    assert urllib.parse.unquote(name) == NAME, headers["Content-Disposition"]
    status, head, answer = ask(url, "HEAD")
    assert (status, head["Content-Length"], answer) == (200, str(len(body)), b""), (status, head.items())
    for given, expected in [("bytes=10-19", body[10:20]), ("bytes=-7", body[-7:]), ("bytes=50-", body[50:])]:
        status, _, answer = ask(url, Range=given)
        assert (status, answer) == (206, expected), (given, status)
    assert ask(url, Range=f"bytes={len(body)}-")[0] == 416
    assert ask(url, If_None_Match=headers["ETag"])[0] == 304
    assert ask(url, Range="bytes=0-1", If_Range='"other"')[0] == 200


def shows_small(url, moto):
    for kind, magic in [("image/webp", b"RIFF"), ("image/jpeg", b"\xff\xd8\xff")]:
        for _ in range(2):
            status, headers, answer = ask(f"{url}/thumbnail?size=160", Accept=kind)
            assert (status, headers["Content-Type"]) == (200, kind), (status, answer)
            assert answer.startswith(magic), kind
    kept = [key for key in keys(moto) if key.startswith("thumbnails/")]
    assert len(kept) == 2, kept


def deletes(storage, moto, stored, url):
    body = json.dumps({"file_path": stored["url"], "provider": "aws"}).encode()
    status, _, answer = ask(f"{storage}/delete", "POST", body, Content_Type="application/json")
    assert status == 200, (status, answer)
    assert keys(moto) == [], keys(moto)
    assert ask(url)[0] == 404 and ask(f"{url}/thumbnail")[0] == 404


def main():
    if sys.argv[1:2] == ["bucket"] and len(sys.argv) == 3:
        s3_at(sys.argv[2]).create_bucket(Bucket=BUCKET)
        return
    if sys.argv[1:2] != ["try"] or len(sys.argv) != 4:
        sys.exit(__doc__)
    moto, storage = sys.argv[2:]
    body = painted(400, 300)
    stored = stores(storage, body)
    url = f"{storage}/objects/{urllib.parse.quote(stored['key'], safe='')}"
    reads(url, body)
    shows_small(url, moto)
    deletes(storage, moto, stored, url)
    print("stored, read, shown small, deleted: all well")


if __name__ == "__main__":
    main()
