//! Anything may happen in any order: batches come twice, workers are killed, slow, or told nothing, jobs are stopped, leases
//! end. Whatever the order, a file of a job ends once, nobody works on a file that somebody else has, and nothing is left.

mod dice;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use serde_json::json;

use self::dice::Dice;
use super::*;

on_both! {
    whatever_happens_each_file_ends_once_and_nothing_is_left,
}

/// Runs of one test, each with its own order of events.
const RUNS: u64 = 3;
/// Events of one run, before everything is brought to its end.
const EVENTS: usize = 160;
const WORKERS: usize = 3;
/// How long bringing it to its end may take.
const PATIENCE: Duration = Duration::from_secs(60);

async fn whatever_happens_each_file_ends_once_and_nothing_is_left(place: &Place) {
    for seed in 1..=RUNS {
        let mut world = World::new(place, seed).await;
        for _ in 0..EVENTS {
            world.event().await;
        }
        world.bring_to_its_end().await;
    }
}

/// What a worker knows.
struct Worker {
    queue: Queue,
    in_hand: Vec<Task>,
    reporting: Vec<Report>,
}

struct World<'p> {
    place: &'p Place,
    seed: u64,
    dice: Dice,
    workers: Vec<Worker>,
    /// Files that were accepted, by job.
    accepted: BTreeSet<(String, String)>,
    /// Outcomes the import service was told: each time the same.
    told: BTreeMap<(String, String), FileResult>,
    /// Who works on which task by what the queue said: worker, number of the lease, file.
    holders: BTreeMap<i64, (usize, i64, String)>,
    /// Tells one outcome from another.
    ends: u64,
}

