//! Hands a job's images to the worker: in batches, in the order of the listing, with no more than a window of them
//! unfinished, each until it is accepted; and sends again what was lost.

use std::time::Duration;

use client::{retry::Backoff, trace, worker};
use tokio::time::Instant;

use crate::{
    App,
    clock::now_ms,
    job::{Listing, Progress, silence},
    store::{Batch, Error, Held, Job},
    wakeups::Bell,
};

/// How often a job looks for what another process did to it, while much happens: outcomes may be reported there.
const LOOK_OFTEN: Duration = Duration::from_millis(200);
/// How often it does otherwise.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often when nothing happens for long: many jobs may wait at the same time.
const LOOK_SELDOM: Duration = Duration::from_secs(5);
/// The shortest time between two looks while the worker has plenty to do: outcomes come in quick succession.
const LULL: Duration = Duration::from_millis(50);
/// How often overdue files are looked for, at most.
const OVERDUE_EVERY: Duration = Duration::from_secs(30);
/// One failed call may be chance; from then on a job says that it waits.
const TRIES_BEFORE_WAITING: u32 = 2;
/// The longest pause that the worker can ask for: a job that is cancelled meanwhile must not wait for its end.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Said while the worker is away; renewed while it is.
const WORKER_AWAY: &str = "The worker service does not answer. The images are sent to it as soon as it does.";
const WORKER_AWAY_MS: i64 = 30_000;

/// What comes next for a job.
enum Next {
    Again,
    /// When something happens, or after this time.
    Wait(Duration),
    /// The same, but what happens soon makes no difference.
    Rest(Duration),
    Done,
}

