//! One piece of work for all who wish for the same at the same time.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};

type Flight<T> = Shared<BoxFuture<'static, Option<T>>>;

/// What is being worked on, by what is wished for. Clones are one.
#[derive(Debug)]
pub(super) struct Flights<K, T: Clone> {
    under_way: Arc<Mutex<HashMap<K, Flight<T>>>>,
}

impl<K, T: Clone> Clone for Flights<K, T> {
    fn clone(&self) -> Self {
        Self { under_way: Arc::clone(&self.under_way) }
    }
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Clone + Send + Sync + 'static> Flights<K, T> {
    pub(super) fn new() -> Self {
        Self { under_way: Arc::default() }
    }

    /// The outcome of the work on `key` that is under way, or else of `work`, which `spawn` must start as a task of its
    /// own: whoever waits may leave. None when the task was broken off.
    pub(super) fn join<Work, Spawn>(
        &self,
        key: K,
        work: Work,
        spawn: Spawn,
    ) -> impl Future<Output = Option<T>> + use<K, T, Work, Spawn>
    where
        Work: Future<Output = T> + Send + 'static,
        Spawn: FnOnce(BoxFuture<'static, T>) -> tokio::task::JoinHandle<T>,
    {
        let mut under_way = self.lock();
        if let Some(flight) = under_way.get(&key) {
            return flight.clone();
        }
        let landing = Landing { flights: self.clone(), key: key.clone() };
        let task = spawn(
            async move {
                // gone from the list before the outcome is told: who comes later begins anew
                let _landing = landing;
                work.await
            }
            .boxed(),
        );
        let flight = async { task.await.ok() }.boxed().shared();
        under_way.insert(key, flight.clone());
        flight
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Flight<T>>> {
        // one insert or remove at a time: whole at every moment
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the flight off the list however it ends.
struct Landing<K: Clone + Eq + Hash + Send + 'static, T: Clone + Send + Sync + 'static> {
    flights: Flights<K, T>,
    key: K,
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Clone + Send + Sync + 'static> Drop for Landing<K, T> {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn all_who_wait_share_one_and_who_leaves_stops_nothing() {
        let flights = Flights::<u8, u32>::new();
        let (works, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let join = |key| {
            let (works, gate) = (Arc::clone(&works), Arc::clone(&gate));
            let work = async move {
                let number = works.fetch_add(1, Relaxed);
                gate.notified().await;
                number
            };
            flights.join(key, work, |work| tokio::spawn(work))
        };
        drop(join(1));
        let waiting: Vec<_> = (0..20).map(|_| join(1)).collect();
        gate.notify_one();
        assert!(futures::future::join_all(waiting).await.iter().all(|outcome| *outcome == Some(0)));
        gate.notify_one();
        assert_eq!(join(1).await, Some(1), "who comes later begins anew");
    }

    #[tokio::test]
    async fn a_flight_that_falls_is_told_and_makes_room() {
        let flights = Flights::<u8, u32>::new();
        let fall = flights.join(1, async { panic!("falls") }, |work| tokio::spawn(work));
        assert_eq!(fall.await, None);
        assert_eq!(flights.join(1, async { 7 }, |work| tokio::spawn(work)).await, Some(7));
    }
}
