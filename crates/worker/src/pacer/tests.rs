//! The gate with real futures; the rules themselves are tested in `core`.

use std::sync::atomic::{AtomicU32, Ordering};

use futures::FutureExt;

use super::*;

fn refusal() -> Error {
    Error { reason: Reason::RateLimited, status: Some(429), message: String::new(), retry_after: None }
}

/// A probe that hangs until it is dropped.
async fn hang(started: Arc<Notify>) -> Result<(), Error> {
    started.notify_one();
    std::future::pending().await
}

/// Closes the gate, and returns the call that did it, which goes on by itself.
async fn close(pacer: &Pacer, refusals: u32) -> tokio::task::JoinHandle<Result<u32, Error>> {
    let refused = Arc::new(Notify::new());
    let (closing, seen) = (pacer.clone(), refused.clone());
    let call = tokio::spawn(async move {
        let tries = AtomicU32::new(0);
        let call = || async {
            let tries = tries.fetch_add(1, Ordering::Relaxed);
            seen.notify_one();
            if tries < refusals { Err(refusal()) } else { Ok(tries) }
        };
        closing.call(Cost::Download, call).await
    });
    refused.notified().await;
    call
}

#[tokio::test]
async fn a_call_that_is_refused_with_all_others_is_made_again() {
    let pacer = Pacer::new();
    let call = close(&pacer, 5).await;
    assert_eq!(call.await.unwrap(), Ok(5));
    assert!(pacer.pause().is_none());
}

#[tokio::test]
async fn a_call_that_is_refused_alone_is_told_so() {
    let pacer = Pacer::new();
    let call = close(&pacer, u32::MAX).await;
    let later = pacer.now() + Duration::from_secs(1);
    let Ask::Go(probe) = pacer.core().ask(later, 200) else { panic!("time for a probe") };
    pacer.core().succeeded(later, probe);
    pacer.gate.changed.notify_waiters();
    assert_eq!(call.await.unwrap(), Err(refusal()));
}

#[tokio::test]
async fn a_call_that_is_refused_for_ever_ends() {
    let call = close(&Pacer::new(), u32::MAX).await;
    assert_eq!(call.await.unwrap(), Err(refusal()));
}

#[tokio::test]
async fn probes_that_are_dropped_do_not_block_the_gate() {
    let pacer = Pacer::new();
    let call = close(&pacer, u32::MAX).await;
    call.abort();
    let mut probes = Vec::new();
    for _ in 0..8 {
        let (probing, started) = (pacer.clone(), Arc::new(Notify::new()));
        let seen = started.clone();
        probes.push(tokio::spawn(async move { probing.call(Cost::Download, || hang(seen.clone())).await }));
        started.notified().await;
    }
    probes.iter().for_each(tokio::task::JoinHandle::abort);
    assert_eq!(pacer.call(Cost::Record, || async { Ok(()) }).await, Ok(()));
    assert!(pacer.pause().is_none());
}

#[tokio::test]
async fn the_rest_of_a_download_does_not_wait_for_its_turn() {
    let pacer = Pacer::new();
    let _turn = pacer.gate.turn.lock().await;
    let first = pacer.call(Cost::Download, || async { Ok(()) });
    assert_eq!(first.now_or_never(), None);
    assert_eq!(pacer.call(Cost::Rest, || async { Ok(()) }).await, Ok(()));
}
