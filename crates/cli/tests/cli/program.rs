//! The program, and a stand-in for the server that it asks.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use assert_cmd::{Command, cargo::cargo_bin_cmd};

/// The program, in an empty directory and without any setting that is around.
pub(crate) fn image_import(dir: &Path) -> Command {
    let mut command = cargo_bin_cmd!("image-import");
    command.current_dir(dir).env_clear().env("TMPDIR", dir).env("TEMP", dir).env("TMP", dir);
    // a machine without this cannot open sockets
    if let Some(root) = std::env::var_os("SystemRoot") {
        command.env("SystemRoot", root);
    }
    command
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `command` to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A server that gives one answer to each request, by its method and path, and remembers what it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answers`: beginning of `METHOD path`, status, body. Of several with the same beginning each is given once, the
    /// last one again and again.
    pub(crate) fn start(answers: &'static [(&'static str, u16, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                answer(socket, answers, &seen);
            }
        });
        Self { url, asked }
    }

    /// Everything that was asked, as `METHOD path`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut socket: TcpStream, answers: &[(&str, u16, &str)], seen: &Mutex<Vec<String>>) {
    let mut head = BufReader::new(socket.try_clone().unwrap());
    let mut first = String::new();
    head.read_line(&mut first).unwrap();
    let asked = first.rsplit_once(' ').map(|(asked, _)| asked.to_owned()).unwrap_or_default();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if head.read_line(&mut line).unwrap_or(0) <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    std::io::copy(&mut std::io::Read::take(&mut head, length), &mut std::io::sink()).unwrap();
    let mut seen = seen.lock().unwrap();
    let start = answers.iter().map(|(start, ..)| *start).find(|start| asked.starts_with(start));
    let before = seen.iter().filter(|asked| start.is_some_and(|start| asked.starts_with(start))).count();
    seen.push(asked);
    drop(seen);
    let found = answers.iter().filter(|(same, ..)| Some(*same) == start).take(before + 1).last();
    let (status, body) =
        found.map_or((404, "{\"error\":\"nothing here\"}"), |(_, status, body)| (*status, *body));
    let length = body.len();
    let _ = write!(
        socket,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}
