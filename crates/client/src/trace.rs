//! Traces: to which request, job and image the work in hand belongs, across all services, and how long each step of it
//! takes. What a step is called, and how it came out, is a [`Span`]; which one is in hand travels in the `traceparent`
//! header of W3C to the next service, and as part of an [`Origin`] beside what is written down for later.
//!
//! Nothing here sends a span anywhere: a [`Tracer`] hands them to whoever made it. Without one, nothing is noted and no
//! header is sent.

mod context;
mod open;
mod origin;
mod sampler;
mod span;
mod tracer;

pub use self::{
    context::Context,
    open::{Active, Open},
    origin::Origin,
    sampler::Sampler,
    span::{Kind, Span, Value},
    tracer::Tracer,
};

/// Name of the header that carries a [`Context`].
pub const TRACEPARENT: &str = "traceparent";

tokio::task_local! {
    static CURRENT: Option<Active>;
}

/// Runs `work` as part of a span, if there is one.
pub async fn scope<F: Future>(span: Option<Active>, work: F) -> F::Output {
    CURRENT.scope(span, work).await
}

/// The span in hand, if any.
pub fn current() -> Option<Active> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// Its place in its trace.
pub fn context() -> Option<Context> {
    CURRENT.try_with(|span| span.as_ref().map(Active::context)).ok().flatten()
}

/// Begins a part of the span in hand, if any.
pub fn child(kind: Kind, name: &'static str) -> Option<Open> {
    current().map(|span| span.child(kind, name))
}

/// Notes something about the span in hand, if any.
pub fn set(name: &'static str, value: impl Into<Value>) {
    if let Some(span) = current() {
        span.set(name, value);
    }
}

/// The span in hand, if any, has failed.
pub fn fail(why: &str) {
    if let Some(span) = current() {
        span.fail(why);
    }
}

#[cfg(test)]
mod tests;
