//! What a look at the configuration found, and what to do about it: the words of `image-import doctor`. Whoever owns a
//! thing checks it; the command line puts the findings together.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use serde::Serialize;

/// How long one check may take.
pub const LIMIT: Duration = Duration::from_secs(10);
/// From here on signatures are about to be refused, and times in logs mislead.
const ODD_CLOCK: Duration = Duration::from_secs(60);
/// From here on a signature may be refused, by the strictest of servers.
const WRONG_CLOCK: Duration = Duration::from_secs(5 * 60);

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Could not be looked at, or need not be.
    Skipped,
    /// Works, with a drawback.
    Warning,
    /// Does not work.
    Failed,
}

/// The outcome of one check. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: stable, such as `bucket.put`.
    pub check: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found, for a person.
    pub found: String,
    /// What that person can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, found: found.into(), fix: None }
    }

    /// Not looked at, and why.
    pub fn skipped(check: &'static str, why: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Skipped, found: why.into(), fix: None }
    }

    /// Works, with a drawback.
    pub fn warning(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warning, found: found.into(), fix: Some(fix.into()) }
    }

    /// Does not work.
    pub fn failed(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Failed, found: found.into(), fix: Some(fix.into()) }
    }

    /// A check that came to no end within [`LIMIT`].
    pub fn too_slow(check: &'static str, who: &str) -> Self {
        let found = format!("{who} did not answer within {} s", LIMIT.as_secs());
        Self::failed(check, found, format!("Find out why {who} is slow, or what holds up the network."))
    }
}

/// Waits for `work`, but no longer than [`LIMIT`].
pub async fn in_time<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(LIMIT, work).await.ok()
}

/// Compares the clock of this machine with the `Date` header of an answer that has just come from `server`.
pub fn clock(check: &'static str, server: &str, date: Option<&str>) -> Finding {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let there = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let Some(there) = there.and_then(|there| u64::try_from(there.timestamp()).ok()) else {
        return Finding::skipped(check, format!("{server} does not tell the time"));
    };
    judge_clock(check, server, now.as_secs(), there)
}

fn judge_clock(check: &'static str, server: &str, here_secs: u64, there_secs: u64) -> Finding {
    let apart = Duration::from_secs(here_secs.abs_diff(there_secs));
    let side = if here_secs > there_secs { "ahead of" } else { "behind" };
    let found = format!("the clock of this machine is {} {side} that of {server}", in_words(apart));
    let fix = "Set the clock of this machine, and keep it right with NTP (`timedatectl set-ntp true`; on Windows and \
               macOS the setting 'Set time automatically').";
    if apart > WRONG_CLOCK {
        Finding::failed(check, format!("{found}: signed requests are refused"), fix)
    } else if apart > ODD_CLOCK {
        Finding::warning(check, found, fix)
    } else {
        Finding::ok(check, format!("the clock agrees with that of {server}"))
    }
}

fn in_words(time: Duration) -> String {
    match time.as_secs() {
        secs @ ..120 => format!("{secs} s"),
        secs @ ..7200 => format!("{} min", secs / 60),
        secs => format!("{} h", secs / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_minutes_make_a_clock_wrong_in_both_directions() {
        let judged = |here, there| judge_clock("x.clock", "S3", here, there).verdict;
        assert_eq!(judged(10_000, 10_030), Verdict::Ok);
        assert_eq!(judged(10_000, 10_100), Verdict::Warning);
        assert_eq!(judged(10_000, 10_301), Verdict::Failed);
        assert_eq!(judged(10_301, 10_000), Verdict::Failed);
        let found = judge_clock("x.clock", "S3", 20_000, 10_000).found;
        assert!(found.contains("2 h ahead of that of S3"), "{found}");
    }

    #[test]
    fn a_date_is_read_as_http_writes_it() {
        let old = clock("x.clock", "S3", Some("Tue, 15 Nov 1994 08:12:31 GMT"));
        assert_eq!(old.verdict, Verdict::Failed);
        assert_eq!(clock("x.clock", "S3", Some("soon")).verdict, Verdict::Skipped);
        assert_eq!(clock("x.clock", "S3", None).verdict, Verdict::Skipped);
    }

    #[test]
    fn what_is_wrong_says_what_to_do() {
        let shown = serde_json::to_value(Finding::failed("a.b", "broken", "mend it")).unwrap();
        let expected =
            serde_json::json!({"check": "a.b", "verdict": "failed", "found": "broken", "fix": "mend it"});
        assert_eq!(shown, expected);
        assert!(serde_json::to_value(Finding::ok("a.b", "fine")).unwrap().get("fix").is_none());
    }
}
