//! One service as a process: started on a port of its own, killed, started again.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A running binary and where it writes its log.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    env: Vec<(String, String)>,
    dir: PathBuf,
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// Starts the binary `name` in `dir` with exactly the settings `env`. Its log goes to `<dir>/<label>.log`.
    ///
    /// # Panics
    /// When the binary is not built.
    pub fn start(name: &'static str, label: &str, dir: &Path, env: Vec<(String, String)>) -> Self {
        let log = dir.join(format!("{label}.log"));
        let mut process = Self { name, env, dir: dir.to_owned(), log, child: None };
        process.spawn();
        process
    }

    fn spawn(&mut self) {
        let binary = binary(self.name);
        let log = File::options().create(true).append(true).open(&self.log).expect("open a log file");
        let mut command = Command::new(&binary);
        command.env_clear().envs(self.env.iter().cloned()).current_dir(&self.dir);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn();
        let hint = "build the binaries first: cargo build --workspace --bins";
        self.child =
            Some(child.unwrap_or_else(|error| panic!("start {}: {error}; {hint}", binary.display())));
    }

    /// `kill -9`, and nothing else.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again as it was started.
    pub fn start_again(&mut self) {
        self.kill();
        self.spawn();
    }

    /// Asks it to stop (SIGTERM); true when it has ended in order within `secs`.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn terminate(&mut self, secs: u64) -> bool {
        let Some(mut child) = self.child.take() else { return false };
        let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
        assert!(asked.is_ok_and(|status| status.success()), "send SIGTERM to {}", self.name);
        for _ in 0..secs * 20 {
            if let Ok(Some(status)) = child.try_wait() {
                return status.success();
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
        false
    }

    /// Another value for a setting, from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where cargo has put the binary `name`: beside the folder of the running test.
///
/// # Panics
/// When the test lies elsewhere.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    profile.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
