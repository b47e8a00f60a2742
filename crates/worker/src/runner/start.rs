//! From a claim to running tasks: one question to the metadata service for all of them, then each has its slot. Those whose
//! image is known end at once.

use std::{collections::HashMap, sync::Arc, time::Instant};

use client::{
    ids::DriveId,
    import::FileResult,
    metadata::Image,
    trace::{self, Open},
};
use futures::future::join_all;
use service::Shutdown;

use super::{Runner, in_hand::InHand};
use crate::{
    hold::Stop,
    pipeline::{self, Known},
    task::Task,
    trouble::Trouble,
};

/// Most ids in one question to the metadata service.
const MOST_KNOWN: usize = 500;

impl Runner {
    /// Starts claimed tasks, after one question to the metadata service for all of them.
    pub(super) fn start(&self, tasks: Vec<Task>, shutdown: &Shutdown) {
        self.load().claimed(tasks.len());
        let entered: Vec<_> = tasks
            .into_iter()
            .map(|task| {
                // of an image beside the queue whose worker is gone, only its object is looked after
                let is_left = task.job.is_single().then_some(Stop::Cancelled);
                let in_hand = self.take_in_hand(&task, is_left.or(Stop::for_state(&task.job_state)));
                (task, Claimed { runner: self.clone(), in_hand })
            })
            .collect();
        let (runner, shutdown) = (self.clone(), shutdown.clone());
        self.inner.tasks.spawn(async move {
            let ids: Vec<&str> = entered.iter().filter_map(|(task, _)| task.file["id"].as_str()).collect();
            let group = runner.inner.spans.of_group(entered.iter().map(|(task, _)| task));
            let mut known = trace::scope(group, runner.look_up(&ids)).await;
            let mut ended = Vec::new();
            for (task, claimed) in entered {
                let known = known.as_mut().map(|rows| rows.take(&task)).map_err(|trouble| trouble.clone());
                match known.as_ref().ok().and_then(|known| pipeline::end_of_known(&task, known)) {
                    Some(end) => ended.push((task, end, claimed)),
                    None => runner.spawn_one(task, known, claimed, &shutdown),
                }
            }
            // one write for all of them, and no task each
            join_all(ended.iter().map(|(task, end, _)| runner.finish_known(task, end))).await;
        });
    }

    /// Runs one task as soon as there is a slot.
    fn spawn_one(
        &self,
        task: Task,
        known: Result<Known, Arc<Trouble>>,
        claimed: Claimed,
        shutdown: &Shutdown,
    ) {
        let (runner, shutdown) = (self.clone(), shutdown.clone());
        self.inner.tasks.spawn(async move {
            let hold = &claimed.in_hand.hold;
            let slot = tokio::select! {
                biased;
                slot = runner.inner.slots.acquire() => slot.ok(),
                // what must not even begin needs none
                _ = hold.told() => None,
                () = shutdown.stopping() => {
                    hold.tell(&Stop::HandBack);
                    None
                }
            };
            runner.run_one(task, known, hold).await;
            drop(slot);
        });
    }

    async fn finish_known(&self, task: &Task, end: &FileResult) {
        let image = self.inner.spans.image(task);
        trace::scope(image.as_ref().map(Open::active).cloned(), self.finish(task, end)).await;
    }

    async fn look_up(&self, ids: &[&str]) -> Result<KnownRows, Arc<Trouble>> {
        let mut known = KnownRows::default();
        let ids: Vec<&str> = ids.iter().copied().filter(|id| DriveId::parse(id).is_some()).collect();
        for some in ids.chunks(MOST_KNOWN) {
            let answer = self.inner.pipeline.metadata.known_images(some).await;
            match answer.map_err(|error| Arc::new(Trouble::Metadata(error)))? {
                Some(rows) => {
                    known.rows.extend(rows.into_iter().map(|row| (row.google_drive_id.clone(), row)));
                }
                None => known.cannot_tell = true,
            }
        }
        Ok(known)
    }
}

/// What the metadata service knows of a group of files.
#[derive(Debug, Default)]
struct KnownRows {
    rows: HashMap<String, Image>,
    cannot_tell: bool,
}

impl KnownRows {
    /// A file stands in a group once, but for images beside the queue: of what is left of those only the object is looked
    /// after.
    fn take(&mut self, task: &Task) -> Known {
        if task.job.is_single() {
            return Known::No;
        }
        let row = task.file["id"].as_str().and_then(|id| self.rows.remove(id));
        match row {
            Some(row) => Known::Row(Box::new(row)),
            None if self.cannot_tell => Known::CannotTell,
            None => Known::No,
        }
    }
}

/// A claimed task, until it has ended or is given back.
struct Claimed {
    runner: Runner,
    in_hand: InHand,
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut load = self.runner.load();
        load.ended(now);
        if load.room(now).is_some() {
            self.runner.inner.room.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::task::{JobKey, JobState, Progress};

    fn task(job: JobKey) -> Task {
        Task {
            id: 1,
            claim: 1,
            job,
            job_state: JobState::Open,
            file_id: "a".into(),
            file: Arc::new(json!({"id": "a"})),
            request_id: None,
            has_twin: false,
            progress: Progress::default(),
            flying: None,
        }
    }

    #[test]
    fn what_is_left_beside_the_queue_takes_no_row_from_a_batch() {
        let row = json!({"id": 1, "name": "n", "google_drive_id": "a", "size": 5, "mime_type": "m",
            "storage_path": "p", "storage_provider": "aws", "created_at": null});
        let row: Image = serde_json::from_value(row).unwrap();
        let mut known =
            KnownRows { rows: HashMap::from([("a".to_owned(), row.clone())]), cannot_tell: false };
        assert_eq!(known.take(&task(JobKey::single(&json!("j")))), Known::No);
        assert_eq!(known.take(&task(JobKey::of(&json!("j")))), Known::Row(Box::new(row)));
    }
}
