//! The web page of this system: where it is, and building it where it is not built, or older than its sources.
//!
//! The services do not wait for it, and nothing that goes wrong with it ends them: the gateway serves the directory of
//! the build whatever is in it, and what is missing is said to the person at the terminal.

mod build;
mod npm;
mod sources;

use std::path::PathBuf;

use service::Shutdown;
use tokio::{sync::watch, task::JoinHandle};

use crate::output;
use sources::Frontend;

/// What to do about a page that is not built, or older than its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Build it, where that can be done.
    Build,
    /// Serve what there is.
    AsItIs,
}

/// Whether a command builds the page.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct BuildArgs {
    /// Serve the web page as it is; do not build it, even where it is missing or older than its sources
    #[arg(long)]
    no_build: bool,
}

impl BuildArgs {
    /// What the person wants.
    pub(crate) fn wish(self) -> Wish {
        if self.no_build { Wish::AsItIs } else { Wish::Build }
    }
}

/// How things stand with the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// There is neither a page nor what it could be built from, as with a program that was copied somewhere.
    Absent,
    /// The gateway serves it.
    Served,
    /// It is being built, and will be served from then on; an older one is served until then.
    Building,
    /// It is not there, and this is why, or what to do.
    Missing(String),
}

/// The page of a running system.
#[derive(Debug)]
pub(crate) struct Pages {
    state: watch::Receiver<State>,
    builder: Option<(Shutdown, JoinHandle<()>)>,
}

impl Pages {
    /// A page that the settings name.
    pub(crate) fn given() -> Self {
        Self::settled(State::Served)
    }

    /// The page of this program, if it has one, and the directory to serve it from, which may not be there yet. What
    /// `wish` asks for happens in the background; `gateway` is where the page will be.
    pub(crate) fn own(wish: Wish, gateway: &str) -> (Self, Option<PathBuf>) {
        let Some(frontend) = Frontend::find() else { return (Self::settled(State::Absent), None) };
        let dist = frontend.dist();
        let state = match (frontend.is_current(), wish, frontend.is_built()) {
            (false, Wish::Build, _) => return (Self::building(frontend, page_address(gateway)), Some(dist)),
            (true, ..) | (false, Wish::AsItIs, true) => State::Served,
            (false, Wish::AsItIs, false) => State::Missing(frontend.by_hand()),
        };
        (Self::settled(state), Some(dist))
    }

    fn settled(state: State) -> Self {
        Self { state: watch::channel(state).1, builder: None }
    }

    fn building(frontend: Frontend, address: String) -> Self {
        let (report, state) = watch::channel(State::Building);
        let stop = Shutdown::new();
        let stopping = stop.clone();
        let task = tokio::spawn(async move {
            let outcome = build::build(&frontend, &stopping).await;
            if !stopping.is_stopping() {
                output::say(&build::told(&outcome, &frontend, &address));
                // nobody asks any more once everything has stopped
                let _ = report.send(build::state(&outcome, &frontend));
            }
        });
        Self { state, builder: Some((stop, task)) }
    }

    /// How things stand now.
    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Ends a build that still runs.
    pub(crate) async fn stop(self) {
        if let Some((stop, task)) = self.builder {
            stop.stop();
            // one that panicked has ended as well
            let _ = task.await;
        }
    }
}

/// Where a person opens the page: by the name that is shown everywhere.
pub(crate) fn page_address(gateway: &str) -> String {
    gateway.replace("127.0.0.1", "localhost")
}
