//! Where stored work comes from: the id of the request that brought it, and its place in a trace. Both stand in one text,
//! `<request id>[ <traceparent>[ <parent of that span>]]`, where before there was only the first: old rows have no trace,
//! and an older program that reads a new one takes another request id and nothing else.

use super::{Context, context::hex};
use crate::request_id;

/// Where stored work comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The request that brought it.
    pub request_id: Option<String>,
    /// The span that it belongs to.
    pub span: Option<Context>,
    /// The parent of that span, where it is told only at its end.
    pub parent: Option<u64>,
}

impl Origin {
    /// Of a job that the request in hand starts: a span of its own, which whoever ends the job tells.
    pub fn of_new_job() -> Self {
        let here = super::context();
        Self {
            request_id: request_id::current(),
            span: here.map(Context::child),
            parent: here.map(|here| here.span_id),
        }
    }

    /// Of tasks that the request in hand brings. They belong to the span that it names, or else to its own. Without a
    /// tracer they belong to none.
    pub fn of_tasks(named: Option<&str>) -> Self {
        let named = || named.and_then(Context::parse);
        let span = super::context().map(|here| named().unwrap_or(here));
        Self { request_id: request_id::current(), span, parent: None }
    }

    /// Reads what was stored.
    pub fn parse(text: Option<&str>) -> Self {
        let mut words = text.unwrap_or_default().split(' ');
        let request_id = words.next().filter(|id| !id.is_empty()).map(str::to_owned);
        let span = words.next().and_then(Context::parse);
        let parent = words.next().and_then(|id| hex(id, 16)).and_then(|id| u64::try_from(id).ok());
        Self { request_id, span, parent }
    }

    /// As it is stored, if there is anything.
    pub fn into_text(self) -> Option<String> {
        let Some(span) = self.span else { return self.request_id };
        let id = request_id::accept(self.request_id.as_deref());
        let parent = self.parent.map(|parent| format!(" {parent:016x}")).unwrap_or_default();
        Some(format!("{id} {span}{parent}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_again_and_old_rows_have_no_trace() {
        let span = Context { trace_id: 7, span_id: 8, is_sampled: true };
        for origin in [
            Origin::default(),
            Origin { request_id: Some("r-1".into()), ..Origin::default() },
            Origin { request_id: Some("r-1".into()), span: Some(span), parent: None },
            Origin { request_id: Some("r-1".into()), span: Some(span), parent: Some(9) },
        ] {
            let text = origin.clone().into_text();
            assert_eq!(Origin::parse(text.as_deref()), origin, "{text:?}");
        }
        assert_eq!(Origin::parse(Some("")), Origin::default());
        let damaged = Origin::parse(Some("r-1 nonsense 12"));
        assert_eq!((damaged.request_id.as_deref(), damaged.span), (Some("r-1"), None));
        let nameless = Origin { request_id: None, span: Some(span), parent: None };
        assert_eq!(Origin::parse(nameless.into_text().as_deref()).span, Some(span));
    }

    #[test]
    fn an_older_program_takes_another_request_id() {
        let span = Some(Context { trace_id: 7, span_id: 8, is_sampled: true });
        let text = Origin { request_id: Some("r-1".into()), span, parent: Some(9) }.into_text().unwrap();
        assert!(!request_id::is_safe(&text), "{text}");
    }
}
