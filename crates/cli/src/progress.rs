//! Watches jobs until they end: a bar on a terminal, plain lines elsewhere.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use client::import::JobStatus;
use indicatif::{DecimalBytes, HumanDuration, ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    api::{Api, Refused},
    exit::Unreachable,
    output,
};

/// Between two looks at a job.
const INTERVAL: Duration = Duration::from_millis(300);
/// Between two plain lines.
const LINE_INTERVAL: Duration = Duration::from_secs(5);
/// How long a server that was there may be gone before watching ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// One or several jobs together.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Totals {
    /// Images known.
    pub(crate) total: u64,
    /// Images stored, newly or since before.
    pub(crate) processed: u64,
    /// Images failed.
    pub(crate) failed: u64,
    /// Images stopped before they were stored.
    pub(crate) cancelled: u64,
    /// Bytes stored.
    pub(crate) bytes_done: u64,
    /// Bytes known.
    pub(crate) bytes_total: u64,
    /// What is waited for.
    waiting: Option<String>,
}

impl Totals {
    /// The sum of all jobs.
    pub(crate) fn of(jobs: &[JobStatus]) -> Self {
        let mut totals = Self::default();
        for job in jobs {
            totals.total += job.total;
            totals.processed += count(&job.processed);
            totals.failed += count(&job.failed);
            totals.cancelled += job.cancelled;
            totals.bytes_done += job.bytes_done;
            totals.bytes_total += job.bytes_total;
            if !is_over(job) {
                totals.waiting = totals.waiting.or_else(|| job.waiting_reason.clone());
            }
        }
        totals
    }

    fn ended(&self) -> u64 {
        self.processed + self.failed + self.cancelled
    }

    /// How far it is, in one line.
    fn line(&self, elapsed: Duration) -> String {
        let mut parts = vec![format!("{} of {} images", self.ended(), self.total)];
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        if self.bytes_total > 0 {
            parts.push(format!("{} of {}", DecimalBytes(self.bytes_done), DecimalBytes(self.bytes_total)));
        }
        if let Some(reason) = &self.waiting {
            parts.push(format!("waiting: {}", output::shown(reason)));
            return parts.join(" · ");
        }
        parts.extend(self.rate(elapsed));
        if let Some(left) = self.time_left(elapsed) {
            parts.push(format!("{:#} left", HumanDuration(left)));
        }
        parts.join(" · ")
    }

    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    fn rate(&self, elapsed: Duration) -> Option<String> {
        let seconds = elapsed.as_secs_f64();
        if seconds < 0.1 || self.ended() == 0 {
            return None;
        }
        let images = self.ended() as f64 / seconds;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far from both ends")]
        let bytes = (self.bytes_done as f64 / seconds) as u64;
        Some(format!("{images:.1} images/s · {}/s", DecimalBytes(bytes)))
    }

    /// By bytes where they are known, as images differ much in size; else by images.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn time_left(&self, elapsed: Duration) -> Option<Duration> {
        let (done, all) = match (self.bytes_done, self.bytes_total) {
            (done, all) if done > 0 && all > done => (done, all),
            _ => (self.ended(), self.total),
        };
        let is_known = done > 0 && all > done;
        is_known.then(|| elapsed.mul_f64((all - done) as f64 / done as f64))
    }
}

/// Counters are numbers of any kind on the wire.
fn count(number: &serde_json::Number) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of images; saturates"
    )]
    number.as_u64().unwrap_or_else(|| number.as_f64().unwrap_or(0.0) as u64)
}

/// True when nothing more will happen to the job.
pub(crate) fn is_over(job: &JobStatus) -> bool {
    job.state.map_or(job.status == "completed", client::import::JobState::is_final)
}

/// True when every image of the job was stored.
pub(crate) fn went_well(job: &JobStatus) -> bool {
    use client::import::JobState::Completed;
    let completed = job.state.map_or(job.status == "completed", |state| state == Completed);
    completed && count(&job.failed) == 0 && job.cancelled == 0
}

