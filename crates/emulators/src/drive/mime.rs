//! Media types: by the extension of the name, as uploads to Drive get theirs; by the first bytes where the name
//! says nothing.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What nothing is known about.
pub(crate) const UNKNOWN: &str = "application/octet-stream";

/// Extension (lower case) → type. `.heic` is `image/heif` at Google.
const BY_EXTENSION: [(&str, &str); 44] = [
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("jpe", "image/jpeg"),
    ("jfif", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("bmp", "image/bmp"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("svg", "image/svg+xml"),
    ("heic", "image/heif"),
    ("heif", "image/heif"),
    ("avif", "image/avif"),
    ("jxl", "image/jxl"),
    ("ico", "image/x-icon"),
    ("psd", "image/x-photoshop"),
    ("dng", "image/x-adobe-dng"),
    ("cr2", "image/x-canon-cr2"),
    ("nef", "image/x-nikon-nef"),
    ("arw", "image/x-sony-arw"),
    ("raf", "image/x-fuji-raf"),
    ("rw2", "image/x-panasonic-rw2"),
    ("pdf", "application/pdf"),
    ("eps", "application/postscript"),
    ("ps", "application/postscript"),
    ("ai", "application/illustrator"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("json", "application/json"),
    ("xml", "text/xml"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("avi", "video/x-msvideo"),
    ("mp3", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("js", "text/javascript"),
    ("css", "text/css"),
];

/// Offset, bytes there, type.
const BY_SIGNATURE: [(usize, &[u8], &str); 17] = [
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftypheic", "image/heif"),
    (4, b"ftypheix", "image/heif"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypavif", "image/avif"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\0\0\x01\0", "image/x-icon"),
    (0, b"8BPS", "image/x-photoshop"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"<svg", "image/svg+xml"),
    (0, b"PK\x03\x04", "application/zip"),
];

/// The type of a file on the disk.
pub(crate) fn of_file(path: &Path) -> &'static str {
    path.extension()
        .and_then(|extension| of_extension(&extension.to_string_lossy()))
        .unwrap_or_else(|| first_bytes(path).map_or(UNKNOWN, |head| of_bytes(&head)))
}

fn of_extension(extension: &str) -> Option<&'static str> {
    let extension = extension.to_ascii_lowercase();
    BY_EXTENSION.iter().find(|(known, _)| *known == extension).map(|(_, mime_type)| *mime_type)
}

fn first_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(32).read_to_end(&mut head)?;
    Ok(head)
}

fn of_bytes(head: &[u8]) -> &'static str {
    let found = BY_SIGNATURE
        .iter()
        .find(|(at, bytes, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes)));
    found.map_or(UNKNOWN, |(_, _, mime_type)| mime_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_and_the_bytes_where_there_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let cases: [(&str, &[u8], &str); 7] = [
            ("a.JPG", b"not a picture", "image/jpeg"),
            ("b.HEIC", b"", "image/heif"),
            ("c.svg", b"<svg/>", "image/svg+xml"),
            ("no-extension", b"\x89PNG\r\n\x1a\n....", "image/png"),
            ("odd.xyz", b"RIFF....WEBPVP8 ", "image/webp"),
            ("empty", b"", UNKNOWN),
            ("noise", b"hello", UNKNOWN),
        ];
        for (name, bytes, expected) in cases {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(of_file(&path), expected, "{name}");
        }
    }
}
