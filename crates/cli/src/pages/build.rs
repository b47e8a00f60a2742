//! Builds the web page, once, however many programs want it.

use std::{
    fs::{File, TryLockError},
    time::{Duration, Instant},
};

use anyhow::Context;
use service::Shutdown;

use super::{
    State,
    npm::{Npm, Trouble},
    sources::Frontend,
};
use crate::output;

/// Held by whoever builds.
const LOCK: &str = ".build-lock";
/// Between two looks whether another program has ended its build.
const LOOK: Duration = Duration::from_millis(200);

/// What became of a build, and how long it took.
pub(super) type Outcome = Result<Duration, Trouble>;

/// Builds the page, unless another program does, or has just done, the same.
pub(super) async fn build(frontend: &Frontend, stop: &Shutdown) -> Outcome {
    let npm = Npm::find().await?;
    let started = Instant::now();
    let _held = lock(frontend, stop).await?;
    if frontend.is_current() {
        return Ok(started.elapsed());
    }
    if !frontend.has_packages() {
        output::say("Web page: installing what its build needs (npm ci) …");
        npm.run(&["ci", "--no-audit", "--no-fund"], frontend.root(), stop).await?;
    }
    output::say("Web page: building (npm run build) …");
    npm.run(&["run", "build"], frontend.root(), stop).await?;
    if !frontend.is_built() {
        return Err(anyhow::anyhow!("the build left no {}", frontend.dist().display()).into());
    }
    Ok(started.elapsed())
}

/// Waits until nobody else builds. The lock goes with the file, or with the program that held it.
async fn lock(frontend: &Frontend, stop: &Shutdown) -> Result<Option<File>, Trouble> {
    let path = frontend.root().join(LOCK);
    let open = File::options().create(true).truncate(false).write(true).open(&path);
    let file = open.with_context(|| format!("write into {}", frontend.root().display()))?;
    let mut is_told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            // some network disks have no locks; then two builds at once are possible, and still better than none
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if !is_told => {
                output::say("Web page: another program is building it; waiting for that.");
                is_told = true;
            }
            Err(TryLockError::WouldBlock) => {}
        }
        if !stop.sleep(LOOK).await {
            return Err(Trouble::Stopped);
        }
    }
}

/// What follows for the page.
pub(super) fn state(outcome: &Outcome, frontend: &Frontend) -> State {
    match outcome {
        Err(trouble) if !frontend.is_built() => State::Missing(trouble.to_string()),
        _ => State::Served,
    }
}

/// What a person is told; `address` is where the page is.
pub(super) fn told(outcome: &Outcome, frontend: &Frontend, address: &str) -> String {
    let trouble = match outcome {
        Ok(took) => return format!("Web page: built in {} s. Open {address}", took.as_secs()),
        Err(trouble) => trouble,
    };
    let instead = if frontend.is_built() {
        "The build there is, older than its sources, is served."
    } else {
        "The API is served without it."
    };
    let said = if let Trouble::Failed { said, .. } = trouble { format!("{said}\n") } else { String::new() };
    format!("Web page: not built: {trouble}\n{said}{instead} To build it by hand, {}.", frontend.by_hand())
}
