//! MD5s that are computed while bytes pass, of many bodies at the same time.
//!
//! What a body hands in waits until there is enough of other bodies to fill all lanes, or until its result is needed:
//! its next bytes have come, or it is at its end. Whoever fills the lanes, or needs a result, does the work at once.
//! So bodies that come together are hashed together, and one that comes alone waits for nothing.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::{Buf as _, Bytes};
use tokio::{sync::Notify, task::yield_now};

use super::{
    Md5Digest,
    lanes::{Block, LANES, START, State, compress, compress_one},
};

const BLOCK: usize = size_of::<Block>();
/// Fewer bytes are hashed where they are: handing them in costs more.
const TOO_FEW: usize = 32 * BLOCK;

/// What is hashed at the same time. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hashers {
    waiting: Arc<Mutex<VecDeque<Job>>>,
}

/// Bytes to be hashed: whole blocks.
#[derive(Debug)]
struct Job {
    state: State,
    bytes: Bytes,
    owner: Arc<Owner>,
}

/// Whose bytes they are.
#[derive(Debug, Default)]
struct Owner {
    result: Mutex<Option<State>>,
    /// There is a result, or the job waits again.
    news: Notify,
}

/// The MD5 of a body that is passing.
#[derive(Debug)]
pub(crate) struct RunningMd5 {
    hashers: Hashers,
    size: u64,
    /// Up to the last whole block; before what was handed in, if something was.
    state: State,
    has_handed_in: bool,
    owner: Arc<Owner>,
    /// What makes no whole block yet.
    rest: Vec<u8>,
}

impl Hashers {
    /// A new MD5, of nothing so far.
    pub(crate) fn begin(&self) -> RunningMd5 {
        RunningMd5 {
            hashers: self.clone(),
            size: 0,
            state: START,
            has_handed_in: false,
            owner: Arc::default(),
            rest: Vec::with_capacity(BLOCK),
        }
    }

    /// The MD5 of `bytes`.
    pub(crate) async fn digest(&self, bytes: Bytes) -> Md5Digest {
        let mut running = self.begin();
        running.update(bytes).await;
        running.digest().await
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Job>> {
        lock(&self.waiting)
    }

    fn hand_in(&self, job: Job) {
        let mut waiting = self.waiting();
        waiting.push_back(job);
        if waiting.len() >= LANES {
            let batch = waiting.drain(..LANES).collect();
            drop(waiting);
            self.work(batch);
        }
    }

    /// True while nobody works on the job of `owner`.
    fn has_waiting(&self, owner: &Arc<Owner>) -> bool {
        self.waiting().iter().any(|job| Arc::ptr_eq(&job.owner, owner))
    }

    /// Works on the job of `owner` while nobody else does, and on others at the same time.
    fn work_for(&self, owner: &Arc<Owner>) {
        loop {
            let batch = {
                let mut waiting = self.waiting();
                let Some(at) = waiting.iter().position(|job| Arc::ptr_eq(&job.owner, owner)) else { return };
                waiting.swap(0, at);
                let lanes = LANES.min(waiting.len());
                waiting.drain(..lanes).collect()
            };
            self.work(batch);
        }
    }

    /// Hashes up to [`LANES`] jobs as far as the shortest goes; what is left of the others waits again, as the first.
    fn work(&self, mut batch: Vec<Job>) {
        match batch.as_mut_slice() {
            [alone] => {
                let bytes = std::mem::take(&mut alone.bytes);
                compress_one(&mut alone.state, bytes.as_chunks().0);
            }
            jobs => {
                // lanes that nobody needs do the first job's work once more
                let lane = |n: usize| jobs.get(n).unwrap_or(&jobs[0]);
                let mut states: [State; LANES] = std::array::from_fn(|n| lane(n).state);
                let messages: [&[Block]; LANES] = std::array::from_fn(|n| lane(n).bytes.as_chunks().0);
                let shortest = jobs.iter().map(|job| job.bytes.len()).min().unwrap_or(0);
                compress(&mut states, messages);
                for (job, state) in jobs.iter_mut().zip(states) {
                    job.state = state;
                    job.bytes.advance(shortest);
                }
            }
        }
        for job in batch.into_iter().rev() {
            if job.bytes.is_empty() {
                *lock(&job.owner.result) = Some(job.state);
                job.owner.news.notify_one();
                continue;
            }
            let mut waiting = self.waiting();
            // a body that was given up meanwhile needs no result
            if Arc::strong_count(&job.owner) > 1 {
                let owner = Arc::clone(&job.owner);
                waiting.push_front(job);
                drop(waiting);
                owner.news.notify_one();
            }
        }
    }
}

impl RunningMd5 {
    /// The next bytes of the body. They are held until they are hashed: until the next call at the latest.
    pub(crate) async fn update(&mut self, mut bytes: Bytes) {
        self.catch_up().await;
        self.size += bytes.len() as u64;
        if !self.rest.is_empty() {
            let missing = bytes.split_to(bytes.len().min(BLOCK - self.rest.len()));
            self.rest.extend_from_slice(&missing);
            if self.rest.len() < BLOCK {
                return;
            }
            compress_one(&mut self.state, self.rest.as_chunks().0);
            self.rest.clear();
        }
        self.rest.extend_from_slice(&bytes.split_off(bytes.len() / BLOCK * BLOCK));
        if bytes.len() < TOO_FEW {
            compress_one(&mut self.state, bytes.as_chunks().0);
        } else {
            self.has_handed_in = true;
            self.hashers.hand_in(Job { state: self.state, bytes, owner: Arc::clone(&self.owner) });
        }
    }

