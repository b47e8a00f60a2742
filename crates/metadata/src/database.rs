//! Waits for the database: at start it may be down, its schema may be being made by another replica.

use std::time::{Duration, Instant};

use client::retry::Backoff;
use service::{Shutdown, error::chain};
use tokio::sync::watch;

use crate::{
    config::Database,
    store::{Store, StoreError},
};

/// How long a request waits for a database that is only just being opened.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often a lasting trouble is logged.
const REMIND_EVERY: Duration = Duration::from_secs(60);
/// Tries of a file that another process has for itself, before that is a trouble.
const BUSY_TRIES: u32 = 5;

/// The database, which may not be there yet. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    opened: watch::Receiver<Opened>,
}

/// `None` until the first try has come to its end; an error says in a word what is wrong.
type Opened = Option<Result<Store, &'static str>>;

impl Connection {
    /// Starts opening it, again and again until it is open.
    pub(crate) fn open(settings: Database, shutdown: &Shutdown) -> Self {
        let (open, opened) = watch::channel(None);
        let stopping = shutdown.clone();
        shutdown.spawn(async move {
            tokio::select! {
                () = open_until_it_works(&settings, &open) => {}
                () = stopping.stopping() => {}
            }
        });
        Self { opened }
    }

    /// The store; waits a moment while it is being opened for the first time.
    pub(crate) async fn store(&self) -> Result<Store, StoreError> {
        if let Some(Ok(store)) = &*self.opened.borrow() {
            return Ok(store.clone());
        }
        let mut opened = self.opened.clone();
        let opening = opened.wait_for(Option::is_some);
        let _ = tokio::time::timeout(PATIENCE, opening).await;
        self.store_now()
    }

    /// The store, if it is open.
    pub(crate) fn store_now(&self) -> Result<Store, StoreError> {
        self.opened.borrow().clone().unwrap_or(Err("not opened yet")).map_err(StoreError::NotOpen)
    }
}

async fn open_until_it_works(settings: &Database, open: &watch::Sender<Opened>) {
    let mut tries = 0;
    let mut reminded: Option<Instant> = None;
    loop {
        match Store::open(settings).await {
            Ok(store) => {
                tracing::info!(engine = store.engine(), "database open");
                open.send_replace(Some(Ok(store)));
                return;
            }
            Err(error) => {
                tries += 1;
                // another process makes the same file: requests wait, and nobody need know
                if error.is_busy() && tries < BUSY_TRIES {
                    tokio::time::sleep(Backoff::SERVICE.wait(tries, None)).await;
                    continue;
                }
                if reminded.is_none_or(|at| at.elapsed() >= REMIND_EVERY) {
                    reminded = Some(Instant::now());
                    tracing::warn!(cause = chain(&error), "the database cannot be opened; trying again");
                }
                open.send_replace(Some(Err(error.in_a_word())));
                tokio::time::sleep(Backoff::SERVICE.wait(tries, None)).await;
            }
        }
    }
}