/// Waits until all `jobs` have ended, and shows how far they are. The first began at `started`.
pub(crate) async fn watch(api: &Api, jobs: &[String], started: Instant) -> anyhow::Result<Vec<JobStatus>> {
    let mut display = Display::new();
    loop {
        let mut states = Vec::new();
        for job in jobs {
            states.push(JobStatus::deserialize(status(api, job, &[("imported", "0")]).await?)?);
        }
        let (totals, over) = (Totals::of(&states), states.iter().all(is_over));
        display.show(&totals, started.elapsed(), over);
        if over {
            return Ok(states);
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// The status of a job. A restart of the server, or of a service behind it, is waited for: jobs survive it.
pub(crate) async fn status(api: &Api, job: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
    let started = Instant::now();
    loop {
        match api.get(&["import", "status", job], query).await {
            Err(error) if is_away(&error) && started.elapsed() < PATIENCE => {
                tokio::time::sleep(INTERVAL).await;
            }
            answer => return answer,
        }
    }
}

/// True when nobody answered, or a gateway for somebody who does not.
fn is_away(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Refused>();
    error.is::<Unreachable>() || refused.is_some_and(|refused| matches!(refused.status, 502..=504))
}

/// Where progress is shown.
enum Display {
    Bar(ProgressBar),
    Lines { last: Option<Instant> },
}

impl Display {
    fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines { last: None };
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3}%\n{wide_msg}") {
            bar.set_style(style);
        }
        Self::Bar(bar)
    }

    fn show(&mut self, totals: &Totals, elapsed: Duration, over: bool) {
        let text = totals.line(elapsed);
        match self {
            Self::Bar(bar) if over => {
                bar.finish_and_clear();
                output::say(&text);
            }
            Self::Bar(bar) => {
                bar.set_length(totals.total);
                bar.set_position(totals.ended());
                bar.set_message(text);
            }
            Self::Lines { last } => {
                if over || last.is_none_or(|last| last.elapsed() >= LINE_INTERVAL) {
                    output::say(&text);
                    *last = Some(Instant::now());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(value: &serde_json::Value) -> JobStatus {
        JobStatus::deserialize(value).unwrap()
    }

    #[test]
    fn a_line_tells_images_bytes_rate_and_time_left() {
        let one = job(&json!({"status": "processing", "total": 10, "processed": 4, "failed": 1,
            "bytes_done": 5_000_000, "bytes_total": 20_000_000, "state": "running"}));
        let line = Totals::of(&[one]).line(Duration::from_secs(10));
        assert_eq!(
            line,
            "5 of 10 images · 1 failed · 5.00 MB of 20.00 MB · 0.5 images/s · 500.00 kB/s · 30s left"
        );
    }

    #[test]
    fn while_waiting_no_time_is_promised() {
        let one = job(&json!({"status": "processing", "total": 10, "processed": 5, "failed": 0,
            "state": "waiting", "waiting_reason": "Google asks to slow down"}));
        let line = Totals::of(&[one]).line(Duration::from_secs(10));
        assert!(line.ends_with("waiting: Google asks to slow down") && !line.contains("left"), "{line}");
    }

    #[test]
    fn jobs_of_the_original_end_too() {
        let done = job(&json!({"status": "completed", "total": 2, "processed": 2.0, "failed": 0}));
        assert!(is_over(&done) && went_well(&done));
        let bad = job(&json!({"status": "completed", "total": 2, "processed": 1, "failed": 1}));
        assert!(is_over(&bad) && !went_well(&bad));
        let stopped = job(
            &json!({"status": "completed", "state": "cancelled", "total": 0, "processed": 0, "failed": 0}),
        );
        assert!(is_over(&stopped) && !went_well(&stopped));
        let running = job(&json!({"status": "processing", "total": 2, "processed": 1, "failed": 0}));
        assert!(!is_over(&running));
    }
}
