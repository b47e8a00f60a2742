//! Programs of others that start further ones, as `npm` does: they end with all that they started.

use std::{io, process::ExitStatus, time::Duration};

use tokio::process::{Child, Command};

/// How long the programs may take to end by themselves.
const PATIENCE: Duration = Duration::from_secs(3);

/// Starts `command` so that [`end`] reaches all that it starts in turn. Ctrl-C on the terminal does not reach it.
///
/// # Errors
/// When it cannot be started.
pub fn start(command: &mut Command) -> io::Result<Child> {
    set_apart(command);
    command.kill_on_drop(true).spawn()
}

/// Ends `child` and all that it started, and waits for its end.
///
/// # Errors
/// When it cannot be waited for.
pub async fn end(child: &mut Child) -> io::Result<ExitStatus> {
    ask(child, Force::Gentle).await;
    if let Ok(ended) = tokio::time::timeout(PATIENCE, child.wait()).await {
        return ended;
    }
    ask(child, Force::Hard).await;
    child.kill().await?;
    child.wait().await
}

#[derive(Clone, Copy)]
enum Force {
    Gentle,
    Hard,
}

#[cfg(unix)]
fn set_apart(command: &mut Command) {
    command.process_group(0);
}

#[cfg(unix)]
#[expect(clippy::unused_async, reason = "elsewhere it waits")]
async fn ask(child: &Child, force: Force) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let signal = match force {
        Force::Gentle => Signal::TERM,
        Force::Hard => Signal::KILL,
    };
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(id) = id {
        // a group that has ended already is what was wanted
        let _ = kill_process_group(id, signal);
    }
}

#[cfg(not(unix))]
fn set_apart(_: &mut Command) {}

/// Windows has no gentle way for a program without a window.
#[cfg(not(unix))]
async fn ask(child: &Child, _: Force) {
    use std::process::Stdio;
    let Some(id) = child.id() else { return };
    let mut kill = Command::new("taskkill");
    kill.args(["/T", "/F", "/PID", &id.to_string()]);
    let _ = kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().await;
}
