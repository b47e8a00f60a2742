//! Traps for single requests, and answers that get lost.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

/// Which requests are meant: a method, and how the path with its query begins or is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    /// Such as `POST`.
    pub method: &'static str,
    /// The path, `/images` for example.
    pub path: &'static str,
    /// Whether anything may follow the path.
    pub may_go_on: bool,
}

impl Pattern {
    /// Requests to exactly this path.
    pub const fn exactly(method: &'static str, path: &'static str) -> Self {
        Self { method, path, may_go_on: false }
    }

    /// Requests whose path and query begin so.
    pub const fn beginning(method: &'static str, path: &'static str) -> Self {
        Self { method, path, may_go_on: true }
    }

    fn fits(&self, method: &str, target: &str) -> bool {
        let path_fits = if self.may_go_on { target.starts_with(self.path) } else { target == self.path };
        method == self.method && path_fits
    }
}

/// At which moment of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// Its head is here and nothing of it has reached the callee.
    Asked,
    /// The callee has answered, and nothing of the answer has reached the caller.
    Answered,
    /// So many bytes of the answer's body have reached the caller.
    Middle(u64),
    /// The whole answer has reached the caller.
    Passed,
}

/// A trap that is set, on one link or on several. It catches one request.
#[derive(Debug)]
pub struct Trap {
    caught: mpsc::Receiver<Caught>,
    armed: Vec<(Book, u64)>,
}

impl Trap {
    /// Sets it on all `books`, each with the number of the replica that calls there.
    pub(crate) fn set(books: Vec<(usize, Book)>, pattern: Pattern, point: Point) -> Self {
        // one place: whatever runs into it after the first is let go
        let (tell, caught) = mpsc::channel(1);
        let arm = |(caller, book): (usize, Book)| {
            let id = book.arm(Armed { id: 0, pattern, point, caller, tell: tell.clone() });
            (book, id)
        };
        Self { caught, armed: books.into_iter().map(arm).collect() }
    }

    /// What ran into it, within `limit`. Afterwards the trap is gone.
    pub async fn caught(mut self, limit: Duration) -> Option<Caught> {
        tokio::time::timeout(limit, self.caught.recv()).await.ok()?
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        for (book, id) in &self.armed {
            book.states().traps.retain(|armed| armed.id != *id);
        }
    }
}

/// A request that stands still; dropping this lets it go on.
#[derive(Debug)]
pub struct Caught {
    /// Which replica of the caller asks.
    pub caller: usize,
    /// Which of the link's upstreams has it.
    pub callee: usize,
    go: Option<oneshot::Sender<Go>>,
}

impl Caught {
    /// Closes the connection to both sides, at this point.
    pub fn cut(mut self) {
        if let Some(go) = self.go.take() {
            let _ = go.send(Go::Cut);
        }
    }
}

/// What follows for a request that was caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Go {
    On,
    Cut,
}

/// What shall happen to requests of one link. Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    states: Arc<Mutex<States>>,
}

#[derive(Debug, Default)]
struct States {
    traps: Vec<Armed>,
    losses: Vec<(Pattern, u64)>,
    lost: u64,
    last_id: u64,
}

#[derive(Debug)]
struct Armed {
    id: u64,
    pattern: Pattern,
    point: Point,
    caller: usize,
    tell: mpsc::Sender<Caught>,
}

/// What shall happen to one request.
#[derive(Debug, Default)]
pub(super) struct Fate {
    pub(super) trap: Option<Sprung>,
    pub(super) is_answer_lost: bool,
}

/// A trap that a request has run into.
#[derive(Debug)]
pub(super) struct Sprung {
    pub(super) point: Point,
    caller: usize,
    tell: mpsc::Sender<Caught>,
}

impl Sprung {
    /// Stands still until let go.
    pub(super) async fn hold(self, callee: usize) -> Go {
        let (go, going) = oneshot::channel();
        let caught = Caught { caller: self.caller, callee, go: Some(go) };
        if self.tell.try_send(caught).is_err() {
            return Go::On;
        }
        drop(self.tell);
        going.await.unwrap_or(Go::On)
    }
}

impl Book {
    fn arm(&self, armed: Armed) -> u64 {
        let mut states = self.states();
        states.last_id += 1;
        let id = states.last_id;
        states.traps.push(Armed { id, ..armed });
        id
    }

    pub(super) fn lose_answers(&self, pattern: Pattern, count: u64) {
        self.states().losses.push((pattern, count));
    }

    pub(super) fn lost_answers(&self) -> u64 {
        self.states().lost
    }

    /// Decides about a request; each trap takes one.
    pub(super) fn fate(&self, method: &str, target: &str) -> Fate {
        let mut states = self.states();
        let trap = states
            .traps
            .iter()
            .position(|armed| armed.pattern.fits(method, target))
            .map(|at| states.traps.remove(at))
            .map(|armed| Sprung { point: armed.point, caller: armed.caller, tell: armed.tell });
        let loss = states.losses.iter_mut().find(|(pattern, left)| *left > 0 && pattern.fits(method, target));
        let is_answer_lost = loss.is_some();
        if let Some((_, left)) = loss {
            *left -= 1;
            states.lost += 1;
        }
        Fate { trap, is_answer_lost }
    }

    fn states(&self) -> MutexGuard<'_, States> {
        // the lists are whole at every moment, whoever panicked
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
