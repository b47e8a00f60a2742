//! Which process this is among those that share a job store.
//!
//! Each takes the first free name; the operating system holds it by a file lock, which also a `kill -9` lets go. So the
//! next process under the same name knows that its predecessor is gone, and takes its jobs over at once.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

/// Most processes on one store; beyond, names are random and jobs are taken over by the end of their lease only.
const SLOTS: u32 = 64;

/// The name of this process, held until it is dropped.
#[derive(Debug)]
pub(crate) struct Instance {
    name: String,
    _lock: Option<File>,
}

impl Instance {
    /// Takes a name that nobody has.
    pub(crate) fn take(data_dir: &Path) -> Self {
        for slot in 0..SLOTS {
            let path = data_dir.join(format!("import-{slot}.lock"));
            let Ok(file) = File::options().create(true).truncate(false).write(true).open(path) else { break };
            match file.try_lock() {
                Ok(()) => return Self { name: format!("import-{slot}"), _lock: Some(file) },
                Err(TryLockError::WouldBlock) => {}
                // a file system without locks
                Err(TryLockError::Error(_)) => break,
            }
        }
        Self { name: format!("import-{}", uuid::Uuid::new_v4().simple()), _lock: None }
    }

    /// The name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_free_again_when_its_process_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let first = Instance::take(dir.path());
        let second = Instance::take(dir.path());
        assert_eq!((first.name(), second.name()), ("import-0", "import-1"));
        drop(first);
        assert_eq!(Instance::take(dir.path()).name(), "import-0");
    }

    #[test]
    fn without_locks_names_are_still_different() {
        let nowhere = Path::new("/nonexistent/for/sure");
        assert_ne!(Instance::take(nowhere).name(), Instance::take(nowhere).name());
    }
}
