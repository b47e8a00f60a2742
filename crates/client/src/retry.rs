//! How long to wait before the next try: exponential, with jitter, capped; a `Retry-After` wins.

use std::time::Duration;

use rand::Rng;

/// A schedule of waits.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The wait before the second try.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Backoff {
    /// For calls between services: 0.1 s doubling to 5 s.
    pub const SERVICE: Self = Self { first: Duration::from_millis(100), longest: Duration::from_secs(5) };
    /// For Google Drive: 1 s doubling to 32 s (Google's guide asks for at most 32 or 64).
    pub const DRIVE: Self = Self { first: Duration::from_secs(1), longest: Duration::from_secs(32) };

    /// The wait after `tries` failed tries (1 or more), without jitter.
    pub fn ceiling(&self, tries: u32) -> Duration {
        self.first.saturating_mul(1_u32 << (tries.saturating_sub(1)).min(16)).min(self.longest)
    }

    /// The wait after `tries` failed tries: between half and the whole of [`Backoff::ceiling`], so that many
    /// callers do not come back at once; never less than what the server asked for.
    pub fn wait(&self, tries: u32, retry_after: Option<Duration>) -> Duration {
        let ceiling = self.ceiling(tries);
        let jittered = ceiling.mul_f64(rand::rng().random_range(0.5..=1.0));
        retry_after.map_or(jittered, |asked| asked.max(jittered))
    }
}

/// Parses a `Retry-After` header, seconds or an HTTP date, capped at one hour.
pub fn parse_retry_after(value: &str) -> Option<Duration> {
    const LONGEST: u64 = 3600;
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds.min(LONGEST)));
    }
    let at = chrono::DateTime::parse_from_rfc2822(value).ok()?;
    let seconds = (at.with_timezone(&chrono::Utc) - chrono::Utc::now()).num_seconds();
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0).min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_stay_within_their_band() {
        let backoff = Backoff::SERVICE;
        for (tries, millis) in [(1, 100), (2, 200), (3, 400), (7, 5000), (60, 5000)] {
            let ceiling = Duration::from_millis(millis);
            assert_eq!(backoff.ceiling(tries), ceiling);
            let wait = backoff.wait(tries, None);
            assert!(wait >= ceiling / 2 && wait <= ceiling, "{tries}: {wait:?}");
        }
    }

    #[test]
    fn a_retry_after_is_waited_for_whole() {
        let asked = Duration::from_secs(90);
        assert_eq!(Backoff::SERVICE.wait(1, Some(asked)), asked);
        assert_eq!(parse_retry_after(" 90 "), Some(asked));
        assert_eq!(parse_retry_after("999999"), Some(Duration::from_secs(3600)));
        assert_eq!(parse_retry_after("Fri, 31 Dec 1999 23:59:59 GMT"), Some(Duration::ZERO));
        assert_eq!(parse_retry_after("soon"), None);
    }
}
