//! The web page that is built at the first start, by an npm that does what the test says.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use tempfile::TempDir;

use crate::{
    ports::free_base,
    program::run,
    running::{Running, get, get_as, image_import},
};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);
/// A build that works. What else a test wants comes before.
const BUILDS: &str = "\
case $1 in
ci) mkdir -p node_modules && echo '{}' >node_modules/.package-lock.json ;;
run) mkdir -p dist && echo '<the new page>' >dist/index.html ;;
esac";

/// A folder with the sources of a page, and an npm.
struct Place {
    dir: TempDir,
}

impl Place {
    /// With an npm that runs `script`, in the folder of the sources.
    fn new(script: &str) -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        for (name, text) in [
            ("frontend/package.json", r#"{"name": "image-import-ui"}"#),
            ("frontend/package-lock.json", "{}"),
            ("frontend/src/main.tsx", "the page"),
        ] {
            let path = place.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::create_dir(place.path("bin")).unwrap();
        place.program("npm", &format!("echo \"$@\" >>calls; env >>settings\n{script}"));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A build older than its sources.
    fn built_long_ago(&self) {
        fs::create_dir(self.path("frontend/dist")).unwrap();
        let index = self.path("frontend/dist/index.html");
        fs::write(&index, "<the old page>").unwrap();
        let then = SystemTime::now() - Duration::from_secs(3600);
        File::options().write(true).open(index).unwrap().set_modified(then).unwrap();
    }

    fn command(&self, arguments: &[&str], said: &str) -> Command {
        let mut command = image_import(self.dir.path(), arguments);
        command.env("PATH", self.path("bin")).stderr(File::create(self.path(said)).unwrap());
        command
    }

    /// Starts everything, with its data in a folder of that name, and waits until it runs.
    fn up(&self, data: &str, more: &[&str]) -> Up {
        let base = free_base();
        let said = self.path(&format!("{data}.said"));
        let port = base.to_string();
        let mut arguments = vec!["up", "--json", "--port-base", &port, "--data-dir", data];
        arguments.extend(more);
        let mut command = self.command(&arguments, &format!("{data}.said"));
        let mut running = Running::spawn(command.env("GOOGLE_API_KEY", "canary-key"));
        running.line();
        Up { running, said, gateway: format!("http://127.0.0.1:{base}") }
    }

    /// What npm was asked to do.
    fn calls(&self) -> Vec<String> {
        self.text("frontend/calls").lines().map(str::to_owned).collect()
    }
}

/// A running system.
struct Up {
    running: Running,
    said: PathBuf,
    gateway: String,
}

impl Up {
    /// What a browser sees at the address of a job.
    fn page(&self) -> String {
        get_as(&format!("{}/jobs/7", self.gateway), "text/html")
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap()
    }

    fn waits_to_say(&self, text: &str) {
        wait_until(text, || self.said().contains(text), || self.said());
    }

    fn waits_for_the_new_page(&self) {
        wait_until("the new page", || self.page().contains("<the new page>"), || self.said());
    }

    fn api_answers(&self) {
        let stats = get(&format!("{}/api/stats", self.gateway));
        assert!(stats.starts_with("HTTP/1.1 200"), "{stats}");
    }

    fn stops(self) {
        assert_eq!(self.running.stop(), 0);
    }
}

fn wait_until(what: &str, is_so: impl Fn() -> bool, state: impl Fn() -> String) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} does not come: {}", state());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_page_is_built_at_the_first_start_while_the_api_answers_and_then_is_there() {
    let place = Place::new(&format!("[ $1 = ci ] || until [ -e go ]; do sleep 0.05; done\n{BUILDS}"));
    let first = place.up("one", &[]);
    first.waits_to_say("npm run build");
    first.api_answers();
    let early = first.page();
    assert!(early.starts_with("HTTP/1.1 503") && early.contains("appears here by itself"), "{early}");
    fs::write(place.path("frontend/go"), "").unwrap();
    first.waits_for_the_new_page();
    first.waits_to_say("Web page: built in");
    let said = first.said();
    assert!(said.contains("npm ci") && said.contains("being built"), "{said}");
    first.stops();
    assert_eq!(place.calls(), ["ci --no-audit --no-fund", "run build"]);
    let settings = place.text("frontend/settings");
    assert!(settings.contains("REACT_APP_API_URL=\n") && !settings.contains("canary"), "{settings}");

