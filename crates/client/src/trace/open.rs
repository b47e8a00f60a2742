//! A span under way.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use super::{Context, Kind, Span, Tracer, Value};

/// A span in hand: what belongs to it, and what is noted about it. Clones are one.
#[derive(Debug, Clone)]
pub struct Active {
    tracer: Tracer,
    context: Context,
    /// Nothing where it is not kept, or kept by somebody else; nothing inside once it has ended.
    span: Option<Arc<Mutex<Option<Span>>>>,
}

/// A span that ends when this is dropped.
#[derive(Debug)]
pub struct Open(Active);

impl Active {
    pub(super) fn new(tracer: Tracer, context: Context, span: Option<Span>) -> Self {
        Self { tracer, context, span: span.map(|span| Arc::new(Mutex::new(Some(span)))) }
    }

    /// Its place in its trace.
    pub fn context(&self) -> Context {
        self.context
    }

    /// Begins a part of it.
    pub fn child(&self, kind: Kind, name: &'static str) -> Open {
        self.tracer.start(kind, name, Some(self.context))
    }

    /// Notes something.
    pub fn set(&self, name: &'static str, value: impl Into<Value>) {
        self.change(|span| span.set(name, value));
    }

    /// Gives it another name, one of few.
    pub fn rename(&self, name: impl Into<Cow<'static, str>>) {
        self.change(|span| span.name = name.into());
    }

    /// It was answered with this status of HTTP. From 500 on it has failed: the others are somebody's right answer.
    pub fn answered(&self, status: u16) {
        self.set("http.response.status_code", status);
        if status >= 500 {
            self.fail("");
        }
    }

    /// It has failed.
    pub fn fail(&self, why: &str) {
        self.change(|span| span.fail(why));
    }

    fn change(&self, change: impl FnOnce(&mut Span)) {
        if let Some(span) = &self.span
            && let Some(span) = &mut *span.lock().unwrap_or_else(PoisonError::into_inner)
        {
            change(span);
        }
    }
}

impl Open {
    pub(super) fn new(span: Active) -> Self {
        Self(span)
    }

    /// Itself, for what belongs to it.
    pub fn active(&self) -> &Active {
        &self.0
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(span) = &self.0.span else { return };
        let ended = span.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut span) = ended {
            span.end = SystemTime::now();
            self.0.tracer.hand_over(span);
        }
    }
}
