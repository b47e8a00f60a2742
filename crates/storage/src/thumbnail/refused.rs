//! Remembers for a while which images have no thumbnail, so that a hostile one costs once.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::failure::Refused;

const MOST: usize = 4096;
const FOR: Duration = Duration::from_secs(10 * 60);
/// What may have had to do with other work on the machine is forgotten sooner.
const FOR_DOUBTFUL: Duration = Duration::from_secs(60);

/// The memory of one process.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    refused: HashMap<String, (Refused, Instant)>,
    /// In the order of time; some are forgotten already.
    order: VecDeque<(Instant, String)>,
}

impl Memory {
    /// Why the image has no thumbnail, if that is remembered.
    pub(super) fn of(&self, image: &str) -> Option<Refused> {
        let entries = self.lock();
        let (refused, since) = entries.refused.get(image)?;
        let long = if refused.is_doubtful() { FOR_DOUBTFUL } else { FOR };
        (since.elapsed() < long).then(|| refused.clone())
    }

    /// Remembers why.
    pub(super) fn keep(&self, image: &str, refused: Refused) {
        let now = Instant::now();
        let mut entries = self.lock();
        let Entries { refused: known, order } = &mut *entries;
        while order.len() >= MOST || order.front().is_some_and(|(since, _)| now.duration_since(*since) >= FOR)
        {
            let Some((since, oldest)) = order.pop_front() else { break };
            // it may have been refused once more since
            if known.get(&oldest).is_some_and(|(_, kept)| *kept == since) {
                known.remove(&oldest);
            }
        }
        order.push_back((now, image.to_owned()));
        known.insert(image.to_owned(), (refused, now));
    }

    /// The image is another one now, or gone.
    pub(super) fn forget(&self, image: &str) {
        self.lock().refused.remove(image);
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // at worst an image is tried once more
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thumbnail::engine::Refusal;

    #[test]
    fn the_memory_is_bounded_and_forgets_the_oldest_first() {
        let memory = Memory::default();
        for number in 0..MOST + 10 {
            memory.keep(&number.to_string(), Refusal::TookTooLong.into());
        }
        assert!(memory.of("0").is_none());
        assert!(memory.of(&(MOST + 9).to_string()).is_some());
        let entries = memory.lock();
        assert!(entries.refused.len() <= MOST && entries.order.len() <= MOST);
    }

    #[test]
    fn what_is_refused_again_is_not_forgotten_early() {
        let memory = Memory::default();
        memory.keep("a", Refusal::TookTooLong.into());
        memory.keep("a", Refusal::TookTooLong.into());
        for number in 0..MOST - 1 {
            memory.keep(&number.to_string(), Refusal::TookTooLong.into());
        }
        assert!(memory.of("a").is_some());
        memory.forget("a");
        assert!(memory.of("a").is_none());
    }
}
