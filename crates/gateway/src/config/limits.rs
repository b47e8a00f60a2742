//! How much clients may take: what protects the gateway from careless and hostile ones.

use std::{num::NonZeroU32, time::Duration};

use service::{env::Reader, serve::Limits as ConnectionLimits};

use super::proxies::{self, TrustedProxies};

/// Limits on clients. A rate that is not set is not limited.
#[derive(Debug, Clone)]
pub struct Limits {
    /// `HEADER_TIMEOUT_SECS` (10), `IDLE_TIMEOUT_SECS` (75), `SEND_TIMEOUT_SECS` (60), `MAX_HEADER_KB` (16) and
    /// `MAX_CONNECTIONS` (10,000).
    pub connections: ConnectionLimits,
    /// `BODY_TIMEOUT_SECS`: within which the whole body of a request must have come; 60 s.
    pub body_time: Duration,
    /// `MAX_BODY_KB`: the longest body of a request; 1,024 KiB. In bytes here.
    pub body_bytes: usize,
    /// `EVENTS_PER_CLIENT`: streams of events that one client address may have open; 100.
    pub events_per_client: usize,
    /// `TRUSTED_PROXIES`: how many proxies stand before the gateway, each of which adds an address to `X-Forwarded-For`, or
    /// the networks that they are in; 0: the header is not believed.
    pub trusted_proxies: TrustedProxies,
    /// `RATE_LIMIT` for each client address, `RATE_LIMIT_GLOBAL` for all together.
    pub all: Rates,
    /// `RATE_LIMIT_IMPORTS` for each client address, `RATE_LIMIT_IMPORTS_GLOBAL` for all together: imports, their
    /// previews and retries.
    pub imports: Rates,
}

/// Requests per minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Of one client address.
    pub per_client: Option<NonZeroU32>,
    /// Of all together.
    pub global: Option<NonZeroU32>,
}

/// Largest `MAX_HEADER_KB`: what is read from a connection at once.
const MOST_HEADER_KB: usize = 64;
/// Largest `SEND_TIMEOUT_SECS`: the services behind the gateway wait hardly longer for it, and so for its clients.
const MOST_SEND_SECS: usize = 3600;
const KIB: usize = 1024;

impl Limits {
    pub(super) fn read(read: &Reader<'_>) -> Self {
        let seconds = |secs: usize| Duration::from_secs(secs as u64);
        let header_kb = read.count_or("MAX_HEADER_KB", 16);
        if header_kb > MOST_HEADER_KB {
            read.reject("MAX_HEADER_KB", format_args!("must be at most {MOST_HEADER_KB}"));
        }
        let send_secs = read.count_or("SEND_TIMEOUT_SECS", 60);
        if send_secs > MOST_SEND_SECS {
            read.reject("SEND_TIMEOUT_SECS", format_args!("must be at most {MOST_SEND_SECS}"));
        }
        let per_client_and_global = |per_client, global| Rates {
            per_client: per_minute(read, per_client),
            global: per_minute(read, global),
        };
        Self {
            connections: ConnectionLimits {
                header_time: seconds(read.count_or("HEADER_TIMEOUT_SECS", 10)),
                idle_time: seconds(read.count_or("IDLE_TIMEOUT_SECS", 75)),
                taking_time: seconds(send_secs),
                header_bytes: header_kb.min(MOST_HEADER_KB) * KIB,
                connections: read.count_or("MAX_CONNECTIONS", 10_000),
                names_peer: true,
            },
            body_time: seconds(read.count_or("BODY_TIMEOUT_SECS", 60)),
            body_bytes: read.count_or("MAX_BODY_KB", 1024).saturating_mul(KIB),
            events_per_client: read.count_or("EVENTS_PER_CLIENT", 100),
            trusted_proxies: read.parse_or("TRUSTED_PROXIES", TrustedProxies::Count(0), proxies::MUST_BE),
            all: per_client_and_global("RATE_LIMIT", "RATE_LIMIT_GLOBAL"),
            imports: per_client_and_global("RATE_LIMIT_IMPORTS", "RATE_LIMIT_IMPORTS_GLOBAL"),
        }
    }
}

/// A rate, if it is limited.
fn per_minute(read: &Reader<'_>, name: &str) -> Option<NonZeroU32> {
    let is_set = read.text(name).is_some();
    is_set
        .then(|| read.parse_or(name, NonZeroU32::MIN, "a whole number of at least 1, of requests per minute"))
}

#[cfg(test)]
mod tests {
    use service::Env;

    use super::*;

    fn limits(env: &Env) -> anyhow::Result<Limits> {
        let read = env.reader();
        let limits = Limits::read(&read);
        read.finish(limits)
    }

    #[test]
    fn nothing_that_an_honest_client_notices_is_limited_by_default() {
        let limits = limits(&Env::default()).unwrap();
        assert_eq!((limits.all, limits.imports), (Rates::default(), Rates::default()));
        assert!(!limits.trusted_proxies.are_there());
        let kept_by_our_clients = Duration::from_secs(30);
        assert!(limits.connections.idle_time > kept_by_our_clients * 2);
    }

    #[test]
    fn the_services_behind_wait_longer_for_the_gateway_than_it_does_for_its_clients() {
        let longest = Duration::from_secs(MOST_SEND_SECS as u64);
        assert!(ConnectionLimits::default().taking_time > longest);
    }

    #[test]
    fn every_limit_is_a_setting() {
        let names = [
            "HEADER_TIMEOUT_SECS",
            "IDLE_TIMEOUT_SECS",
            "SEND_TIMEOUT_SECS",
            "BODY_TIMEOUT_SECS",
            "MAX_HEADER_KB",
            "MAX_BODY_KB",
            "MAX_CONNECTIONS",
            "EVENTS_PER_CLIENT",
        ];
        let settings = names.iter().zip(11..).map(|(name, value)| (*name, value.to_string()));
        let limits = limits(&Env::from_pairs(settings)).unwrap();
        let connections = limits.connections;
        let times =
            [connections.header_time, connections.idle_time, connections.taking_time, limits.body_time];
        assert_eq!(times.map(|time| time.as_secs()), [11, 12, 13, 14]);
        let sizes = [connections.header_bytes, limits.body_bytes];
        assert_eq!(sizes, [15 * 1024, 16 * 1024]);
        assert_eq!((connections.connections, limits.events_per_client), (17, 18));
    }

    #[test]
    fn rates_are_numbers_and_headers_fit_what_is_read_at_once() {
        let bad = [
            ("RATE_LIMIT", "0"),
            ("RATE_LIMIT_IMPORTS_GLOBAL", "many"),
            ("MAX_HEADER_KB", "65"),
            ("SEND_TIMEOUT_SECS", "3601"),
            ("TRUSTED_PROXIES", "10.0.0.0/33"),
            ("BODY_TIMEOUT_SECS", "0"),
        ];
        let error = limits(&Env::from_pairs(bad)).unwrap_err().to_string();
        for (name, _) in bad {
            assert!(error.contains(name), "{name}: {error}");
        }
        let good = limits(&Env::from_pairs([("RATE_LIMIT_IMPORTS", "6")])).unwrap();
        assert_eq!(good.imports.per_client.map(NonZeroU32::get), Some(6));
    }
}
