//! What is counted of connections, where somebody wants to know.

use super::reasons;
use crate::{
    Metrics,
    metrics::{
        Gauge,
        catalogue::{CONNECTIONS_OPEN, CONNECTIONS_REFUSED},
    },
};

/// The numbers of one listener.
#[derive(Debug, Default)]
pub(super) struct Counts(Option<Counted>);

#[derive(Debug)]
struct Counted {
    metrics: Metrics,
    open: Gauge,
}

impl Counts {
    pub(super) fn of(metrics: &Metrics) -> Self {
        let reasons = reasons::ALL.map(|reason| [reason]);
        metrics.from_zero(&CONNECTIONS_REFUSED, reasons);
        Self(Some(Counted { open: metrics.gauge(&CONNECTIONS_OPEN, &[]), metrics: metrics.clone() }))
    }

    pub(super) fn open(&self, connections: usize) {
        if let Some(counted) = &self.0 {
            counted.open.set(crate::metrics::number(connections));
        }
    }

    pub(super) fn ended(&self, reason: &'static str, connections: usize) {
        if connections > 0
            && let Some(counted) = &self.0
        {
            counted.metrics.counter(&CONNECTIONS_REFUSED, &[reason]).increment(connections as u64);
        }
    }
}
