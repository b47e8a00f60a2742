//! One reading for all who ask the same at the same time. It begins after the last of them has asked, so that everybody
//! sees what was written before they asked; who comes while it runs gets the next one.

use std::{
    collections::HashMap,
    hash::Hash,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use tracing::Instrument;

/// Those who wait for the next reading.
type Waiting<T> = Vec<oneshot::Sender<T>>;
/// By what they asked; an entry stays for as long as somebody reads.
type Asked<K, T> = Arc<Mutex<HashMap<K, Waiting<T>>>>;

/// What is being read. Clones are one.
#[derive(Debug)]
pub(crate) struct Readings<K, T> {
    asked: Asked<K, T>,
}

impl<K, T> Clone for Readings<K, T> {
    fn clone(&self) -> Self {
        Self { asked: Arc::clone(&self.asked) }
    }
}

impl<K, T> Default for Readings<K, T> {
    fn default() -> Self {
        Self { asked: Arc::default() }
    }
}

impl<K, T> Readings<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + 'static,
{
    /// What `read` says, asked after this call; nothing when it panicked. `read` must depend on `key` alone.
    pub(crate) async fn of<F>(&self, key: K, read: impl Fn() -> F + Send + 'static) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let is_first = match lock(&self.asked).entry(key.clone()) {
            std::collections::hash_map::Entry::Occupied(mut waiting) => {
                waiting.get_mut().push(reply);
                false
            }
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(vec![reply]);
                true
            }
        };
        if is_first {
            // a task of its own: the others must get their answers even where the first one hangs up
            let reader = Reader { asked: Arc::clone(&self.asked), key, is_done: false };
            tokio::spawn(reader.run(read).in_current_span());
        }
        answer.await.ok()
    }
}

/// Reads for one key until nobody waits any more.
struct Reader<K: Eq + Hash, T> {
    asked: Asked<K, T>,
    key: K,
    is_done: bool,
}

impl<K: Eq + Hash, T: Clone> Reader<K, T> {
    async fn run<F: Future<Output = T>>(mut self, read: impl Fn() -> F) {
        while let Some(waiting) = self.next() {
            let answer = read().await;
            for reply in waiting {
                // some may have hung up
                let _ = reply.send(answer.clone());
            }
        }
    }

    /// All who have asked until now.
    fn next(&mut self) -> Option<Waiting<T>> {
        let mut asked = lock(&self.asked);
        let waiting = asked.get_mut(&self.key).map(mem::take).unwrap_or_default();
        if waiting.is_empty() {
            asked.remove(&self.key);
            self.is_done = true;
            return None;
        }
        Some(waiting)
    }
}

impl<K: Eq + Hash, T> Drop for Reader<K, T> {
    fn drop(&mut self) {
        // it panicked, or the process ends: nobody may wait for it for ever
        if !self.is_done {
            lock(&self.asked).remove(&self.key);
        }
    }
}

fn lock<K, T>(asked: &Asked<K, T>) -> MutexGuard<'_, HashMap<K, Waiting<T>>> {
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    /// Readings that go on when they are let, each answering its number.
    fn counted() -> (Arc<Semaphore>, Arc<AtomicU32>) {
        (Arc::new(Semaphore::new(0)), Arc::default())
    }

    async fn ask(readings: &Readings<u8, u32>, gate: &Arc<Semaphore>, begun: &Arc<AtomicU32>) -> Option<u32> {
        let (gate, begun) = (Arc::clone(gate), Arc::clone(begun));
        let read = move || {
            let (gate, number) = (Arc::clone(&gate), begun.fetch_add(1, Ordering::SeqCst) + 1);
            async move {
                gate.acquire().await.unwrap().forget();
                number
            }
        };
        readings.of(1, read).await
    }

    #[tokio::test]
    async fn who_asks_while_it_is_read_gets_the_next_reading_and_shares_it() {
        let readings = Readings::default();
        let (gate, begun) = counted();
        let asking = || {
            let (readings, gate, begun) = (readings.clone(), Arc::clone(&gate), Arc::clone(&begun));
            tokio::spawn(async move { ask(&readings, &gate, &begun).await })
        };
        let first = asking();
        while begun.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let others = [asking(), asking(), asking()];
        while lock(&readings.asked).get(&1).is_none_or(|waiting| waiting.len() < others.len()) {
            tokio::task::yield_now().await;
        }
        // the first one hangs up: the others get theirs all the same
        first.abort();
        gate.add_permits(2);
        for other in others {
            assert_eq!(other.await.unwrap(), Some(2));
        }
        while !lock(&readings.asked).is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(begun.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_reading_that_panicked() {
        let readings: Readings<u8, u32> = Readings::default();
        assert_eq!(readings.of(1, || async { panic!("as a test") }).await, None);
        assert_eq!(readings.of(1, || async { 7 }).await, Some(7));
    }
}