    let second = place.up("two", &[]);
    assert!(second.page().contains("<the new page>"));
    let said = second.said();
    assert!(said.contains("Web page  http://localhost:") && !said.contains("npm"), "{said}");
    second.stops();
    assert_eq!(place.calls().len(), 2, "nothing had changed");
}

#[test]
fn after_a_change_only_the_page_is_built_again() {
    let place = Place::new(BUILDS);
    fs::create_dir(place.path("frontend/node_modules")).unwrap();
    fs::write(place.path("frontend/node_modules/.package-lock.json"), "{}").unwrap();
    place.built_long_ago();
    let up = place.up("data", &[]);
    up.waits_for_the_new_page();
    up.stops();
    assert_eq!(place.calls(), ["run build"], "its packages were there");
}

#[test]
fn a_build_that_fails_says_why_and_the_older_page_stays() {
    let place = Place::new("[ $1 = ci ] || { echo 'main.tsx(1,5): error TS1005' >&2; exit 3; }");
    place.built_long_ago();
    let up = place.up("data", &[]);
    up.waits_to_say("`npm run build` failed (exit status: 3)");
    let said = up.said();
    assert!(said.contains("main.tsx(1,5): error TS1005"), "{said}");
    assert!(said.contains("older than its sources, is served"), "{said}");
    assert!(up.page().contains("<the old page>"));
    up.api_answers();
    up.stops();
}

#[test]
fn without_npm_the_api_runs_and_it_is_said_what_is_missing() {
    let place = Place::new(BUILDS);
    fs::remove_file(place.path("bin/npm")).unwrap();
    let up = place.up("data", &[]);
    up.waits_to_say("npm, which builds it, is not installed. Install Node 20 or newer");
    up.api_answers();
    assert!(up.page().starts_with("HTTP/1.1 503"));
    up.stops();
}

#[test]
fn a_node_that_is_too_old_is_not_tried() {
    let place = Place::new(BUILDS);
    place.program("node", "echo v18.20.4");
    let up = place.up("data", &[]);
    up.waits_to_say("Node v18.20.4 is too old. Install Node 20 or newer");
    up.stops();
    assert_eq!(place.calls().len(), 0);
}

#[test]
fn two_starts_at_once_build_once() {
    let place = Place::new(&format!("[ $1 = ci ] || until [ -e go ]; do sleep 0.05; done\n{BUILDS}"));
    let first = place.up("one", &[]);
    first.waits_to_say("npm run build");
    let second = place.up("two", &[]);
    second.waits_to_say("another program is building it");
    fs::write(place.path("frontend/go"), "").unwrap();
    first.waits_for_the_new_page();
    second.waits_for_the_new_page();
    second.waits_to_say("Web page: built");
    first.stops();
    second.stops();
    assert_eq!(place.calls(), ["ci --no-audit --no-fund", "run build"]);
}

#[test]
fn a_stop_ends_the_build_and_all_that_it_started() {
    let place = Place::new("[ $1 = ci ] || { sleep 600 & echo $! >pid; wait; }");
    let up = place.up("data", &[]);
    let pid = || place.text("frontend/pid").trim().to_owned();
    wait_until("the build", || !pid().is_empty(), || up.said());
    up.stops();
    let is_gone = || !is_running(&pid());
    wait_until("the end of the build", is_gone, || format!("process {} runs", pid()));
}

/// A process that has ended, but that nobody has asked about yet, does not run.
fn is_running(pid: &str) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(state) => !state.contains(") Z "),
        Err(_) if Path::new("/proc/self").exists() => false,
        Err(_) => Command::new("kill").args(["-0", pid]).status().unwrap().success(),
    }
}

#[test]
fn nothing_is_built_where_nobody_looks_or_wants_it() {
    let place = Place::new(BUILDS);
    let mut demo = crate::program::image_import(place.dir.path());
    demo.args(["demo", "--exit", "--json"]).env("PATH", place.path("bin"));
    assert_eq!(run(&mut demo).code, 0);
    let up = place.up("data", &["--no-build"]);
    up.waits_to_say("run `npm ci && npm run build` in");
    up.stops();
    assert_eq!(place.calls().len(), 0);
}
