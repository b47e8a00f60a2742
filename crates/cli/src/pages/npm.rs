//! npm, found and run: what it says is kept, and shown only where it fails.

use std::{
    ffi::OsStr,
    fs::File,
    io::{Read, Seek},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use anyhow::Context;
use service::{Shutdown, shutdown::tree};
use tokio::process::Command;

/// The oldest Node that can build the page.
const OLDEST_NODE: u32 = 20;
/// So many lines are shown of what npm said before it failed: the end has the reason.
const LAST_LINES: usize = 30;
/// Settings of the services that a package of somebody else need not see.
const SECRETS: [&str; 11] = [
    "GOOGLE_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "DB_PASSWORD",
    "REDIS_URL",
    "DEFAULT_REDIS_URL",
    "EMBEDDED_S3_SECRET_KEY",
    "API_TOKEN",
    "INTERNAL_TOKEN",
    "OTEL_EXPORTER_OTLP_HEADERS",
];

/// npm of this computer.
#[derive(Debug)]
pub(super) struct Npm {
    program: PathBuf,
}

/// Why npm did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// It is not there.
    #[error(
        "npm, which builds it, is not installed. Install Node {OLDEST_NODE} or newer (https://nodejs.org)"
    )]
    NotInstalled,
    /// It is too old.
    #[error("Node {0} is too old. Install Node {OLDEST_NODE} or newer (https://nodejs.org)")]
    TooOld(String),
    /// It ended with an error.
    #[error("`npm {command}` failed ({status})")]
    Failed {
        /// What it was asked.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines of what it said.
        said: String,
    },
    /// We are to stop.
    #[error("stopped")]
    Stopped,
    /// Something else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl Npm {
    /// The one that a shell would find.
    pub(super) async fn find() -> Result<Self, Trouble> {
        let program = which::which("npm").map_err(|_| Trouble::NotInstalled)?;
        if let Some(version) = node_version().await
            && major(&version).is_some_and(|major| major < OLDEST_NODE)
        {
            return Err(Trouble::TooOld(version));
        }
        Ok(Self { program })
    }

    /// Runs `npm` with `arguments` in `dir` to its end, or until `stop`: then it ends, and all that it started.
    pub(super) async fn run(&self, arguments: &[&str], dir: &Path, stop: &Shutdown) -> Result<(), Trouble> {
        let mut log = tempfile::tempfile().context("make a temporary file")?;
        let (out, err) = (copy(&log)?, copy(&log)?);
        let mut command = quiet(&self.program);
        command.args(arguments).current_dir(dir).stdout(out).stderr(err);
        let mut child = tree::start(&mut command).context("start npm")?;
        let ended = tokio::select! {
            ended = child.wait() => ended,
            () = stop.stopping() => {
                tree::end(&mut child).await.context("end npm")?;
                return Err(Trouble::Stopped);
            }
        };
        let status = ended.context("wait for npm")?;
        if status.success() {
            return Ok(());
        }
        let said = last_lines(&mut log).context("read what npm said")?;
        Err(Trouble::Failed { command: arguments.join(" "), status, said })
    }
}

/// A program that asks nobody, paints nothing, and sees no secret. The page it builds calls the API that serves it,
/// wherever pages that are built by hand for elsewhere are to call.
fn quiet(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).env("NO_COLOR", "1").env("npm_config_update_notifier", "false");
    command.env("REACT_APP_API_URL", "");
    for name in SECRETS {
        command.env_remove(name);
    }
    command
}

/// As it calls itself, `v20.20.2`; npm may bring a Node of its own, which is then new enough.
async fn node_version() -> Option<String> {
    let node = which::which("node").ok()?;
    let said = quiet(node).arg("--version").stderr(Stdio::null()).output().await.ok()?;
    String::from_utf8(said.stdout).ok().map(|version| version.trim().to_owned())
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn copy(log: &File) -> anyhow::Result<File> {
    log.try_clone().context("open a temporary file")
}

fn last_lines(log: &mut File) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    log.rewind()?;
    log.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
    let shown: Vec<_> = last.iter().map(|line| format!("  {}", crate::output::sentence(line))).collect();
    Ok(shown.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_version_is_read() {
        assert_eq!((major("v20.20.2"), major("v9.0.0"), major("Node")), (Some(20), Some(9), None));
    }
}
