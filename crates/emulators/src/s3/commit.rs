//! The only writer of the index. Changes that arrive while a commit is on its way to the disk wait and then share the
//! next one, so that many small objects cost few disk flushes.

use std::{fs::File, sync::Arc};

use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{
    blob::{Blobs, NewBlob},
    change::Change,
    object::Segment,
    receive::blocking,
    refusal::Refusal,
};

/// The most changes of one transaction.
const BATCH: usize = 512;
/// The most changes that wait; whoever comes then waits to be let in.
const WAITING: usize = 1024;

type Outcome = Result<(), Refusal>;

enum Message {
    Commit(Box<Job>),
    Close(oneshot::Sender<()>),
}

struct Job {
    change: Change,
    /// Kept when the change holds, removed when it does not, even if nobody waits for the answer any more.
    blobs: Vec<NewBlob>,
    answer: oneshot::Sender<Outcome>,
}

/// A handle to the writer.
#[derive(Debug, Clone)]
pub(super) struct Committer {
    messages: mpsc::Sender<Message>,
}

impl Committer {
    /// Starts the writer. `lock` is held until it ends.
    pub(super) fn start(db: SqliteConnection, blobs: Blobs, lock: File) -> Self {
        let (messages, inbox) = mpsc::channel(WAITING);
        tokio::spawn(Writer { db, blobs, lock }.run(inbox));
        Self { messages }
    }

    /// Makes a change, with the blobs that it names. When this answers, the change is on the disk.
    pub(super) async fn commit(&self, change: Change, blobs: Vec<NewBlob>) -> Outcome {
        let (answer, answered) = oneshot::channel();
        let sent = self.messages.send(Message::Commit(Box::new(Job { change, blobs, answer }))).await;
        sent.map_err(|_| Refusal::Internal(anyhow::anyhow!("the store is closed")))?;
        answered.await.unwrap_or_else(|_| Err(Refusal::Internal(anyhow::anyhow!("the store was closed"))))
    }

    /// Whether there is a writer to commit to.
    pub(super) fn is_alive(&self) -> bool {
        !self.messages.is_closed()
    }

    /// Commits what waits, then closes the index.
    pub(super) async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.messages.send(Message::Close(closed)).await.is_ok() {
            // an error means that the writer is gone already
            let _ = done.await;
        }
    }
}

struct Writer {
    db: SqliteConnection,
    blobs: Blobs,
    lock: File,
}

impl Writer {
    async fn run(mut self, mut inbox: mpsc::Receiver<Message>) {
        let mut closing = None;
        let mut messages = Vec::new();
        while closing.is_none() && inbox.recv_many(&mut messages, BATCH).await > 0 {
            let mut batch: Vec<Job> = Vec::new();
            for message in messages.drain(..) {
                match message {
                    Message::Commit(job) => batch.push(*job),
                    Message::Close(closed) => closing = Some(closed),
                }
            }
            self.commit(batch).await;
        }
        if let Err(error) = self.db.close().await {
            tracing::warn!(%error, "closing the object index");
        }
        drop(self.lock);
        if let Some(closed) = closing {
            // nobody waits any more: as good
            let _ = closed.send(());
        }
    }

    async fn commit(&mut self, batch: Vec<Job>) {
        if batch.is_empty() {
            return;
        }
        let (changes, blobs): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|job| ((job.change, job.answer), job.blobs)).unzip();
        let blobs = match self.sync_names(blobs).await {
            Ok(blobs) => blobs,
            Err(refusal) => return refuse_all(changes, &refusal),
        };
        match apply_all(&mut self.db, &changes).await {
            Ok(outcomes) => self.answer(changes, blobs, outcomes),
            Err(refusal) => refuse_all(changes, &refusal),
        }
    }

    async fn sync_names(&self, blobs: Vec<Vec<NewBlob>>) -> Result<Vec<Vec<NewBlob>>, Refusal> {
        let store = self.blobs.clone();
        blocking(move || {
            store.sync_names(blobs.iter().flatten())?;
            Ok(blobs)
        })
        .await
    }

    fn answer(
        &self,
        changes: Vec<(Change, oneshot::Sender<Outcome>)>,
        blobs: Vec<Vec<NewBlob>>,
        outcomes: Vec<Result<Vec<Segment>, Refusal>>,
    ) {
        let mut garbage = Vec::new();
        for (((_, answer), blobs), outcome) in changes.into_iter().zip(blobs).zip(outcomes) {
            let outcome = outcome.map(|released| {
                blobs.into_iter().for_each(NewBlob::keep);
                garbage.extend(released);
            });
            // whoever asked may have hung up
            let _ = answer.send(outcome);
        }
        if !garbage.is_empty() {
            let store = self.blobs.clone();
            tokio::task::spawn_blocking(move || store.remove(&garbage));
        }
    }
}

