//! Which process this is among those that share a job store.
//!
//! Each takes the first free slot of its `DATA_DIR`; the operating system holds it by a file lock, which also a
//! `kill -9` lets go. The file holds an id that was drawn when it was made, so that names differ between machines. So
//! the next process under the same name knows that its predecessor is gone, and takes its jobs over at once.

use std::{
    fs::{File, TryLockError},
    io::{self, Read, Seek, Write},
    path::Path,
};

use uuid::Uuid;

/// Most processes on one `DATA_DIR`; beyond, names are random and jobs are taken over by the end of their lease only.
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
            let opened = File::options().create(true).truncate(false).read(true).write(true).open(path);
            let Ok(mut file) = opened else { break };
            match file.try_lock() {
                Ok(()) => {
                    let id = id_in(&mut file).unwrap_or_else(|_| Uuid::new_v4());
                    return Self { name: format!("import-{slot}-{}", id.simple()), _lock: Some(file) };
                }
                Err(TryLockError::WouldBlock) => {}
                // a file system without locks
                Err(TryLockError::Error(_)) => break,
            }
        }
        Self { name: format!("import-{}", Uuid::new_v4().simple()), _lock: None }
    }

    /// The name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// The id in a lock file; drawn now if there is none.
fn id_in(file: &mut File) -> io::Result<Uuid> {
    let mut text = String::new();
    if file.read_to_string(&mut text).is_ok()
        && let Ok(id) = Uuid::parse_str(text.trim())
    {
        return Ok(id);
    }
    let id = Uuid::new_v4();
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(id.to_string().as_bytes())?;
    file.sync_all()?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_free_again_when_its_process_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let first = Instance::take(dir.path());
        let name = first.name().to_owned();
        let second = Instance::take(dir.path());
        assert!(name.starts_with("import-0-") && second.name().starts_with("import-1-"));
        drop(first);
        assert_eq!(Instance::take(dir.path()).name(), name);
    }

    #[test]
    fn processes_of_different_machines_have_different_names() {
        let machines = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [one, other] = machines.each_ref().map(|dir| Instance::take(dir.path()));
        assert_ne!(one.name(), other.name());
    }

    #[test]
    fn a_lock_file_with_anything_else_gets_an_id() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("import-0.lock"), "\u{0}cut").unwrap();
        let name = Instance::take(dir.path()).name().to_owned();
        assert_eq!(Instance::take(dir.path()).name(), name);
    }

    #[test]
    fn without_locks_names_are_still_different() {
        let nowhere = Path::new("/nonexistent/for/sure");
        assert_ne!(Instance::take(nowhere).name(), Instance::take(nowhere).name());
    }
}
