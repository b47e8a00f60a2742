//! The program as a process that runs until it is told to stop.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// A process that is killed when a test gives up.
pub(crate) struct Running {
    process: Child,
    out: BufReader<ChildStdout>,
}

/// The program with these arguments, in `dir`, and without any setting that is around.
pub(crate) fn image_import(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("image-import"));
    command.args(arguments).current_dir(dir).env_clear().env("TMPDIR", dir).stdout(Stdio::piped());
    command
}

impl Running {
    pub(crate) fn start(dir: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        Self::spawn(image_import(dir, arguments).envs(settings.iter().copied()))
    }

    /// Starts a command made by [`image_import`].
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut process = command.spawn().unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        Self { process, out }
    }

    /// The line for programs; it comes once everything runs.
    pub(crate) fn line(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn stop(mut self) -> i32 {
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

/// The whole answer to a `GET`, with its head.
pub(crate) fn get(url: &str) -> String {
    get_as(url, "*/*")
}

/// The same for whoever wants an answer of the type `accept`.
pub(crate) fn get_as(url: &str, accept: &str) -> String {
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    std::io::Write::write_all(
        &mut socket,
        format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\naccept: {accept}\r\nconnection: close\r\n\r\n")
            .as_bytes(),
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}
