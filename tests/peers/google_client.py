#!/usr/bin/env python3
"""Tries a Drive emulator with Google's own Python client, unmodified. Needs `pip install google-api-python-client`.

    google_client.py http://127.0.0.1:PORT/drive/v3

Asks the emulator's `/__tree` for a folder with files in it, the sample pictures for example; nothing is changed.
Ends with status 0 when all is well.
"""

import hashlib
import io
import json
import sys
import urllib.parse
import urllib.request

from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseDownload

FOLDER = "application/vnd.google-apps.folder"


def drive_at(url, key="any-key"):
    """The client, pointed at the emulator."""
    options = {"api_endpoint": url.rstrip("/") + "/"}
    return build("drive", "v3", developerKey=key, client_options=options, cache_discovery=False)


def tree_of(url):
    with urllib.request.urlopen(urllib.parse.urljoin(url, "/__tree")) as answer:
        return json.load(answer)


def all_files(drive, query, page_size, fields="id,name,size,md5Checksum,mimeType"):
    """Follows the pages as the client's own documentation shows it."""
    found, pages = [], 0
    request = drive.files().list(q=query, pageSize=page_size, fields=f"nextPageToken, files({fields})")
    while request is not None:
        answer = request.execute()
        found += answer["files"]
        pages += 1
        request = drive.files().list_next(request, answer)
    return found, pages


def download(drive, file_id, chunk_bytes):
    body = io.BytesIO()
    loader = MediaIoBaseDownload(body, drive.files().get_media(fileId=file_id), chunksize=chunk_bytes)
    done = False
    while not done:
        _, done = loader.next_chunk()
    return body.getvalue()


def refused(status, reason, request):
    """The call must fail with this status and reason."""
    try:
        request.execute()
    except HttpError as error:
        details = json.loads(error.content)["error"]["errors"][0]
        assert (error.status_code, details["reason"]) == (status, reason), error
    else:
        raise AssertionError(f"{request.uri} succeeded, {status} {reason} was due")


def check_listing(drive, folder, expected):
    query = f"'{folder}' in parents and trashed = false and mimeType != '{FOLDER}'"
    whole, _ = all_files(drive, query, 1000)
    assert len(whole) == expected, f"{len(whole)} of {expected} files listed"
    paged, pages = all_files(drive, query, 3)
    assert paged == whole, "small pages hold other files than one large page"
    assert pages == max(1, -(-expected // 3)), f"{pages} pages"
    forgetful = drive.files().list(q=query, pageSize=1, fields="files(id)")
    answer = forgetful.execute()
    assert drive.files().list_next(forgetful, answer) is None, "a token came that was not asked for"
    return whole


def check_long_query(drive, folder, whole):
    """Above 2048 characters the client sends a POST instead."""
    terms = " and ".join(f"name != 'not there {number}'" for number in range(200))
    found, _ = all_files(drive, f"'{folder}' in parents and mimeType != '{FOLDER}' and {terms}", 5)
    assert [file["id"] for file in found] == [file["id"] for file in whole], "the long query found something else"


def check_file(drive, file):
    got = drive.files().get(fileId=file["id"], fields="id,name,size,md5Checksum,mimeType").execute()
    assert got == file, f"{got} is not {file}"
    defaults = drive.files().get(fileId=file["id"]).execute()
    assert set(defaults) == {"kind", "id", "name", "mimeType"}, defaults
    in_parts = max(1, int(file["size"]) // 3)
    for chunk_bytes in (in_parts, 100 * 1024 * 1024):
        body = download(drive, file["id"], chunk_bytes)
        assert len(body) == int(file["size"]), f"{file['name']}: {len(body)} bytes"
        assert hashlib.md5(body).hexdigest() == file["md5Checksum"], file["name"]
    body = drive.files().get_media(fileId=file["id"]).execute()
    assert hashlib.md5(body).hexdigest() == file["md5Checksum"], file["name"]


def check_refusals(drive, url, folder):
    refused(404, "notFound", drive.files().list(q="'no-such-folder' in parents"))
    refused(404, "notFound", drive.files().get(fileId="no-such-file"))
    refused(404, "notFound", drive.files().get_media(fileId="no-such-file"))
    refused(403, "fileNotDownloadable", drive.files().get_media(fileId=folder))
    refused(400, "invalid", drive.files().list(q="title = 'x'"))
    refused(400, "invalid", drive.files().list(q=f"'{folder}' in parents", pageToken="nonsense"))
    refused(400, "invalidParameter", drive.files().list(fields="files(nonsense)"))
    refused(400, "badRequest", drive_at(url, key="BADKEY").files().list())
    refused(401, "required", drive.files().delete(fileId=folder))


def main(url):
    tree = tree_of(url)
    drive = drive_at(url)
    folders = [folder for folder in tree["folders"] if files_in(tree, folder["path"])]
    assert folders, "the emulator serves no files"
    empty = 0
    for folder in folders:
        whole = check_listing(drive, folder["id"], len(files_in(tree, folder["path"])))
        check_long_query(drive, folder["id"], whole)
        for file in whole:
            check_file(drive, file)
            empty += file["size"] == "0"
    check_refusals(drive, url, folders[0]["id"])
    print(f"{len(folders)} folders, {empty} empty files among the rest: all well")


def files_in(tree, path):
    return [file for file in tree["files"] if file["path"].rpartition("/")[0] == path]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
