-- Keys are BLOBs: S3 orders them by their UTF-8 bytes, and so does SQLite's comparison of BLOBs.
CREATE TABLE buckets (
  name       TEXT    NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL  -- seconds since 1970, as all times here
) WITHOUT ROWID;

CREATE TABLE objects (
  bucket   TEXT    NOT NULL,
  key      BLOB    NOT NULL,
  size     INTEGER NOT NULL,
  etag     TEXT    NOT NULL,
  modified INTEGER NOT NULL,
  details  TEXT    NOT NULL,  -- JSON: headers, ACL, checksum and the files that hold the bytes
  PRIMARY KEY (bucket, key)
) WITHOUT ROWID;

CREATE TABLE uploads (
  id        TEXT    NOT NULL PRIMARY KEY,
  bucket    TEXT    NOT NULL,
  key       BLOB    NOT NULL,
  initiated INTEGER NOT NULL,
  details   TEXT    NOT NULL,  -- JSON: what the object will have
  completed TEXT               -- ETag of the object that came of it; kept for a day, so that a repeated completion is answered
) WITHOUT ROWID;

CREATE INDEX uploads_by_key ON uploads (bucket, key, id);

CREATE TABLE parts (
  upload   TEXT    NOT NULL,
  number   INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  details  TEXT    NOT NULL,  -- JSON: MD5, checksum and the file that holds the bytes
  PRIMARY KEY (upload, number)
) WITHOUT ROWID;
