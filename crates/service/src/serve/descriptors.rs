//! How many connections a process can have open: each is one of its files.

use std::sync::OnceLock;

/// Connections that leave enough files for calls to other services, databases and logs. Asks the system for as many files
/// as it gives without more rights, once.
pub(super) fn most_connections() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| {
        most_files().map_or(usize::MAX, |files| usize::try_from(files / 4 * 3).unwrap_or(usize::MAX))
    })
}

#[cfg(unix)]
fn most_files() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// More than any setting here can use; systems may allow a billion.
    const ENOUGH: u64 = 1 << 20;
    let now = getrlimit(Resource::Nofile);
    let wanted = now.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    if now.current.is_some_and(|current| current < wanted) {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: now.maximum });
        if raised.is_ok() {
            return Some(wanted);
        }
    }
    now.current
}

/// Sockets are no files here, and nothing bounds them.
#[cfg(not(unix))]
fn most_files() -> Option<u64> {
    None
}