impl<'p> World<'p> {
    async fn new(place: &'p Place, seed: u64) -> Self {
        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            workers.push(Worker { queue: place.open().await, in_hand: Vec::new(), reporting: Vec::new() });
        }
        Self {
            place,
            seed,
            dice: Dice::new(seed),
            workers,
            accepted: BTreeSet::new(),
            told: BTreeMap::new(),
            holders: BTreeMap::new(),
            ends: 0,
        }
    }

    async fn event(&mut self) {
        let who = self.dice.index(WORKERS);
        match self.dice.below(24) {
            0..4 => self.enqueue(who).await,
            4..9 => {
                let limit = 1 + self.dice.index(4);
                let drive_is_open = !self.dice.one_in(5);
                self.claim(who, limit, drive_is_open).await;
            }
            9..13 => self.finish_one(who).await,
            13..16 => self.defer_one(who).await,
            16..18 => self.take_reports(who).await,
            18..20 => self.settle_reports(who).await,
            20 => self.stop(who).await,
            21 => self.kill(who).await,
            22 => self.renew_or_journal(who).await,
            _ => self.end_leases().await,
        }
    }

    async fn enqueue(&mut self, who: usize) {
        let job = format!("j{}-{}", self.seed, self.dice.below(4));
        let count = 1 + self.dice.below(5);
        let mut files = Vec::new();
        for _ in 0..count {
            let number = self.dice.below(12);
            let file = format!("f{number}");
            self.accepted.insert((job.clone(), file.clone()));
            let mut record = json!({"id": file, "name": "n"});
            if number < 8 {
                // the same bytes under several ids
                record["sha256Checksum"] = json!(format!("{:064x}", self.seed * 100 + number % 2));
            }
            files.push(record);
        }
        self.workers[who].queue.enqueue(&NewTasks { files, ..batch(&job, &[]) }).await.unwrap();
    }

    async fn claim(&mut self, who: usize, limit: usize, drive_is_open: bool) {
        let tasks = self.workers[who].queue.claim(limit, drive_is_open).await.unwrap();
        let answer_is_lost = self.dice.one_in(8);
        for task in tasks {
            for (id, (_, _, file)) in &self.holders {
                let is_other = *id != task.id && *file == task.file_id && !task.job.is_single();
                assert!(!is_other, "seed {}: {file} has two holders", self.seed);
            }
            assert!(!self.holders.contains_key(&task.id), "seed {}: task {} is held", self.seed, task.id);
            let file = if task.job.is_single() { "none".to_owned() } else { task.file_id.clone() };
            self.holders.insert(task.id, (who, task.claim, file));
            if !answer_is_lost {
                self.workers[who].in_hand.push(task);
            }
        }
    }

    fn pick(&mut self, who: usize) -> Option<Task> {
        let count = self.workers[who].in_hand.len();
        if count == 0 {
            return None;
        }
        let index = self.dice.index(count);
        Some(self.workers[who].in_hand.swap_remove(index))
    }

    /// What the queue said about a write must be what it said about the lease.
    fn check_held(&mut self, who: usize, task: &Task, was_held: bool) {
        let holds =
            self.holders.get(&task.id).is_some_and(|(other, claim, _)| (*other, *claim) == (who, task.claim));
        assert!(was_held || !holds, "seed {}: the holder of task {} was refused", self.seed, task.id);
        if was_held {
            self.holders.remove(&task.id);
        }
    }

    async fn finish_one(&mut self, who: usize) {
        let Some(task) = self.pick(who) else { return };
        self.end(who, &task).await;
    }

    async fn end(&mut self, who: usize, task: &Task) {
        let queue = &self.workers[who].queue;
        if task.job.is_single() {
            let was_held = queue.forget(task).await.unwrap();
            return self.check_held(who, task, was_held);
        }
        self.ends += 1;
        let outcome = task.ended(Outcome::Imported, json!({"id": self.ends}), self.ends);
        let was_held = queue.finish(task, &outcome).await.unwrap();
        self.check_held(who, task, was_held);
    }

    async fn defer_one(&mut self, who: usize) {
        let Some(mut task) = self.pick(who) else { return };
        match self.dice.below(3) {
            0 => task.progress.maybe_stored = true,
            1 => task.progress.stored = Some(stored()),
            _ => {}
        }
        let after = Duration::from_millis(self.dice.below(2) * 15);
        let was_held = self.workers[who].queue.defer(&task, after).await.unwrap();
        self.check_held(who, &task, was_held);
    }

    async fn take_reports(&mut self, who: usize) {
        let reports = self.workers[who].queue.take_reports().await.unwrap();
        if !self.dice.one_in(6) {
            self.workers[who].reporting.extend(reports);
        }
    }

    async fn settle_reports(&mut self, who: usize) {
        for report in std::mem::take(&mut self.workers[who].reporting) {
            let queue = &self.workers[who].queue;
            if self.dice.one_in(4) {
                queue.return_reports(&report.ids, Duration::from_millis(5)).await.unwrap();
                continue;
            }
            for result in &report.results {
                let job = report.job.id().as_str().unwrap().to_owned();
                let file = (job, result.file_id.clone());
                assert!(self.accepted.contains(&file), "seed {}: nobody sent {file:?}", self.seed);
                let first = self.told.entry(file).or_insert_with(|| result.clone());
                let same = (first.outcome, first.bytes) == (result.outcome, result.bytes);
                assert!(same, "seed {}: told {first:?}, then {result:?}", self.seed);
            }
            // or the worker is killed just here
            if !self.dice.one_in(5) {
                queue.acknowledge(&report.ids).await.unwrap();
            }
        }
    }

    async fn stop(&mut self, who: usize) {
        if !self.dice.one_in(3) {
            return;
        }
        let job = JobKey::of(&json!(format!("j{}-{}", self.seed, self.dice.below(4))));
        let failure = Failure { reason: "r".into(), message: "m".into(), advice: "a".into(), attempts: 1 };
        let state = if self.dice.one_in(2) { JobState::Cancelled } else { JobState::Failed(failure) };
        self.workers[who].queue.stop_job(&job, &state).await.unwrap();
    }

    async fn kill(&mut self, who: usize) {
        let dead = self.workers.remove(who);
        dead.queue.close().await;
        drop(dead);
        self.holders.retain(|_, (holder, ..)| *holder != who);
        let queue = self.place.open().await;
        self.workers.insert(who, Worker { queue, in_hand: Vec::new(), reporting: Vec::new() });
        // its old name is free, and what stands under it comes back with the first claim
        self.claim(who, 1, true).await;
    }

    async fn renew_or_journal(&mut self, who: usize) {
        if self.dice.one_in(2) {
            let job = JobKey::single(&json!("s"));
            let file = json!({"id": "f0"});
            let (id, claim) = self.workers[who].queue.journal(&job, &file).await.unwrap();
            self.holders.insert(id, (who, claim, "none".into()));
            return;
        }
        let leases: Vec<_> = self.workers[who].in_hand.iter().map(|task| (task.id, task.claim)).collect();
        let held = self.workers[who].queue.renew(&leases).await.unwrap();
        let held: BTreeSet<i64> = held.into_iter().map(|(id, _)| id).collect();
        for (id, claim) in leases {
            let holds =
                self.holders.get(&id).is_some_and(|(other, number, _)| (*other, *number) == (who, claim));
            assert!(held.contains(&id) || !holds, "seed {}: lease of task {id} was lost", self.seed);
        }
    }

    /// Who slept does not know it.
    async fn end_leases(&mut self) {
        self.workers[0].queue.end_leases().await;
        self.holders.clear();
    }

    async fn bring_to_its_end(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        for who in 0..WORKERS {
            self.kill(who).await;
        }
        self.end_leases().await;
        while self.told.len() < self.accepted.len() || !self.is_idle().await {
            let missing: Vec<_> =
                self.accepted.iter().filter(|file| !self.told.contains_key(*file)).collect();
            assert!(Instant::now() < deadline, "seed {}: never ended: {missing:?}", self.seed);
            for who in 0..WORKERS {
                self.claim(who, 3, true).await;
                while let Some(task) = self.pick(who) {
                    self.end(who, &task).await;
                }
                self.take_reports(who).await;
                self.settle_reports(who).await;
            }
            if self.dice.one_in(20) {
                // what was handed out in lost answers
                let who = self.dice.index(WORKERS);
                self.kill(who).await;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.workers[0].queue.forget_the_past().await;
        self.workers[0].queue.prune().await.unwrap();
        assert_eq!(self.workers[0].queue.size().await, 0, "seed {}", self.seed);
        for worker in self.workers.drain(..) {
            worker.queue.close().await;
        }
    }

    /// Nothing is in hand and no outcome waits.
    async fn is_idle(&mut self) -> bool {
        let queue = &self.workers[0].queue;
        self.holders.is_empty()
            && queue.open_jobs().await.unwrap().is_empty()
            && queue.waiting_reports().await == 0
    }
}

fn stored() -> Stored {
    Stored { url: "u".into(), size_bytes: 5, md5: "m".into(), ..Stored::default() }
}
