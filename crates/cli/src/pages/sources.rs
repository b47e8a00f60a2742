//! Where the web page is, what it is built from, and whether the build is older than that.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Our `package.json` has this name. A folder that is merely called `frontend` is somebody else's.
const NAME: &str = "image-import-ui";
/// The page of a finished build.
const INDEX: &str = "index.html";
/// What is built; all below where it is a folder.
const SOURCES: [&str; 7] =
    ["src", "public", INDEX, "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json"];

/// The folder `frontend`.
#[derive(Debug, Clone)]
pub(super) struct Frontend {
    root: PathBuf,
}

impl Frontend {
    /// The one below the working directory, or in the workspace that this program was built in.
    pub(super) fn find() -> Option<Self> {
        let here = std::env::current_dir().ok();
        let program = std::env::current_exe().ok();
        let above = program.iter().flat_map(|program| program.ancestors());
        Self::find_in(here.iter().map(PathBuf::as_path).chain(above))
    }

    fn find_in<'a>(mut places: impl Iterator<Item = &'a Path>) -> Option<Self> {
        places.find_map(|place| {
            let frontend = Self { root: place.join("frontend") };
            (frontend.has_sources() || frontend.is_built()).then_some(frontend)
        })
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the build goes.
    pub(super) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// True when there is a build, of whatever age.
    pub(super) fn is_built(&self) -> bool {
        self.dist().join(INDEX).is_file()
    }

    /// True when nothing is to be built: there is a build as young as its sources, or one without sources.
    pub(super) fn is_current(&self) -> bool {
        let Some(built) = modified(&self.dist().join(INDEX)) else { return false };
        !self.has_sources()
            || SOURCES.iter().all(|name| newest(&self.root.join(name)).is_none_or(|source| source <= built))
    }

    /// True when the packages that the build needs are there as `package-lock.json` says: npm writes a file of its own
    /// once it has installed all of them.
    pub(super) fn has_packages(&self) -> bool {
        let wanted = modified(&self.root.join("package-lock.json"));
        let installed = modified(&self.root.join("node_modules").join(".package-lock.json"));
        installed.is_some() && installed >= wanted
    }

    /// What a person can do instead.
    pub(super) fn by_hand(&self) -> String {
        format!("run `npm ci && npm run build` in {}; it appears then without a restart", self.root.display())
    }

    fn has_sources(&self) -> bool {
        let package = fs::read(self.root.join("package.json")).unwrap_or_default();
        let package: serde_json::Value = serde_json::from_slice(&package).unwrap_or_default();
        package["name"] == NAME
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|about| about.modified()).ok()
}

/// When `path`, or anything below it, changed last. A folder changes when a file in it is removed.
fn newest(path: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    // links are not followed: they may lead in circles
    let inside = entries.filter_map(|entry| {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            newest(&entry.path())
        } else {
            entry.metadata().and_then(|about| about.modified()).ok()
        }
    });
    inside.chain(modified(path)).max()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A folder with sources, `ago` minutes old.
    fn sources(dir: &Path, ago: u64) -> Frontend {
        let frontend = Frontend { root: dir.join("frontend") };
        for name in ["src/app/main.tsx", "index.html", "package-lock.json"] {
            write(&frontend, name, "x");
        }
        write(&frontend, "package.json", r#"{"name": "image-import-ui"}"#);
        for name in ["src/app/main.tsx", "src/app", "src", "index.html", "package-lock.json", "package.json"]
        {
            age(&frontend, name, ago);
        }
        frontend
    }

    fn write(frontend: &Frontend, name: &str, text: &str) {
        let path = frontend.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn age(frontend: &Frontend, name: &str, minutes: u64) {
        let then = SystemTime::now() - Duration::from_secs(60 * minutes);
        fs::File::open(frontend.root.join(name)).unwrap().set_modified(then).unwrap();
    }

    #[test]
    fn a_build_is_current_until_a_source_changes_or_goes() {
        let dir = tempfile::tempdir().unwrap();
        let frontend = sources(dir.path(), 30);
        assert!(!frontend.is_built() && !frontend.is_current());
        write(&frontend, "dist/index.html", "<page>");
        age(&frontend, "dist/index.html", 20);
        assert!(frontend.is_built() && frontend.is_current());
        for changed in ["src/app/main.tsx", "index.html", "package-lock.json", "src/app"] {
            age(&frontend, changed, 10);
            assert!(!frontend.is_current(), "{changed}");
            age(&frontend, changed, 30);
        }
        write(&frontend, "node_modules/any/index.js", "x");
        assert!(frontend.is_current(), "what is no source changes nothing");
    }

    #[test]
    fn packages_are_installed_when_npm_says_so_after_the_last_change() {
        let dir = tempfile::tempdir().unwrap();
        let frontend = sources(dir.path(), 30);
        write(&frontend, "node_modules/any/index.js", "x");
        assert!(!frontend.has_packages(), "it may have been stopped in the middle");
        write(&frontend, "node_modules/.package-lock.json", "{}");
        assert!(frontend.has_packages());
        age(&frontend, "node_modules/.package-lock.json", 40);
        assert!(!frontend.has_packages());
    }

    #[test]
    fn a_folder_of_somebody_else_is_not_ours() {
        let dir = tempfile::tempdir().unwrap();
        let (theirs, ours, copied) =
            (dir.path().join("theirs"), dir.path().join("ours"), dir.path().join("copied"));
        write(&Frontend { root: theirs.join("frontend") }, "package.json", r#"{"name": "their-shop"}"#);
        let found = |places: &[&Path]| Frontend::find_in(places.iter().copied()).map(|found| found.root);
        assert_eq!(found(&[&theirs, &ours]), None);
        sources(&ours, 0);
        assert_eq!(found(&[&theirs, &ours]), Some(ours.join("frontend")));
        // a build without its sources is served as it is
        let build = Frontend { root: copied.join("frontend") };
        write(&build, "dist/index.html", "<page>");
        assert_eq!(found(&[&copied]), Some(copied.join("frontend")));
        assert!(build.is_current());
    }
}
