//! Where the spans of one service go.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::mpsc;

use super::{Active, Context, Kind, Open, Sampler, Span, context::random_trace};

/// Makes spans, and hands over those that have ended. Clones are one.
#[derive(Debug, Clone)]
pub struct Tracer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ended: mpsc::Sender<Span>,
    sampler: Sampler,
    dropped: AtomicU64,
}

impl Tracer {
    /// One, and where its spans come out: of those that nobody takes, `room` wait, and more are dropped.
    pub fn new(sampler: Sampler, room: usize) -> (Self, mpsc::Receiver<Span>) {
        let (ended, spans) = mpsc::channel(room);
        (Self(Arc::new(Inner { ended, sampler, dropped: AtomicU64::new(0) })), spans)
    }

    /// Begins a span: a part of `parent`, or a new trace.
    pub fn start(&self, kind: Kind, name: &'static str, parent: Option<Context>) -> Open {
        let trace_id = parent.map_or_else(random_trace, |parent| parent.trace_id);
        let is_sampled = self.0.sampler.keeps(trace_id, parent.map(|parent| parent.is_sampled));
        let context = Context::root(trace_id, is_sampled);
        let span = is_sampled.then(|| Span::new(context, parent.map(|parent| parent.span_id), kind, name));
        Open::new(Active::new(self.clone(), context, span))
    }

    /// A span that somebody else has begun, or that ends much later: what is done meanwhile becomes a part of it.
    pub fn resume(&self, context: Context) -> Active {
        Active::new(self.clone(), context, None)
    }

    /// No part of any trace: nobody who is asked meanwhile begins one.
    pub fn silent(&self) -> Active {
        self.resume(Context::root(random_trace(), false))
    }

    /// The same as a span.
    pub fn silent_span(&self) -> Open {
        Open::new(self.silent())
    }

    /// Hands over a span that has ended. It never waits.
    pub fn hand_over(&self, span: Span) {
        if self.0.ended.try_send(span).is_err() {
            self.drop_some(1);
        }
    }

    /// How many spans nobody will see.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// So many more.
    pub fn drop_some(&self, spans: u64) {
        self.0.dropped.fetch_add(spans, Ordering::Relaxed);
    }
}
