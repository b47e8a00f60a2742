//! Who holds a lease: a name that lives as long as a lock on a file.
//!
//! The lock goes with the process, however it ends. So a worker that is started again finds its old name free, and
//! knows that what stands under it is in nobody's hands.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::Path,
};

use uuid::Uuid;

/// Most workers that may share one directory.
const MOST: usize = 1000;

/// A name nobody else has while this lives.
#[derive(Debug)]
pub(super) struct Owner {
    /// Unique among the workers that share the directory.
    pub(super) name: String,
    lock: Option<File>,
}

impl Owner {
    /// The first free name in `directory`.
    pub(super) fn take(directory: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        for number in 0..MOST {
            let name = format!("worker-{number}");
            let path = directory.join(format!("{name}.lock"));
            let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
            match file.try_lock() {
                Ok(()) => return Ok(Self { name, lock: Some(file) }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::other("too many workers share this directory"))
    }

    /// The same with a name that is unique among the workers of all machines: it stands in the locked file from the
    /// first time on.
    pub(super) fn take_worldwide(directory: &Path) -> io::Result<Self> {
        let mut owner = Self::take(directory)?;
        if let Some(file) = &mut owner.lock {
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            let id = if let Ok(id) = Uuid::try_parse(text.trim()) {
                id
            } else {
                let id = Uuid::new_v4();
                file.set_len(0)?;
                file.write_all(id.to_string().as_bytes())?;
                file.sync_all()?;
                id
            };
            owner.name = id.to_string();
        }
        Ok(owner)
    }

    /// A new name, for a worker without a directory: after a restart it waits for its own leases to end.
    pub(super) fn passing() -> Self {
        Self { name: Uuid::new_v4().to_string(), lock: None }
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

    #[test]
    fn a_worldwide_name_is_found_again_and_differs_from_directory_to_directory() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = Owner::take_worldwide(here.path()).unwrap();
        let second = Owner::take_worldwide(here.path()).unwrap();
        let elsewhere = Owner::take_worldwide(there.path()).unwrap();
        assert_ne!(first.name, second.name);
        assert_ne!(first.name, elsewhere.name);
        let name = first.name.clone();
        drop(first);
        assert_eq!(Owner::take_worldwide(here.path()).unwrap().name, name);
    }
}
