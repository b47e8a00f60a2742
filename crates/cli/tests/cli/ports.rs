//! Ports: free ones for tests, and taken ones.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::program::{image_import, run};

/// The first of seven free ports in a row: below those that the system gives to connections and those that the
/// end-to-end tests take, and different ones for tests that run at the same time.
pub(crate) fn free_base() -> u16 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id() * 4 + CALLS.fetch_add(1, Ordering::Relaxed);
    (first..first + 1000)
        .map(|slot| 10_000 + u16::try_from(slot % 1140).unwrap() * 7)
        .find(|base| (0..7).all(|part| TcpListener::bind(("127.0.0.1", base + part)).is_ok()))
        .unwrap()
}

#[test]
fn a_taken_port_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let base = free_base();
    let _taken = TcpListener::bind(("127.0.0.1", base + 3)).unwrap();
    let ended = run(image_import(dir.path()).args(["up", "--port-base", &base.to_string()]));
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert!(ended.err.contains(&format!("port {} (storage service)", base + 3)), "{}", ended.err);
    assert!(ended.err.contains("--port-base"), "{}", ended.err);
}
