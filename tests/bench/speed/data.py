"""The files that are moved: seeded, incompressible, each with the head of a JPEG, laid out for the source server."""

import hashlib
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

PAGE = 1000
# a JPEG begins: APP0, then a frame of 640 × 480 pixels; what follows is noise
JPEG_HEAD = (
    bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
    + bytes.fromhex("ffc0001108") + (480).to_bytes(2, "big") + (640).to_bytes(2, "big")
    + bytes.fromhex("03012200021101031101")
    + bytes.fromhex("ffda000c03010002110311003f00")
)


@dataclass(frozen=True)
class FileSet:
    """`count` files of `size` bytes in one folder."""

    name: str
    """Letters and digits; also the first part of every file's id."""
    count: int
    size: int
    distinct: int = 0
    """How many different contents there are; 0: as many as files. The rest are hard links, to fit in memory."""

    @property
    def bytes(self) -> int:
        """Of all files."""
        return self.count * self.size

    @property
    def folder_id(self) -> str:
        """What Drive would call the folder."""
        return f"folder-{self.name}"

    def file_id(self, number: int) -> str:
        """What Drive would call a file; as long as an id of Drive."""
        return f"{self.name}-{number:0{32 - len(self.name)}d}"


SMALL = FileSet("small", 1000, 20_000)
MEDIUM = FileSet("medium", 500, 500_000)
LARGE = FileSet("large", 150, 4_000_000)


class Library:
    """Files, folder listings and records below one directory, as the source server serves them."""

    def __init__(self, root: Path, seed: int):
        self.root = root
        self.seed = seed
        self.sums: dict[str, dict[str, str]] = {}
        """MD5 by file id, by set."""

    def files_of(self, files: FileSet) -> Path:
        """The directory with the files of a set."""
        return self.root / "blobs" / files.name

    def add(self, files: FileSet) -> None:
        """Writes a set, unless it is there."""
        if files.name in self.sums:
            return
        directory = self.files_of(files)
        directory.mkdir(parents=True)
        noise = random.Random(f"{self.seed} {files.name}")
        distinct = files.distinct or files.count
        sums: dict[str, str] = {}
        for number in range(files.count):
            file_id = files.file_id(number)
            if number < distinct:
                sums[file_id] = self._write(directory / file_id, files.size, noise)
            else:
                twin = files.file_id(number % distinct)
                os.link(directory / twin, directory / file_id)
                sums[file_id] = sums[twin]
        self.sums[files.name] = sums
        self._list(files, sums)

    def remove(self, files: FileSet) -> None:
        """Makes room."""
        for path in self.files_of(files).iterdir():
            path.unlink()
        self.files_of(files).rmdir()
        del self.sums[files.name]

    @staticmethod
    def _write(path: Path, size: int, noise: random.Random) -> str:
        md5 = hashlib.md5()
        with open(path, "wb") as out:
            left = size
            while left:
                piece = noise.randbytes(min(left, 4_000_000))
                if left == size:
                    piece = (JPEG_HEAD + piece)[: len(piece)]
                out.write(piece)
                md5.update(piece)
                left -= len(piece)
        return md5.hexdigest()

    def _list(self, files: FileSet, sums: dict[str, str]) -> None:
        """Every page of the folder's listing, and its record."""
        pages = self.root / "lists" / files.folder_id
        pages.mkdir(parents=True, exist_ok=True)
        records = [_record(files, file_id, md5) for file_id, md5 in sums.items()]
        for number, start in enumerate(range(0, len(records), PAGE)):
            page: dict[str, object] = {"incompleteSearch": False, "files": records[start : start + PAGE]}
            if start + PAGE < len(records):
                page["nextPageToken"] = str(number + 1)
            (pages / f"{number}.json").write_text(json.dumps(page))
        folder = {"id": files.folder_id, "name": files.name, "mimeType": "application/vnd.google-apps.folder"}
        folders = self.root / "records"
        folders.mkdir(exist_ok=True)
        (folders / f"{files.folder_id}.json").write_text(json.dumps(folder))


def _record(files: FileSet, file_id: str, md5: str) -> dict[str, object]:
    """A file as Drive lists it."""
    return {
        "id": file_id,
        "name": f"{file_id}.jpg",
        "mimeType": "image/jpeg",
        "size": str(files.size),
        "md5Checksum": md5,
        "createdTime": "2024-05-01T10:00:00.000Z",
        "modifiedTime": "2024-05-01T10:00:00.000Z",
        "trashed": False,
        "capabilities": {"canDownload": True},
    }
