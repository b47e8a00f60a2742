//! Changes of any kind that wait to be written: a group in one transaction, each under a savepoint of its own.

use futures::future::BoxFuture;
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};
use tokio::sync::oneshot;

use super::{
    super::{
        Result,
        change::{Change, Outcome},
    },
    steps::SqliteSteps,
};

/// Does a group in one transaction.
pub(super) async fn write(connection: &mut SqliteConnection, group: &mut [Box<dyn Job>]) -> Result<()> {
    // at once a writer: a transaction that began as a reader may be refused later
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for job in group {
        job.apply(&mut transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// A change of any kind that waits.
pub(super) trait Job: Send {
    /// Does it under a savepoint. An error is one of the transaction; its own is kept for its answer.
    fn apply<'a>(&'a mut self, transaction: &'a mut Transaction<'_, Sqlite>) -> BoxFuture<'a, Result<()>>;
    /// Answers whoever waits; `written` is how the transaction ended.
    fn answer(self: Box<Self>, written: Result<()>);
}

/// A change that follows rules.
pub(super) struct Pending<C: Change> {
    change: C,
    done: Option<Result<C::Done>>,
    reply: oneshot::Sender<Result<C::Done>>,
}

impl<C: Change> Pending<C> {
    /// A job, and where it is answered.
    pub(super) fn waiting(change: C) -> (Box<dyn Job>, oneshot::Receiver<Result<C::Done>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { change, done: None, reply }), answer)
    }
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
pub(super) type Once<T> =
    Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T>> + Send>;

/// Anything else.
pub(super) struct Work<T> {
    todo: Option<Once<T>>,
    done: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Outcome> Work<T> {
    /// A job, and where it is answered.
    pub(super) fn waiting(todo: Once<T>) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { todo: Some(todo), done: None, reply }), answer)
    }
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
