//! Requests per minute, of each client and of all. Who has not asked for a while may ask for a minute's worth at once.

use std::{
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
    sync::Mutex,
    time::{Duration, Instant},
};

use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    state::keyed::HashMapStateStore,
};
use service::ApiError;

use crate::config;

/// Clients that are told apart at once; more than that share one rate. Bounds the memory.
const MOST_CLIENTS: usize = 200_000;
/// Clients that have not asked for so long are forgotten: their whole rate is theirs again.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// The rates of one kind of request.
#[derive(Debug)]
pub(super) struct Rates {
    per_client: Option<PerClient>,
    global: Option<DefaultDirectRateLimiter>,
    clock: DefaultClock,
    /// What there are too many of.
    what: &'static str,
}

impl Rates {
    pub(super) fn new(rates: config::Rates, what: &'static str) -> Self {
        Self {
            per_client: rates.per_client.map(PerClient::new),
            global: rates.global.map(|rate| RateLimiter::direct(Quota::per_minute(rate))),
            clock: DefaultClock::default(),
            what,
        }
    }

    pub(super) fn is_off(&self) -> bool {
        self.per_client.is_none() && self.global.is_none()
    }

    /// Counts a request of `client`; 429 where that is one too many.
    pub(super) fn check(&self, client: IpAddr) -> Result<(), ApiError> {
        let what = self.what;
        if let Some(Err(refused)) = self.per_client.as_ref().map(|rates| rates.check(client)) {
            let wait = refused.wait_time_from(self.clock.now());
            return Err(too_many(&format!("Too many {what} from your address"), wait));
        }
        if let Some(Err(refused)) = self.global.as_ref().map(DefaultDirectRateLimiter::check) {
            let wait = refused.wait_time_from(self.clock.now());
            return Err(too_many(&format!("Too many {what} from all together"), wait));
        }
        Ok(())
    }
}

fn too_many(what: &str, wait: Duration) -> ApiError {
    let secs = wait.as_millis().div_ceil(1000).max(1);
    let secs = u64::try_from(secs).unwrap_or(u64::MAX);
    ApiError::too_many_requests(format!("{what}: try again in {secs} s."))
        .code("rate-limited")
        .retry_after(secs)
}

#[derive(Debug)]
struct PerClient {
    limiter: RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>,
    forgot: Mutex<Instant>,
}

type Refused = governor::NotUntil<<DefaultClock as Clock>::Instant>;

impl PerClient {
    fn new(rate: NonZeroU32) -> Self {
        Self { limiter: RateLimiter::hashmap(Quota::per_minute(rate)), forgot: Mutex::new(Instant::now()) }
    }

    fn check(&self, client: IpAddr) -> Result<(), Refused> {
        self.forget();
        let has_room = self.limiter.len() < MOST_CLIENTS;
        self.limiter.check_key(if has_room { &client } else { &IpAddr::V4(Ipv4Addr::UNSPECIFIED) })
    }

    /// Now and then; one request does it, and none waits for that.
    fn forget(&self) {
        if let Ok(mut forgot) = self.forgot.try_lock()
            && forgot.elapsed() >= FORGET_EVERY
        {
            *forgot = Instant::now();
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }
}
