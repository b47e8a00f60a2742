//! The one writer. New rows that wait are made in one statement, other changes that wait are done in one transaction, and
//! all are answered when it is on disk: many writers cost one sync.

use futures::future::BoxFuture;
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{mpsc, oneshot};

use super::{
    super::{
        Result, StoreError,
        change::{Change, Outcome},
    },
    jobs::{self, Job, Pending, Work},
    rows::{self, Made, NewRow},
};
use crate::new_image::NewImage;

/// Most changes in one transaction.
const GROUP: usize = 128;
/// Changes that may wait before their requests do.
const WAITING: usize = 1024;

/// Hands changes to the writing task, which lives as long as its handles.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Waiting>,
}

/// What is to be written.
enum Waiting {
    /// A row that is new, as far as is known.
    Row(Box<NewRow>),
    /// Anything else.
    Job(Box<dyn Job>),
}

impl Writer {
    /// Starts the writing task. It connects when the first change comes.
    pub(super) fn start(options: SqliteConnectOptions) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        tokio::spawn(Writing { options, connection: None }.run(waiting));
        Self { queue }
    }

    /// Makes a row if nothing stands in its way; returns when it is on disk.
    pub(super) async fn make(&self, image: NewImage) -> Result<Made> {
        let (reply, answer) = oneshot::channel();
        self.wait_for(Waiting::Row(Box::new(NewRow { image, reply })), answer).await
    }

    /// Does one change; returns when it is on disk. It is done even when the caller does not wait for it.
    pub(super) async fn run<C: Change>(&self, change: C) -> Result<C::Done> {
        let (job, answer) = Pending::waiting(change);
        self.wait_for(Waiting::Job(job), answer).await
    }

    /// Does anything else that is written, likewise.
    pub(super) async fn write<T: Outcome>(
        &self,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (job, answer) = Work::waiting(Box::new(work));
        self.wait_for(Waiting::Job(job), answer).await
    }

    async fn wait_for<T>(&self, waiting: Waiting, answer: oneshot::Receiver<Result<T>>) -> Result<T> {
        let stopped = || StoreError::from(sqlx::Error::WorkerCrashed);
        self.queue.send(waiting).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

/// The writing task.
struct Writing {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
}

impl Writing {
    async fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        let mut group = Vec::with_capacity(GROUP);
        while waiting.recv_many(&mut group, GROUP).await > 0 {
            // whoever is about to ask comes along
            tokio::task::yield_now().await;
            while group.len() < GROUP
                && let Ok(more) = waiting.try_recv()
            {
                group.push(more);
            }
            let (mut rows, mut jobs) = (Vec::new(), Vec::new());
            for one in group.drain(..) {
                match one {
                    Waiting::Row(row) => rows.push(*row),
                    Waiting::Job(job) => jobs.push(job),
                }
            }
            self.make(rows).await;
            self.apply(jobs).await;
        }
    }

    async fn make(&mut self, rows: Vec<NewRow>) {
        if rows.is_empty() {
            return;
        }
        let done = match self.connected().await {
            Ok(connection) => rows::make(connection, rows).await,
            Err(error) => {
                for row in rows {
                    row.answer(Err(error.clone()));
                }
                return;
            }
        };
        self.forget_if(done.is_err());
    }

    async fn apply(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        if jobs.is_empty() {
            return;
        }
        let done = match self.connected().await {
            Ok(connection) => jobs::write(connection, &mut jobs).await,
            Err(error) => Err(error),
        };
        self.forget_if(done.is_err());
        for job in jobs {
            job.answer(done.clone());
        }
    }

    async fn connected(&mut self) -> Result<&mut SqliteConnection> {
        Ok(match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.options.connect().await?),
        })
    }

    /// Whatever is wrong with the connection, the next group gets a fresh one.
    fn forget_if(&mut self, has_failed: bool) {
        if has_failed {
            self.connection = None;
        }
    }
}
