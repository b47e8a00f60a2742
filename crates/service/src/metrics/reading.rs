//! What is asked when somebody wants to know: by one at a time, however many want to, and not for long.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

/// How long one who wants to see the numbers waits for those that must be asked for. What takes longer is shown the next
/// time.
const PATIENCE: Duration = Duration::from_millis(20);
/// After this an answer is not waited for any more: longer than any store waits itself.
const LONGEST: Duration = Duration::from_secs(30);
/// What was asked rests for so many times as long as it took, so that it never costs more than a twentieth of a core.
const REST: u32 = 20;
/// But not for longer than this.
const MOST_REST: Duration = Duration::from_secs(60);

type Ask = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Something that must be asked for. Clones are one.
#[derive(Clone)]
pub(super) struct Reading(Arc<Inner>);

struct Inner {
    ask: Ask,
    state: Mutex<State>,
}

enum State {
    /// Not before this time.
    Resting(Option<Instant>),
    /// Somebody asks; whoever comes waits with him.
    UnderWay(watch::Receiver<()>),
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

impl Reading {
    pub(super) fn new<F, Done>(ask: F) -> Self
    where
        F: Fn() -> Done + Send + Sync + 'static,
        Done: Future<Output = ()> + Send + 'static,
    {
        let (ask, state) = (Box::new(move || Box::pin(ask()) as _), Mutex::new(State::Resting(None)));
        Self(Arc::new(Inner { ask, state }))
    }

    /// Asks, unless that is being done or was just now, and waits for it a little.
    pub(super) async fn refresh(&self) {
        let under_way = {
            let mut state = self.0.state();
            match &*state {
                State::Resting(Some(until)) if Instant::now() < *until => return,
                State::UnderWay(end) => end.clone(),
                State::Resting(_) => {
                    let (done, end) = watch::channel(());
                    *state = State::UnderWay(end.clone());
                    drop(state);
                    let asking = Asking { inner: Arc::clone(&self.0), began: Instant::now(), _done: done };
                    tokio::spawn(asking.run());
                    end
                }
            }
        };
        let mut end = under_way;
        // it says nothing but that it is over
        let _ = tokio::time::timeout(PATIENCE, end.changed()).await;
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who asks; when he is dropped, it is over.
struct Asking {
    inner: Arc<Inner>,
    began: Instant,
    _done: watch::Sender<()>,
}

impl Asking {
    async fn run(self) {
        let _ = tokio::time::timeout(LONGEST, (self.inner.ask)()).await;
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let rest = self.began.elapsed().saturating_mul(REST).min(MOST_REST);
        *self.inner.state() = State::Resting(Instant::now().checked_add(rest));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn many_who_want_to_know_at_once_ask_once_and_nobody_waits_for_what_hangs() {
        let (asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (count, open) = (Arc::clone(&asked), Arc::clone(&answer));
        let reading = Reading::new(move || {
            let (count, open) = (Arc::clone(&count), Arc::clone(&open));
            async move {
                count.fetch_add(1, SeqCst);
                open.acquire().await.unwrap().forget();
            }
        });
        let all = (0..50).map(|_| reading.refresh());
        let patient = tokio::time::timeout(Duration::from_secs(30), futures::future::join_all(all));
        patient.await.expect("who does not get an answer goes on without");
        assert_eq!(asked.load(SeqCst), 1);
        // it comes to its end by itself, and then rests
        answer.add_permits(1);
        while matches!(*reading.0.state(), State::UnderWay(_)) {
            tokio::task::yield_now().await;
        }
        reading.refresh().await;
        assert_eq!(asked.load(SeqCst), 1);
        *reading.0.state() = State::Resting(None);
        answer.add_permits(1);
        reading.refresh().await;
        assert_eq!(asked.load(SeqCst), 2);
    }
}
