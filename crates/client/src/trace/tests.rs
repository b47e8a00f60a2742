//! Spans as they come out.

use super::*;

#[tokio::test]
async fn what_is_done_inside_a_span_is_a_part_of_it() {
    let (tracer, mut spans) = Tracer::new(Sampler::default(), 8);
    assert!(child(Kind::Client, "alone").is_none(), "there is no span in hand");
    let outer = tracer.start(Kind::Server, "outer", None);
    let work = async {
        let inner = child(Kind::Client, "inner").unwrap();
        inner.active().set("key", "first");
        inner.active().set("key", 7_u64);
        set("outcome", "x".repeat(300).as_str());
        fail("broken");
    };
    scope(Some(outer.active().clone()), work).await;
    drop(outer);
    let (inner, outer) = (spans.recv().await.unwrap(), spans.recv().await.unwrap());
    assert_eq!((&*inner.name, inner.parent), ("inner", Some(outer.context.span_id)));
    assert_eq!(inner.context.trace_id, outer.context.trace_id);
    assert_eq!(inner.attributes, [("key", Value::Number(7))]);
    assert_eq!(outer.attributes, [("outcome", Value::Text("x".repeat(256)))]);
    assert_eq!((outer.parent, outer.failure.as_deref()), (None, Some("broken")));
    assert!(outer.start <= inner.start && inner.end <= outer.end);
}

#[tokio::test]
async fn a_trace_that_nobody_keeps_is_passed_on_and_told_to_nobody() {
    let (tracer, mut spans) = Tracer::new(Sampler::named("parentbased_always_off", 1.0).unwrap(), 8);
    let outer = tracer.start(Kind::Server, "outer", None);
    let inner = outer.active().child(Kind::Client, "inner");
    assert_eq!(inner.active().context().trace_id, outer.active().context().trace_id);
    assert!(!inner.active().context().is_sampled && inner.active().context().for_logs().is_none());
    drop((inner, outer));
    assert!(spans.try_recv().is_err());
}

#[test]
fn who_takes_no_spans_keeps_nobody_waiting() {
    let (tracer, mut spans) = Tracer::new(Sampler::default(), 2);
    for _ in 0..5 {
        tracer.start(Kind::Internal, "one", None);
    }
    assert_eq!(tracer.dropped(), 3);
    assert!(spans.try_recv().is_ok() && spans.try_recv().is_ok() && spans.try_recv().is_err());
}

#[tokio::test]
async fn stored_work_belongs_to_the_span_that_its_request_names() {
    let (tracer, _spans) = Tracer::new(Sampler::default(), 8);
    let named = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(Origin::of_tasks(Some(named)).span, None, "without a tracer there is no trace");
    let request = tracer.start(Kind::Server, "request", None);
    let here = request.active().context();
    scope(Some(request.active().clone()), async {
        assert_eq!(Origin::of_tasks(Some(named)).span.map(|span| span.to_string()).as_deref(), Some(named));
        assert_eq!(Origin::of_tasks(Some("nonsense")).span, Some(here));
        let job = Origin::of_new_job();
        assert_eq!(job.parent, Some(here.span_id));
        assert!(job.span.is_some_and(|span| span.trace_id == here.trace_id && span.span_id != here.span_id));
    })
    .await;
}
