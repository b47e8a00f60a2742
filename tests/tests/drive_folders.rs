//! Manifests of Drive folders for the tests, and the bytes that must be stored in the end.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Bytes that look like a JPEG and are different for every name: the first `length` bytes of a JPEG's beginning and
/// the repeated SHA-256 of `id`, as the Drive emulator generates them.
pub(crate) fn generated(id: &str, length: usize) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let mut bytes = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00".to_vec();
    let block = Sha256::digest(id.as_bytes());
    while bytes.len() < length {
        bytes.extend_from_slice(&block);
    }
    bytes.truncate(length);
    bytes
}

/// A folder `id` of `count` generated files, and what must be stored.
pub(crate) fn folder(id: &str, count: usize, length: usize) -> (Value, BTreeMap<String, Vec<u8>>) {
    let mut items = Vec::new();
    let mut expected = BTreeMap::new();
    for number in 0..count {
        let file = format!("{id}_f{number}");
        items.push(json!({"id": file, "name": format!("img-{number}.jpg"), "mimeType": "image/jpeg",
            "size": "auto", "bytes": length}));
        expected.insert(file.clone(), generated(&file, length));
    }
    (json!({"folders": {id: items}}), expected)
}

/// A folder of `count` files of `length` bytes that the emulator knows without a manifest, and what must be stored.
pub(crate) fn bench_folder(count: usize, length: usize) -> (String, BTreeMap<String, Vec<u8>>) {
    let id = format!("bench-{count}-{length}");
    let files = (0..count).map(|number| format!("{id}_f{number}"));
    let expected = files.map(|file| (file.clone(), generated(&file, length))).collect();
    (id, expected)
}
