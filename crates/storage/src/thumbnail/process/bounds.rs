//! What the operating system lets the process have, whatever its decoders ask for.

/// Bytes of addresses: the largest file, the largest buffer, as much again for what decoders hold beside it, and the
/// program itself.
#[cfg(unix)]
const MOST_BYTES: u64 = 1536 * 1024 * 1024;

/// From now on, memory beyond [`MOST_BYTES`] is refused to this process. Where the system knows no such limit, the
/// limits of the engine are all there is.
#[cfg(unix)]
pub(super) fn bound_memory() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let most = Rlimit { current: Some(MOST_BYTES), maximum: Some(MOST_BYTES) };
    let _ = setrlimit(Resource::As, most);
}

/// Windows limits groups of processes only.
#[cfg(not(unix))]
pub(super) fn bound_memory() {}
