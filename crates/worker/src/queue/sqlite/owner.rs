//! Who holds a lease: a name that lives as long as a lock on a file.
//!
//! The lock goes with the process, however it ends. So a worker that is started again finds its old name free, and
//! knows that what stands under it is in nobody's hands.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

/// Most workers that may share one directory.
const MOST: usize = 1000;

/// A name nobody else has while this lives.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) name: String,
    _lock: File,
}

impl Owner {
    /// The first free name in `directory`.
    pub(super) fn take(directory: &Path) -> io::Result<Self> {
        for number in 0..MOST {
            let name = format!("worker-{number}");
            let path = directory.join(format!("{name}.lock"));
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
            match file.try_lock() {
                Ok(()) => return Ok(Self { name, _lock: file }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::other("too many workers share this directory"))
    }
}

#[cfg(test)]
mod tests {
    use super::Owner;

    #[test]
    fn a_name_is_free_again_when_its_holder_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let first = Owner::take(directory.path()).unwrap();
        let second = Owner::take(directory.path()).unwrap();
        assert_ne!(first.name, second.name);
        let name = first.name.clone();
        drop(first);
        assert_eq!(Owner::take(directory.path()).unwrap().name, name);
    }
}