    /// The MD5 of all bytes so far.
    pub(crate) async fn digest(&mut self) -> Md5Digest {
        self.catch_up().await;
        let (mut state, mut end) = (self.state, self.rest.clone());
        // a one, zeros, and the length in bits, up to the end of a block
        end.push(0x80);
        end.resize((end.len() + 8).next_multiple_of(BLOCK) - 8, 0);
        end.extend_from_slice(&self.size.wrapping_mul(8).to_le_bytes());
        compress_one(&mut state, end.as_chunks().0);
        let mut digest = [0; 16];
        for (four, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
            *four = word.to_le_bytes();
        }
        Md5Digest(digest)
    }

    /// Awaits the result of what was handed in. Can be dropped and begun anew.
    async fn catch_up(&mut self) {
        if self.has_handed_in && self.hashers.has_waiting(&self.owner) {
            // others that are ready by now hand in first
            yield_now().await;
        }
        while self.has_handed_in {
            self.hashers.work_for(&self.owner);
            if let Some(state) = lock(&self.owner.result).take() {
                self.state = state;
                self.has_handed_in = false;
            } else {
                // somebody works on it, and may leave a part
                self.owner.news.notified().await;
            }
        }
    }
}

impl Drop for RunningMd5 {
    /// A body that is given up leaves no bytes behind.
    fn drop(&mut self) {
        if self.has_handed_in {
            let mut waiting = self.hashers.waiting();
            waiting.retain(|job| !Arc::ptr_eq(&job.owner, &self.owner));
            // under the lock: whoever works on the job must see that nobody waits for it
            self.owner = Arc::default();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    /// `size` bytes, other ones for each `seed`.
    fn body(seed: u64, size: usize) -> Bytes {
        let byte = |n: u64| (n.wrapping_add(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
        (0..size as u64).map(byte).collect()
    }

    /// The digest of `body`, handed over in pieces of `piece` bytes.
    async fn digest(hashers: &Hashers, body: Bytes, piece: usize) -> Md5Digest {
        let mut running = hashers.begin();
        for start in (0..body.len()).step_by(piece) {
            running.update(body.slice(start..body.len().min(start + piece))).await;
        }
        running.digest().await
    }

    #[tokio::test]
    async fn bodies_that_pass_together_have_each_their_own_digest() {
        let hashers = Hashers::default();
        let sizes =
            [0, 1, 55, 56, 63, 64, 65, 2048, 3000, 50_000, 50_001, 100_000, 131_072, 200_003, 64 * 777];
        for piece in [63, 2048, 8192, 10_007, 1_000_000] {
            let bodies: Vec<_> = sizes.iter().zip(0..).map(|(size, seed)| body(seed, *size)).collect();
            let together = join_all(bodies.iter().map(|body| digest(&hashers, body.clone(), piece))).await;
            for (body, digest) in bodies.iter().zip(together) {
                assert_eq!(digest, Md5Digest::of(body), "{} bytes, {piece} at a time", body.len());
            }
        }
        assert!(hashers.waiting().is_empty(), "nothing is held on to");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn threads_that_take_from_one_another_lose_nothing() {
        let hashers = Hashers::default();
        let tasks = (0..64).map(|seed| {
            let hashers = hashers.clone();
            tokio::spawn(async move {
                let body = body(seed, 300_000 + 1000 * usize::try_from(seed).unwrap());
                assert_eq!(digest(&hashers, body.clone(), 20_000).await, Md5Digest::of(&body));
            })
        });
        for task in join_all(tasks).await {
            task.unwrap();
        }
    }

    #[tokio::test]
    async fn the_digest_so_far_can_be_had_in_the_middle() {
        let (hashers, body) = (Hashers::default(), body(1, 10_000));
        let mut running = hashers.begin();
        running.update(body.slice(..5_001)).await;
        assert_eq!(running.digest().await, Md5Digest::of(&body[..5_001]));
        running.update(body.slice(5_001..)).await;
        assert_eq!(running.digest().await, Md5Digest::of(&body));
    }

    #[tokio::test]
    async fn a_body_that_is_given_up_is_forgotten() {
        let (hashers, body) = (Hashers::default(), body(1, 10_000));
        for _ in 0..10 {
            hashers.begin().update(body.clone()).await;
            assert!(hashers.waiting().is_empty(), "its bytes are gone");
        }
        let mut running = hashers.begin();
        running.update(body.clone()).await;
        assert_eq!(hashers.waiting().len(), 1);
        assert_eq!(running.digest().await, Md5Digest::of(&body));
    }

    #[tokio::test]
    async fn full_lanes_are_hashed_before_anyone_asks() {
        let (hashers, body) = (Hashers::default(), body(1, 10_000));
        let mut running: Vec<_> = (0..LANES).map(|_| hashers.begin()).collect();
        for running in &mut running {
            running.update(body.clone()).await;
        }
        assert!(hashers.waiting().is_empty());
    }
}