/// Sends the files of a job until it has ended and the worker knows. `had_ended`: before this process had it.
pub(crate) async fn run(app: &App, held: &Held, running: &Bell, had_ended: bool) {
    let mut dispatch = Dispatch {
        end_is_counted: had_ended,
        app,
        held,
        since_ms: now_ms(),
        tries: 0,
        look_for_overdue: Instant::now(),
        seen: Progress::default(),
        looked: 0,
        failed: 0,
    };
    loop {
        let wait = match dispatch.step().await {
            Ok(Next::Done) => return,
            Ok(Next::Again) => continue,
            Ok(Next::Wait(wait)) => wait,
            Ok(Next::Rest(wait)) => {
                tokio::time::sleep(LULL).await;
                wait
            }
            Err(Error::LeaseLost) => return,
            Err(error) => dispatch.store_is_away(&error),
        };
        if dispatch.tries > 0 {
            // outcomes of what is in work must not shorten the pause
            tokio::time::sleep(wait).await;
        } else {
            tokio::select! {
                () = running.woken() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

struct Dispatch<'a> {
    /// That the job has ended was counted, here or by who had it before.
    end_is_counted: bool,
    app: &'a App,
    held: &'a Held,
    /// When this process took the job.
    since_ms: i64,
    /// Failed calls in a row.
    tries: u32,
    look_for_overdue: Instant,
    /// The job at the last look.
    seen: Progress,
    /// Looks in a row at which nothing had changed.
    looked: u32,
    /// Calls of the store in a row that failed.
    failed: u32,
}

impl Dispatch<'_> {
    async fn step(&mut self) -> Result<Next, Error> {
        let Some(job) = self.app.store.job_by_number(self.held.job).await? else { return Ok(Next::Done) };
        self.failed = 0;
        self.looked = if job.progress == self.seen { self.looked + 1 } else { 0 };
        self.seen.clone_from(&job.progress);
        if let Some(end) = job.progress.end {
            if !std::mem::replace(&mut self.end_is_counted, true) {
                self.app.numbers.job_ended(end);
            }
            return if job.progress.tell_worker { self.tell_worker(&job).await } else { Ok(Next::Done) };
        }
        if self.is_silent(&job.progress) {
            let hours = self.app.config.silence_limit.as_secs() / 3600;
            self.app.store.change_held(self.held, |progress| progress.fail(silence(hours))).await?;
            return Ok(Next::Again);
        }
        if self.take_back_overdue(&job).await? {
            return Ok(Next::Again);
        }
        let config = &self.app.config;
        let size = config.batch_size.min(config.dispatch_window);
        let at_worker = usize::try_from(job.progress.unfinished_at_worker()).unwrap_or(usize::MAX);
        let room = config.dispatch_window.saturating_sub(at_worker);
        let wait = match self.looked {
            0 => LOOK_OFTEN,
            looked => LOOK_EVERY.saturating_mul(looked).min(LOOK_SELDOM),
        };
        let all_is_sent = job.progress.listing != Listing::Open && job.progress.pending() == 0;
        let is_busy = all_is_sent || at_worker >= size.saturating_mul(2);
        let look_again = Ok(if is_busy { Next::Rest(wait) } else { Next::Wait(wait) });
        if room == 0 || job.progress.pending() == 0 {
            return look_again;
        }
        match self.app.store.next_batch(self.held.job, size).await? {
            // a part of it could be sent, but then all batches would soon be small
            Some(batch) if batch.files.len() <= room => self.send(&job, batch).await,
            _ => look_again,
        }
    }

    /// How long to wait then. Every job sees it: it is said once by each.
    fn store_is_away(&mut self, error: &Error) -> Duration {
        if self.failed == 0 {
            tracing::warn!(error = %service::error::chain(error), "dispatch the job; trying on");
        }
        self.failed = self.failed.saturating_add(1);
        LOOK_EVERY.saturating_mul(self.failed).min(LOOK_SELDOM)
    }

    /// A job ends when nothing was heard for too long; time in which no process worked on it does not count against
    /// a worker that is there again.
    fn is_silent(&self, progress: &Progress) -> bool {
        let since = |at_ms: i64| Duration::from_millis((now_ms() - at_ms).try_into().unwrap_or(0));
        let config = &self.app.config;
        let grace = config.resend_after.min(config.silence_limit);
        since(progress.last_news_ms) >= config.silence_limit && since(self.since_ms) >= grace
    }

    /// Makes files pending again whose outcome never came. True when there were any.
    async fn take_back_overdue(&mut self, job: &Job) -> Result<bool, Error> {
        if job.progress.in_flight == 0 || Instant::now() < self.look_for_overdue {
            return Ok(false);
        }
        let resend_after = self.app.config.resend_after;
        self.look_for_overdue = Instant::now() + (resend_after / 4).min(OVERDUE_EVERY);
        let overdue_ms = now_ms() - i64::try_from(resend_after.as_millis()).unwrap_or(i64::MAX);
        if job.progress.waited_until_ms > overdue_ms {
            return Ok(false);
        }
        let taken = if job.worker_names_files {
            self.app.store.take_back(self.held, resend_after, false).await?
        } else if job.progress.last_news_ms <= overdue_ms && !job.progress.anonymous_explain_all() {
            // a worker of the original does everything again: only when it has fallen silent, and then all of it
            self.app.store.take_back(self.held, Duration::ZERO, true).await?
        } else {
            0
        };
        if taken > 0 {
            tracing::warn!(images = taken, "images without an outcome are sent again");
        }
        Ok(taken > 0)
    }

    async fn send(&mut self, job: &Job, batch: Batch) -> Result<Next, Error> {
        let call = worker::Batch {
            job_id: job.id.clone(),
            files: batch.files.clone(),
            accepts_results: true,
            // the job's, which is in hand here
            traceparent: trace::context().map(|job| job.to_string()),
        };
        let names_files = match self.app.worker.process_batch(&call).await {
            Ok(accepted) => accepted.reports_results,
            // a success whatever its body is: the original never looked at it
            Err(client::Error::Body { .. }) => false,
            Err(error) => return self.worker_is_away(job, &error).await,
        };
        self.app.store.mark_sent(self.held, &batch, names_files).await?;
        self.worker_is_there(job).await?;
        Ok(Next::Again)
    }

    async fn tell_worker(&mut self, job: &Job) -> Result<Next, Error> {
        match self.app.worker.cancel_job(&job.id).await {
            // `None`: a worker of the original, which cannot cancel
            Ok(_) => {}
            Err(error) if error.is_retryable() => return self.worker_is_away(job, &error).await,
            Err(error) => tracing::warn!(%error, "the worker does not cancel the job"),
        }
        self.app.store.change_held(self.held, |progress| progress.tell_worker = false).await?;
        Ok(Next::Done)
    }

    async fn worker_is_away(&mut self, job: &Job, error: &client::Error) -> Result<Next, Error> {
        self.tries += 1;
        if self.tries == TRIES_BEFORE_WAITING {
            tracing::warn!(%error, "the worker does not take images; trying on");
        }
        let now = now_ms();
        if self.tries >= TRIES_BEFORE_WAITING && job.progress.waits_at(now + WORKER_AWAY_MS / 2).is_none() {
            let wait =
                |progress: &mut Progress| progress.wait_for(now + WORKER_AWAY_MS, WORKER_AWAY.to_owned());
            self.app.store.change_held(self.held, wait).await?;
        }
        let asked = match error {
            client::Error::Status { retry_after, .. } => retry_after.map(Duration::from_secs),
            client::Error::Unreachable { .. } | client::Error::Body { .. } => None,
        };
        let asked = asked.map(|asked| asked.min(LONGEST_PAUSE));
        Ok(Next::Wait(Backoff::SERVICE.wait(self.tries, asked)))
    }

    async fn worker_is_there(&mut self, job: &Job) -> Result<(), Error> {
        self.tries = 0;
        if job.progress.wait.as_ref().is_some_and(|wait| wait.reason == WORKER_AWAY) {
            self.app
                .store
                .change_held(self.held, |progress| progress.stop_waiting_for(WORKER_AWAY, now_ms()))
                .await?;
        }
        Ok(())
    }
}
