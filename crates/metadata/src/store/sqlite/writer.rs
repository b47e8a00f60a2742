//! The one writer. Changes that wait are done in one transaction, each under a savepoint of its own, and answered when
//! it is on disk: many writers cost one sync.

use futures::future::BoxFuture;
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, Transaction, sqlite::SqliteConnectOptions};
use tokio::sync::{mpsc, oneshot};

use super::{
    super::{
        Result, StoreError,
        change::{Change, Outcome},
    },
    steps::SqliteSteps,
};

/// Most changes in one transaction.
const GROUP: usize = 128;
/// Changes that may wait before their requests do.
const WAITING: usize = 1024;

/// Hands changes to the writing task, which lives as long as its handles.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the writing task. It connects when the first change comes.
    pub(super) fn start(options: SqliteConnectOptions) -> Self {
        let (queue, mut waiting) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut connection = None;
            let mut group = Vec::with_capacity(GROUP);
            while waiting.recv_many(&mut group, GROUP).await > 0 {
                let done = write(&options, &mut connection, &mut group).await;
                if done.is_err() {
                    // whatever is wrong with it, the next group gets a fresh one
                    connection = None;
                }
                for job in group.drain(..) {
                    job.answer(done.clone());
                }
            }
        });
        Self { queue }
    }

    /// Does one change; returns when it is on disk. It is done even when the caller does not wait for it.
    pub(super) async fn run<C: Change>(&self, change: C) -> Result<C::Done> {
        let (reply, answer) = oneshot::channel();
        self.wait_for(Box::new(Pending { change, done: None, reply }), answer).await
    }

    /// Does anything else that is written, likewise.
    pub(super) async fn write<T: Outcome>(
        &self,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.wait_for(Box::new(Work { todo: Some(Box::new(work)), done: None, reply }), answer).await
    }

    async fn wait_for<T>(&self, job: Box<dyn Job>, answer: oneshot::Receiver<Result<T>>) -> Result<T> {
        let stopped = || StoreError::from(sqlx::Error::WorkerCrashed);
        self.queue.send(job).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

/// Does a group in one transaction.
async fn write(
    options: &SqliteConnectOptions,
    connection: &mut Option<SqliteConnection>,
    group: &mut [Box<dyn Job>],
) -> Result<()> {
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(options.connect().await?),
    };
    // at once a writer: a transaction that began as a reader may be refused later
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for job in group {
        job.apply(&mut transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// A change of any kind that waits.
trait Job: Send {
    /// Does it under a savepoint. An error is one of the transaction; its own is kept for its answer.
    fn apply<'a>(&'a mut self, transaction: &'a mut Transaction<'_, Sqlite>) -> BoxFuture<'a, Result<()>>;
    /// Answers whoever waits; `written` is how the transaction ended.
    fn answer(self: Box<Self>, written: Result<()>);
}

struct Pending<C: Change> {
    change: C,
    done: Option<Result<C::Done>>,
    reply: oneshot::Sender<Result<C::Done>>,
}

impl<C: Change> Job for Pending<C> {
    fn apply<'a>(&'a mut self, transaction: &'a mut Transaction<'_, Sqlite>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut savepoint = transaction.begin().await?;
            let done = self.change.apply(&mut SqliteSteps { connection: &mut savepoint }).await;
            end(savepoint, is_kept(&done)).await?;
            self.done = Some(done);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, written: Result<()>) {
        // nobody waits any more: the change stands all the same
        let _ = self.reply.send(outcome(written, self.done));
    }
}

/// Something of one kind, done once.
type Once<T> = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T>> + Send>;

struct Work<T> {
    todo: Option<Once<T>>,
    done: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Outcome> Job for Work<T> {
    fn apply<'a>(&'a mut self, transaction: &'a mut Transaction<'_, Sqlite>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Some(work) = self.todo.take() else { return Ok(()) };
            let mut savepoint = transaction.begin().await?;
            let done = work(&mut savepoint).await;
            end(savepoint, is_kept(&done)).await?;
            self.done = Some(done);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, written: Result<()>) {
        let _ = self.reply.send(outcome(written, self.done));
    }
}

fn is_kept<T: Outcome>(done: &Result<T>) -> bool {
    done.as_ref().is_ok_and(Outcome::is_to_be_kept)
}

/// Keeps what was done, or leaves nothing of it.
async fn end(savepoint: Transaction<'_, Sqlite>, is_kept: bool) -> Result<()> {
    if is_kept {
        savepoint.commit().await?;
    } else {
        savepoint.rollback().await?;
    }
    Ok(())
}

fn outcome<T>(written: Result<()>, done: Option<Result<T>>) -> Result<T> {
    match (written, done) {
        (Ok(()), Some(done)) => done,
        (Err(error), _) => Err(error),
        (Ok(()), None) => Err(sqlx::Error::WorkerCrashed.into()),
    }
}
