//! One service as a process: started on a port of its own, killed, suspended, started again.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// A running binary and where it writes its log.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    arguments: Vec<String>,
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
        Self::start_with(name, Vec::new(), label, dir, env)
    }

    /// The same with arguments.
    ///
    /// # Panics
    /// When the binary is not built.
    pub fn start_with(
        name: &'static str,
        arguments: Vec<String>,
        label: &str,
        dir: &Path,
        env: Vec<(String, String)>,
    ) -> Self {
        let log = dir.join(format!("{label}.log"));
        let mut process = Self { name, arguments, env, dir: dir.to_owned(), log, child: None };
        process.spawn();
        process
    }

    fn spawn(&mut self) {
        let binary = binary(self.name);
        let log = File::options().create(true).append(true).open(&self.log).expect("open a log file");
        let mut command = Command::new(&binary);
        command.args(&self.arguments).env_clear().envs(self.env.iter().cloned()).current_dir(&self.dir);
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
    pub async fn terminate(&mut self, secs: u64) -> bool {
        let Some(mut child) = self.child.take() else { return false };
        signal(&child, "TERM");
        let ended = ended_within(&mut child, Duration::from_secs(secs)).await;
        if ended.is_none() {
            let _ = child.kill();
            let _ = child.wait();
        }
        ended.is_some_and(|status| status.success())
    }

    /// Stops it in the middle of whatever it does, without its knowing (SIGSTOP).
    ///
    /// # Panics
    /// When it does not run.
    pub fn suspend(&self) {
        signal(self.child.as_ref().expect("it runs"), "STOP");
    }

    /// It goes on where it was suspended (SIGCONT).
    ///
    /// # Panics
    /// When it does not run.
    pub fn resume(&self) {
        signal(self.child.as_ref().expect("it runs"), "CONT");
    }

    /// How it has ended, if it has, without being told to.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().ok().flatten()
    }

    /// Its number; `None` when it does not run.
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Bytes of memory that it occupies; `None` when it does not run, or where the system does not tell.
    pub fn resident_bytes(&self) -> Option<u64> {
        resident_bytes(self.child.as_ref()?)
    }

    /// The most that it ever occupied since it started; `None` as above.
    pub fn peak_bytes(&self) -> Option<u64> {
        memory(self.child.as_ref()?, "VmHWM:")
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

fn signal(child: &Child, name: &str) {
    let asked = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
    assert!(asked.is_ok_and(|status| status.success()), "send SIG{name} to {}", child.id());
}

/// Bytes of memory that a process occupies, where the system tells.
pub(crate) fn resident_bytes(child: &Child) -> Option<u64> {
    memory(child, "VmRSS:")
}

fn memory(child: &Child, line: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|known| known.strip_prefix(line))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// How the process ended, when it did within `limit`.
pub(crate) async fn ended_within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        sleep(Duration::from_millis(20)).await;
    }
    None
}

/// Where the binary `name` is: in `TEST_BIN_DIR`, or where cargo has put it, beside the folder of the running test.
///
/// # Panics
/// When the test lies elsewhere.
pub fn binary(name: &str) -> PathBuf {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    if let Some(dir) = service::Env::from_process_without_file().get("TEST_BIN_DIR") {
        return Path::new(dir).join(file);
    }
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    profile.join(file)
}
