//! `kill -9` while a job is cancelled, and while an image is deleted: the job ends all the same, with exact counters, and
//! no object is left behind.

use std::collections::BTreeSet;

use client::import::JobState;
use tests::{
    Backend,
    audit::assert_counted,
    link::{Pattern, Point},
    long_run,
};

use super::{FILES, MOMENT, start};

/// Kills `victim` at `point` of the request by which import tells the worker that a job is cancelled.
async fn killed_while_cancelling(backend: Backend, victim: &'static str, point: Point) {
    let (mut stack, job_id, mut expected) = start(backend).await;
    stack.stored(20).await;
    let told = Pattern::beginning("POST", "/jobs/");
    let trap = stack.network.catch("import", "worker", told, point);
    let url = format!("{}/import/jobs/{job_id}/cancel", stack.api);
    let answer = stack.http.post(url).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 202);
    let caught = trap.caught(MOMENT).await.expect("the worker is told");
    let replica = if victim == "import" { caught.caller } else { caught.callee };
    stack.replica(victim, replica).kill();
    drop(caught);
    stack.replica(victim, replica).start_again();

    let job = stack.finished(&job_id).await;
    assert_eq!(job.state, Some(JobState::Cancelled));
    stack.all_ready().await;
    stack.assert_nothing_left_to_do().await;
    let job = stack.finished(&job_id).await;
    assert_counted(&job);
    assert!(job.total <= FILES as u64);
    let stored: BTreeSet<_> = stack.images().await.into_iter().map(|image| image.google_drive_id).collect();
    assert_eq!(
        job.processed.as_u64(),
        Some(stored.len() as u64),
        "{victim} at {point:?}: stored and counted"
    );
    expected.retain(|id, _| stored.contains(id));
    stack.assert_stored_exactly(&expected).await;
}

/// Kills `victim` at `point` of the request by which metadata has an object deleted.
async fn killed_while_deleting(backend: Backend, victim: &'static str, point: Point) {
    let (mut stack, job_id, mut expected) = start(backend).await;
    stack.finished(&job_id).await;
    let image = stack.images().await.remove(7);
    let trap = stack.network.catch("metadata", "storage", Pattern::exactly("POST", "/delete"), point);
    let url = format!("{}/images/{}", stack.api, image.id);
    let deleting = tokio::spawn(stack.http.delete(url.clone()).send());
    let caught = trap.caught(MOMENT).await.expect("storage is asked to delete");
    stack.process(victim).kill();
    drop(caught);
    stack.process(victim).start_again();
    stack.all_ready().await;
    let answered = deleting.await.expect("the client goes on").map(|answer| answer.status().as_u16());
    if !matches!(answered, Ok(200)) {
        // whoever got no answer asks again; it may be gone already
        let again = stack.http.delete(url).send().await.expect("an answer").status().as_u16();
        assert!(matches!(again, 200 | 404), "{again}");
    }
    expected.remove(&image.google_drive_id);
    stack.assert_stored_exactly(&expected).await;
}

/// Where the process that is killed may be.
const POINTS: [Point; 2] = [Point::Asked, Point::Answered];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_during_a_cancel_leave_nothing() {
    let backends = if long_run() { vec![Backend::Files, Backend::Servers] } else { vec![Backend::Servers] };
    for backend in backends {
        for point in POINTS {
            for victim in ["import", "worker"] {
                killed_while_cancelling(backend, victim, point).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_kills_during_a_delete_leave_nothing() {
    // a delete that a killed service had in hand is taken up after two minutes
    for backend in [Backend::Files, Backend::Servers] {
        for point in POINTS {
            for victim in ["metadata", "storage"] {
                killed_while_deleting(backend, victim, point).await;
            }
        }
    }
}
