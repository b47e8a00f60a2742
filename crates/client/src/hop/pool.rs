//! Connections that wait for their next request.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Instant,
};

use super::line::Line;
use crate::http::IDLE_TIMEOUT;

/// Idle connections to one address.
#[derive(Debug, Default)]
pub(super) struct Pool {
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    /// The one that has been idle for longest is the first.
    lines: VecDeque<(Instant, Line)>,
    /// Somebody drops those that are idle for too long.
    is_watched: bool,
}

impl Pool {
    /// A connection that is open, the one that was used last.
    pub(super) fn take(&self) -> Option<Line> {
        loop {
            let (since, mut line) = self.idle().lines.pop_back()?;
            if since.elapsed() < IDLE_TIMEOUT && line.is_free() {
                return Some(line);
            }
        }
    }

    /// Takes a connection back, if it can be used again.
    pub(super) fn put(self: &Arc<Self>, mut line: Line) {
        if !line.is_free() {
            return;
        }
        let mut idle = self.idle();
        idle.lines.push_back((Instant::now(), line));
        if !idle.is_watched
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            idle.is_watched = true;
            runtime.spawn(watch(Arc::downgrade(self)));
        }
    }

    /// Drops what was idle for too long; false when nothing is left.
    fn sweep(&self) -> bool {
        let mut idle = self.idle();
        while idle.lines.front().is_some_and(|(since, _)| since.elapsed() >= IDLE_TIMEOUT) {
            idle.lines.pop_front();
        }
        idle.is_watched = !idle.lines.is_empty();
        idle.is_watched
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn watch(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(IDLE_TIMEOUT).await;
        if !pool.upgrade().is_some_and(|pool| pool.sweep()) {
            return;
        }
    }
}
