//! `up` and `emulators`: processes that run until they are told to stop.

use std::{
    io::{BufRead, BufReader, Read},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::program::{image_import, run};

/// The first of seven free ports in a row: below those that the system gives to connections, and different ones for
/// tests that run at the same time.
pub(crate) fn free_base() -> u16 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id() * 4 + CALLS.fetch_add(1, Ordering::Relaxed);
    (first..first + 1000)
        .map(|slot| 20_000 + u16::try_from(slot % 1700).unwrap() * 7)
        .find(|base| (0..7).all(|part| TcpListener::bind(("127.0.0.1", base + part)).is_ok()))
        .unwrap()
}

/// A process that is killed when a test gives up.
struct Running {
    process: Child,
    out: BufReader<ChildStdout>,
}

impl Running {
    fn start(dir: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(assert_cmd::cargo::cargo_bin!("image-import"))
            .args(arguments)
            .current_dir(dir)
            .env_clear()
            .env("TMPDIR", dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        Self { process, out }
    }

    /// The line that says where everything is; it comes once everything runs.
    fn addresses(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Asks it to stop, and waits for its end.
    #[cfg(unix)]
    fn stop(mut self) -> i32 {
        let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < deadline, "it does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn get(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    std::io::Write::write_all(
        &mut socket,
        format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").as_bytes(),
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_taken_port_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let base = free_base();
    let _taken = TcpListener::bind(("127.0.0.1", base + 3)).unwrap();
    let ended = run(image_import(dir.path()).args(["up", "--port-base", &base.to_string()]));
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert!(ended.err.contains(&format!("port {} (storage service)", base + 3)), "{}", ended.err);
    assert!(ended.err.contains("--port-base"), "{}", ended.err);
}

#[cfg(unix)]
#[test]
fn up_needs_no_settings_and_stops_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let base = free_base();
    let mut up = Running::start(dir.path(), &["up", "--json", "--port-base", &base.to_string()]);
    let at = up.addresses();
    assert_eq!(at["gateway"], format!("http://127.0.0.1:{base}"));
    assert_eq!(at["drive"], Value::Null, "that one is Google's own");
    for part in ["gateway", "import", "metadata", "storage", "worker"] {
        let answer = get(&format!("{}/health", at[part].as_str().unwrap()));
        assert!(answer.starts_with("HTTP/1.1 200"), "{part}: {answer}");
    }
    let stats = get(&format!("{}/api/stats", at["gateway"].as_str().unwrap()));
    assert!(stats.contains("\"total_images\":0"), "{stats}");
    assert_eq!(up.stop(), 0);
    assert!(dir.path().join(".data").join("import.db").is_file());
}

#[cfg(unix)]
#[test]
fn the_emulators_run_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (drive, s3) = (free_base().to_string(), free_base().to_string());
    let arguments = ["emulators", "both", "--json", "--drive-port", &drive, "--s3-port", &s3];
    let mut emulators = Running::start(dir.path(), &arguments);
    let at = emulators.addresses();
    let folder = at["drive"]["folders"][0].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let url = at["drive"]["url"].as_str().unwrap();
    let listed = get(&format!("{url}/files?key=k&q=%27{folder}%27+in+parents"));
    assert!(listed.starts_with("HTTP/1.1 200") && listed.contains("drive#fileList"), "{listed}");
    let health = get(&format!("{}/_health", at["s3"]["url"].as_str().unwrap()));
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    assert_eq!(emulators.stop(), 0);
}
