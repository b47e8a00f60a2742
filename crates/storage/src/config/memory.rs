//! How much memory this process may take: what its container or unit is limited to, and what the machine has left.

use std::{fs, path::Path};

/// Limits of a container, which sees its own control group at the top: version 2, version 1.
const OF_A_CONTAINER: [&str; 2] = ["sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"];

/// Bytes, by the files below `root` (`/`) in which Linux says it; none where nothing says it, as on other systems.
pub(super) fn available(root: &Path) -> Option<u64> {
    let limits = OF_A_CONTAINER.iter().filter_map(|file| limit(&root.join(file)));
    limits.chain(of_control_groups(root)).chain(left(root)).min()
}

/// A file with one number; `max`, without a limit, is none.
fn limit(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Limits of this process' control group and of those around it, as systemd sets them.
fn of_control_groups(root: &Path) -> Vec<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let Some(own) = groups.lines().find_map(|line| line.strip_prefix("0::/")) else { return Vec::new() };
    let around = Path::new(own).ancestors();
    around.filter_map(|group| limit(&root.join("sys/fs/cgroup").join(group).join("memory.max"))).collect()
}

/// What can be taken without swapping.
fn left(root: &Path) -> Option<u64> {
    let figures = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let available = figures.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = available.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// What is available by these files.
    fn by(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        available(root.path())
    }

    #[test]
    fn the_least_of_what_is_said_holds() {
        let machine = ("proc/meminfo", "MemTotal:       24684356 kB\nMemAvailable:    8388608 kB\n");
        let (v2, v1) = (OF_A_CONTAINER[0], OF_A_CONTAINER[1]);
        let inside = ("proc/self/cgroup", "1:cpu:/x\n0::/system.slice/images.service\n");
        let (unit, slice) =
            ("sys/fs/cgroup/system.slice/images.service/memory.max", "sys/fs/cgroup/system.slice/memory.max");
        for (files, expected) in [
            (vec![], None),
            (vec![machine], Some(8192)),
            (vec![machine, (v2, "2147483648\n")], Some(2048)),
            (vec![machine, (v2, "max\n")], Some(8192)),
            (vec![machine, (v2, "1099511627776\n")], Some(8192)),
            (vec![machine, (v1, "1073741824\n")], Some(1024)),
            // version 1 without a limit
            (vec![machine, (v1, "9223372036854771712\n")], Some(8192)),
            (vec![machine, inside, (unit, "536870912\n")], Some(512)),
            (vec![machine, inside, (unit, "max\n"), (slice, "268435456\n")], Some(256)),
            (vec![("proc/meminfo", "MemAvailable: x\n"), (v2, "-1\n"), (v1, "")], None),
        ] {
            assert_eq!(by(&files).map(|bytes| bytes / MIB), expected, "{files:?}");
        }
    }
}
