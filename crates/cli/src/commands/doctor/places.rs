//! The directory that services keep their files in: can it be written, and is there room?

use std::{
    fs::OpenOptions,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use service::finding::{Finding, in_time};

use super::settings::{Settings, not_looked_at};

const WRITE: &str = "files.write";
const SPACE: &str = "files.space";
/// Files that services keep there; the database has a check of its own.
const FILES: [&str; 2] = ["import.db", "worker.db"];
/// Below this it is tight.
const TIGHT: u64 = 1024 * 1024 * 1024;
/// Below this nothing works for long.
const FULL: u64 = 100 * 1024 * 1024;

/// Looks at `DATA_DIR`, if the services that use it run here.
pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let Some(import) = settings.import.as_ref().filter(|_| !settings.is_bad(&["DATA_DIR"])) else {
        return vec![not_looked_at(WRITE)];
    };
    if !settings.are_files_here() {
        return vec![Finding::skipped(
            WRITE,
            "the services run elsewhere: each says itself whether it can write its files",
        )];
    }
    let place = import.data_dir.clone();
    let looking = tokio::task::spawn_blocking(move || look(&place));
    match in_time(looking).await {
        Some(Ok(findings)) => findings,
        _ => vec![Finding::too_slow(WRITE, "the disk of DATA_DIR")],
    }
}

fn look(place: &Path) -> Vec<Finding> {
    let existing = nearest(place);
    // the file goes when it is dropped
    let tried = tempfile::Builder::new().prefix(".image-import-doctor").tempfile_in(&existing);
    let shown = place.display();
    let mut findings = vec![match tried {
        Ok(_) if existing == place => Finding::ok(WRITE, format!("files can be written to {shown}")),
        Ok(_) => Finding::ok(WRITE, format!("{shown} can be made, and is made when the services start")),
        Err(error) => Finding::failed(
            WRITE,
            format!("nothing can be written to {shown} ({})", error.kind()),
            "Give the user that runs the services the right to write there (chown), or set DATA_DIR to another \
             directory.",
        ),
    }];
    findings.extend(FILES.iter().filter_map(|name| closed(&place.join(name))));
    findings.extend(fs4::available_space(&existing).ok().map(|free| space(free, place)));
    findings
}

/// A file that is there and cannot be written: left by another user, as a rule.
fn closed(file: &Path) -> Option<Finding> {
    let opened = OpenOptions::new().read(true).write(true).open(file);
    let error = opened.err().filter(|error| error.kind() != ErrorKind::NotFound)?;
    Some(Finding::failed(
        WRITE,
        format!("{} cannot be written ({})", file.display(), error.kind()),
        "Give it to the user that runs the services (chown).",
    ))
}

/// The directory itself, or the closest one above it that is there.
fn nearest(place: &Path) -> PathBuf {
    let above = place.ancestors().find(|above| above.exists());
    above.filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn space(free: u64, place: &Path) -> Finding {
    let found = format!("{} MiB are free where {} is", free / 1024 / 1024, place.display());
    let fix = "Make room, or set DATA_DIR to a directory on another disk.";
    match free {
        ..FULL => Finding::failed(SPACE, found, fix),
        FULL..TIGHT => Finding::warning(SPACE, found, fix),
        _ => Finding::ok(SPACE, found),
    }
}

#[cfg(test)]
mod tests {
    use service::finding::Verdict;

    use super::*;

    fn verdicts(place: &Path) -> Vec<Verdict> {
        look(place)
            .into_iter()
            .filter(|finding| finding.check == WRITE)
            .map(|finding| finding.verdict)
            .collect()
    }

    #[test]
    fn a_directory_that_cannot_be_is_found_and_none_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("a").join("b");
        assert_eq!(verdicts(&new), [Verdict::Ok]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(verdicts(&file.join("below"))[0], Verdict::Failed);
        std::fs::create_dir(dir.path().join("worker.db")).unwrap();
        assert_eq!(verdicts(dir.path()), [Verdict::Ok, Verdict::Failed]);
    }

    #[test]
    fn little_room_is_a_warning_and_none_a_failure() {
        let judged = |free| space(free, Path::new("data")).verdict;
        assert_eq!(judged(TIGHT), Verdict::Ok);
        assert_eq!(judged(TIGHT - 1), Verdict::Warning);
        assert_eq!(judged(FULL - 1), Verdict::Failed);
    }
}
