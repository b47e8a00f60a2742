//! The bytes of an object on their way out.

use std::time::Duration;

use axum::body::Body;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::timeout,
};
use tracing::Instrument as _;

use crate::bucket::{FedBody, Reading};

/// A body that ends where the object does, or not at all: when S3 breaks off, so does the connection to the client.
///
/// One piece is ahead of the client, however slow it is. `turn` is given back at the end, also when the client takes
/// nothing for `silence`.
pub(super) fn body(mut reading: Reading, turn: OwnedSemaphorePermit, silence: Duration) -> Body {
    let (pieces, fed) = mpsc::channel(1);
    let body = FedBody::new(fed, reading.left());
    let work = async move {
        let _turn = turn;
        loop {
            let piece = tokio::select! {
                piece = reading.next() => piece,
                () = pieces.closed() => return,
            };
            match piece {
                Ok(Some(piece)) => {
                    if !matches!(timeout(silence, pieces.send(piece)).await, Ok(Ok(()))) {
                        return;
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(error = %error, "an object broke off while it was read");
                    return;
                }
            }
        }
    };
    // a task of its own: a body that nobody polls could not give its turn back
    tokio::spawn(work.in_current_span());
    Body::new(body)
}
