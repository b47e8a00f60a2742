//! Requests per minute, of each client and of all. Who has not asked for a while may ask for a minute's worth at once.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use service::ApiError;

use super::budgets::Budgets;
use crate::config;

/// The rates of one kind of request.
#[derive(Debug)]
pub(super) struct Rates {
    per_client: Option<Mutex<Budgets>>,
    global: Option<DefaultDirectRateLimiter>,
    clock: DefaultClock,
    /// What there are too many of.
    what: &'static str,
}

impl Rates {
    pub(super) fn new(rates: config::Rates, what: &'static str) -> Self {
        Self {
            per_client: rates.per_client.map(|rate| Mutex::new(Budgets::new(rate, Instant::now()))),
            global: rates.global.map(|rate| RateLimiter::direct(Quota::per_minute(rate))),
            clock: DefaultClock::default(),
            what,
        }
    }

    /// True where single clients may ask as often as they like.
    pub(super) fn spare_clients(&self) -> bool {
        self.per_client.is_none()
    }

    /// True where all together may ask as often as they like.
    pub(super) fn spare_all(&self) -> bool {
        self.global.is_none()
    }

    /// Counts a request of `client`; 429 where that is one too many.
    pub(super) fn check_client(&self, client: IpAddr) -> Result<(), ApiError> {
        let Some(budgets) = &self.per_client else { return Ok(()) };
        let taken = budgets.lock().unwrap_or_else(PoisonError::into_inner).take(client, Instant::now());
        taken.map_err(|wait| too_many(&format!("Too many {} from your address", self.what), wait))
    }

    /// Takes a request of `client` back that was counted, and then refused for another reason.
    pub(super) fn give_back(&self, client: IpAddr) {
        if let Some(budgets) = &self.per_client {
            budgets.lock().unwrap_or_else(PoisonError::into_inner).give_back(client, Instant::now());
        }
    }

    /// Counts a request of anybody; 429 where that is one too many.
    pub(super) fn check_all(&self) -> Result<(), ApiError> {
        let Some(global) = &self.global else { return Ok(()) };
        global.check().map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now());
            too_many(&format!("Too many {} from all together", self.what), wait)
        })
    }
}

fn too_many(what: &str, wait: Duration) -> ApiError {
    let secs = wait.as_millis().div_ceil(1000).max(1);
    let secs = u64::try_from(secs).unwrap_or(u64::MAX);
    ApiError::too_many_requests(format!("{what}: try again in {secs} s."))
        .code("rate-limited")
        .retry_after(secs)
}
