//! What was asked of the emulator: for tests that claim that something is not downloaded, or not too fast.

use super::faults::Call;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Length of a window in [`StatsReport::units_per_window`].
const WINDOW_SECS: u64 = 60;
/// Windows that are remembered: a day of minutes.
const MOST_WINDOWS: usize = 24 * 60;

/// Counters of one emulator; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    report: StatsReport,
    started: Option<Instant>,
}

/// The counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatsReport {
    /// Calls with a good key, refused ones included.
    pub calls: BTreeMap<Call, u64>,
    /// Answers by HTTP status; calls that ended without one are not in here.
    pub answers: BTreeMap<u16, u64>,
    /// Units that all calls have cost.
    pub units: u64,
    /// The same minute by minute since the first call.
    pub units_per_window: Vec<u64>,
    /// Length of such a window.
    pub window_secs: u64,
    /// Bytes of files that were handed out.
    pub bytes_sent: u64,
    /// File id → its downloads.
    pub downloads: BTreeMap<String, Downloads>,
    /// Downloads that are running now.
    pub parallel_downloads: u64,
    /// The most that ever ran at once.
    pub max_parallel_downloads: u64,
    /// Headers and parameters that calls carried.
    pub headers: Headers,
    /// User agent → calls.
    pub user_agents: BTreeMap<String, u64>,
}

/// Downloads of one file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Downloads {
    /// Calls with `alt=media`, refused ones included.
    pub calls: u64,
    /// Bytes that were handed out.
    pub bytes: u64,
}

/// How often something was sent along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Headers {
    /// The key in `X-Goog-Api-Key`.
    pub key_in_header: u64,
    /// The key in the query, where it ends up in logs.
    pub key_in_query: u64,
    /// No key at all.
    pub key_missing: u64,
    /// `X-Goog-Drive-Resource-Keys`.
    pub resource_keys: u64,
    /// `Range`.
    pub range: u64,
    /// `X-HTTP-Method-Override`.
    pub method_override: u64,
    /// `quotaUser`.
    pub quota_user: u64,
    /// `supportsAllDrives=true`.
    pub supports_all_drives: u64,
}

impl Stats {
    /// The counters now.
    pub fn report(&self) -> StatsReport {
        StatsReport { window_secs: WINDOW_SECS, ..self.counts().report.clone() }
    }

    /// Starts all counters afresh; running downloads go on being counted as running.
    pub fn reset(&self) {
        let mut counts = self.counts();
        let parallel_downloads = counts.report.parallel_downloads;
        let report = StatsReport {
            parallel_downloads,
            max_parallel_downloads: parallel_downloads,
            ..StatsReport::default()
        };
        *counts = Counts { report, started: None };
    }

    /// How often the content of a file was asked for.
    pub fn downloads_of(&self, id: &str) -> u64 {
        self.counts().report.downloads.get(id).map_or(0, |downloads| downloads.calls)
    }

    /// How often a call was made.
    pub fn calls(&self, call: Call) -> u64 {
        self.counts().report.calls.get(&call).copied().unwrap_or(0)
    }

    pub(crate) fn headers(&self, count: impl FnOnce(&mut Headers)) {
        count(&mut self.counts().report.headers);
    }

    pub(crate) fn call(&self, call: Call, id: &str, user_agent: &str) {
        let mut counts = self.counts();
        let started = *counts.started.get_or_insert_with(Instant::now);
        let window = usize::try_from(started.elapsed().as_secs() / WINDOW_SECS).unwrap_or(MOST_WINDOWS);
        let report = &mut counts.report;
        *report.calls.entry(call).or_default() += 1;
        *report.user_agents.entry(user_agent.to_owned()).or_default() += 1;
        report.units += call.units();
        if call == Call::Media {
            report.downloads.entry(id.to_owned()).or_default().calls += 1;
        }
        if window < MOST_WINDOWS {
            let windows = report.units_per_window.len().max(window + 1);
            report.units_per_window.resize(windows, 0);
            report.units_per_window[window] += call.units();
        }
    }

    pub(crate) fn answer(&self, status: u16) {
        *self.counts().report.answers.entry(status).or_default() += 1;
    }

    /// Counts a download as running until the guard is dropped.
    pub(crate) fn download(&self, id: &str) -> Download {
        let mut counts = self.counts();
        let report = &mut counts.report;
        report.parallel_downloads += 1;
        report.max_parallel_downloads = report.max_parallel_downloads.max(report.parallel_downloads);
        drop(counts);
        Download { stats: self.clone(), id: id.to_owned() }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running download.
#[derive(Debug)]
pub(crate) struct Download {
    stats: Stats,
    id: String,
}

impl Download {
    pub(crate) fn sent(&self, bytes: u64) {
        let mut counts = self.stats.counts();
        counts.report.bytes_sent += bytes;
        counts.report.downloads.entry(self.id.clone()).or_default().bytes += bytes;
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.stats.counts().report.parallel_downloads -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up_and_parallel_downloads_are_the_most_at_once() {
        let stats = Stats::default();
        for call in [Call::List, Call::Get, Call::Media, Call::Media] {
            stats.call(call, "a", "test");
        }
        let (one, two) = (stats.download("a"), stats.download("b"));
        one.sent(10);
        drop(one);
        let three = stats.download("a");
        let report = stats.report();
        assert_eq!(report.units, 505);
        assert_eq!(report.units_per_window, [505]);
        assert_eq!((report.parallel_downloads, report.max_parallel_downloads), (2, 2));
        assert_eq!(report.downloads["a"], Downloads { calls: 2, bytes: 10 });
        stats.reset();
        drop((two, three));
        assert_eq!(stats.report().parallel_downloads, 0);
        assert_eq!(stats.downloads_of("a"), 0);
    }
}