/// Applies every change in one transaction. A refused change leaves nothing behind and does not harm the others; an
/// error of the index undoes all.
async fn apply_all(
    db: &mut SqliteConnection,
    changes: &[(Change, oneshot::Sender<Outcome>)],
) -> Result<Vec<Result<Vec<Segment>, Refusal>>, Refusal> {
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await?;
    let mut outcomes = Vec::with_capacity(changes.len());
    for (change, _) in changes {
        let mut savepoint = transaction.begin().await?;
        let outcome = change.apply(&mut savepoint).await;
        match outcome {
            Ok(_) => savepoint.commit().await?,
            Err(Refusal::Internal(error)) => return Err(Refusal::Internal(error)),
            Err(_) => savepoint.rollback().await?,
        }
        outcomes.push(outcome);
    }
    transaction.commit().await?;
    Ok(outcomes)
}

fn refuse_all(changes: Vec<(Change, oneshot::Sender<Outcome>)>, refusal: &Refusal) {
    let cause = match refusal {
        Refusal::Internal(error) => format!("{error:#}"),
        other => other.to_string(),
    };
    let cause: Arc<str> = cause.into();
    for (_, answer) in changes {
        let _ = answer.send(Err(Refusal::Internal(anyhow::anyhow!("commit to the object index: {cause}"))));
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use bytes::Bytes;
    use futures::stream;
    use http::HeaderMap;

    use super::{super::store::Store, Change, Refusal};
    use crate::s3::{
        access::Acl,
        change::Place,
        conditions::WriteCondition,
        expected::Expected,
        object::{Details, Object, now},
        receive::Received,
    };

    const BUCKET: &str = "bucket";

    fn place(key: &str) -> Place {
        Place { bucket: BUCKET.to_owned(), key: key.to_owned() }
    }

    async fn blob(store: &Store, bytes: &'static str) -> Received {
        let body = stream::iter([Ok::<_, io::Error>(Bytes::from(bytes))]);
        store.receive(body, Expected::nothing()).await.unwrap()
    }

    #[tokio::test]
    async fn a_refused_change_leaves_nothing_and_harms_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        store.change(Change::CreateBucket(BUCKET.to_owned())).await.unwrap();
        let upload = store.create_upload(place("big"), &HeaderMap::new(), Acl::Private).await.unwrap();
        let old = blob(&store, "old").await;
        let assembled = Object {
            size: 3,
            etag: "etag-1".to_owned(),
            modified: now(),
            details: Details { segments: vec![old.segment()], ..Details::default() },
        };
        store.put_part(place("big"), upload.id.clone(), 1, old).await.unwrap();
        let new = blob(&store, "new").await;
        store.put_part(place("big"), upload.id.clone(), 1, new).await.unwrap();

        let outdated = Change::CompleteUpload {
            at: place("big"),
            upload: upload.id.clone(),
            object: assembled,
            condition: WriteCondition::default(),
        };
        let other = blob(&store, "other").await;
        let (refused, stored) = tokio::join!(
            store.change(outdated),
            store.put(place("other"), other, Details::default(), WriteCondition::default()),
        );
        assert!(matches!(refused, Err(Refusal::InvalidPart)));
        stored.unwrap();
        assert_eq!(store.index.parts(&upload.id, 0, 10).await.unwrap().len(), 1);
        assert!(matches!(store.index.object(BUCKET, "big").await, Err(Refusal::NoSuchKey)));
        assert_eq!(store.index.object(BUCKET, "other").await.unwrap().size, 5);
        store.close().await;
    }

    #[tokio::test]
    async fn a_closed_store_refuses_and_keeps_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        store.change(Change::CreateBucket(BUCKET.to_owned())).await.unwrap();
        let late = blob(&store, "late").await;
        store.close().await;
        assert!(!store.is_healthy().await);
        let put = store.put(place("late"), late, Details::default(), WriteCondition::default()).await;
        assert!(matches!(put, Err(Refusal::Internal(_))));
        let parts = std::fs::read_dir(directory.path().join("objects")).unwrap();
        let files: usize = parts.map(|part| std::fs::read_dir(part.unwrap().path()).unwrap().count()).sum();
        assert_eq!(files, 0);
    }
}
