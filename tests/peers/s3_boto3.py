#!/usr/bin/env python3
"""Tries an S3 server with boto3, a client not written here. Needs `pip install boto3`.

    s3_boto3.py ENDPOINT BUCKET ACCESS_KEY SECRET_KEY

The bucket must exist; keys below `boto3/` are written and removed again. Ends with status 0 when all is well.
"""

import hashlib
import io
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

MIB = 1024 * 1024
NASTY = [
    "with space.jpg", "ünï/日本語 🎉.png", "שלום.jpg", "a+b&c=d?e#f.jpg", "100%.jpg", "pct%20lit.jpg", "quo'te\"d.jpg",
    "back\\slash", "a//b", "dir/", "dot/./x", "up/../x", "same", "same/child", "new\nline", "cr\rline", "tab\tx",
    "bell\x07", "<xml>&amp;", "k" * 900,
]


def refused(code, call, **arguments):
    """The call must fail with this code."""
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"{call.__name__}: {found}, not {code}"
    else:
        raise AssertionError(f"{call.__name__} succeeded, {code} was due")


class Peer:
    def __init__(self, endpoint, bucket, access_key, secret_key):
        self.bucket = bucket
        self.endpoint = endpoint
        self.s3 = boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1",
            aws_access_key_id=access_key, aws_secret_access_key=secret_key,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def put(self, key, body, **more):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    def get(self, key, **more):
        return self.s3.get_object(Bucket=self.bucket, Key=key, **more)

    def keys(self, prefix, page=1000):
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, PaginationConfig={"PageSize": page})
        return [entry["Key"] for each in pages for entry in each.get("Contents", [])]

    def writes_and_reads(self):
        body = os.urandom(300_000)
        put = self.put("boto3/plain", body, ContentType="image/png", ContentDisposition="inline",
                       CacheControl="max-age=60", Metadata={"job": "j1"})
        assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
        got = self.get("boto3/plain")
        assert got["Body"].read() == body
        assert (got["ContentType"], got["ContentDisposition"], got["CacheControl"]) == ("image/png", "inline", "max-age=60")
        assert got["Metadata"] == {"job": "j1"}
        part = self.get("boto3/plain", Range="bytes=10-19")
        assert part["Body"].read() == body[10:20] and part["ContentRange"] == "bytes 10-19/300000"
        refused("InvalidRange", self.get, key="boto3/plain", Range="bytes=400000-")
        refused("304", self.get, key="boto3/plain", IfNoneMatch=put["ETag"])
        refused("PreconditionFailed", self.put, key="boto3/plain", body=b"x", IfNoneMatch="*")
        refused("BadDigest", self.put, key="boto3/bad", body=b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")
        refused("NoSuchKey", self.get, key="boto3/bad")
        refused("404", self.s3.head_object, Bucket=self.bucket, Key="boto3/bad")
        refused("NoSuchBucket", self.s3.get_object, Bucket="there-is-none", Key="x")

    def verifies_every_checksum(self):
        for algorithm in ["CRC32", "SHA1", "SHA256"]:
            self.put("boto3/sum", b"abc" * 1000, ChecksumAlgorithm=algorithm)
            got = self.get("boto3/sum", ChecksumMode="ENABLED")
            assert got["Body"].read() == b"abc" * 1000 and f"Checksum{algorithm}" in got, algorithm

    def transfers_large_files(self):
        body = os.urandom(21 * MIB)
        config = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB)
        self.s3.upload_fileobj(io.BytesIO(body), self.bucket, "boto3/large", Config=config,
                               ExtraArgs={"ContentType": "image/tiff"})
        back = io.BytesIO()
        self.s3.download_fileobj(self.bucket, "boto3/large", back, Config=config)
        assert back.getvalue() == body
        head = self.s3.head_object(Bucket=self.bucket, Key="boto3/large")
        assert head["ETag"].endswith('-3"') and head["ContentType"] == "image/tiff"
        self.s3.copy({"Bucket": self.bucket, "Key": "boto3/large"}, self.bucket, "boto3/copy", Config=config)
        assert self.get("boto3/copy")["Body"].read() == body
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="boto3/aborted")
        listed = self.s3.list_multipart_uploads(Bucket=self.bucket, Prefix="boto3/")["Uploads"]
        assert [entry["UploadId"] for entry in listed] == [upload["UploadId"]]
        self.s3.abort_multipart_upload(Bucket=self.bucket, Key="boto3/aborted", UploadId=upload["UploadId"])

    def takes_every_key(self):
        for key in NASTY:
            self.put(f"boto3/nasty/{key}", key.encode())
        assert self.keys("boto3/nasty/", page=3) == sorted(f"boto3/nasty/{key}" for key in NASTY)
        for key in NASTY:
            assert self.get(f"boto3/nasty/{key}")["Body"].read() == key.encode(), key
        grouped = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="boto3/nasty/same", Delimiter="/")
        assert [entry["Prefix"] for entry in grouped["CommonPrefixes"]] == ["boto3/nasty/same/"]
        first = self.s3.list_objects(Bucket=self.bucket, Prefix="boto3/nasty/", MaxKeys=2)
        assert first["IsTruncated"] and len(first["Contents"]) == 2

    def signs_urls(self):
        key = "boto3/pre signed+ü.txt"
        put = self.s3.generate_presigned_url("put_object", Params={"Bucket": self.bucket, "Key": key})
        urllib.request.urlopen(urllib.request.Request(put, data=b"hello", method="PUT"))
        get = self.s3.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": key, "ResponseContentType": "text/x-test"})
        answer = urllib.request.urlopen(get)
        assert answer.read() == b"hello" and answer.headers["Content-Type"] == "text/x-test"
        try:
            urllib.request.urlopen(get[:-1] + ("0" if get[-1] != "0" else "1"))
        except urllib.error.HTTPError as error:
            assert error.code == 403, error.code
        else:
            raise AssertionError("a changed signature was accepted")
        url = f"{self.endpoint}/{self.bucket}/{urllib.parse.quote(key)}"
        assert urllib.request.urlopen(url).read() == b"hello"

    def deletes(self):
        self.s3.delete_object(Bucket=self.bucket, Key="boto3/never-there")
        # the answer to a deletion of many has no way to spell this key that an XML parser would take
        self.s3.delete_object(Bucket=self.bucket, Key="boto3/nasty/bell\x07")
        keys = self.keys("boto3/")
        deleted = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys]})
        assert sorted(entry["Key"] for entry in deleted["Deleted"]) == keys and "Errors" not in deleted
        assert self.keys("boto3/") == []


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    peer = Peer(*sys.argv[1:])
    for step in [peer.writes_and_reads, peer.verifies_every_checksum, peer.transfers_large_files, peer.takes_every_key,
                 peer.signs_urls, peer.deletes]:
        step()
        print(f"{step.__name__}: ok")


if __name__ == "__main__":
    main()
