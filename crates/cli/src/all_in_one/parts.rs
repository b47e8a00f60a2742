//! The parts of a running system, in the order in which they stop.

use std::future::Future;

use service::{Shutdown, shutdown::DRAIN};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
};

use crate::output;

/// All parts.
#[derive(Debug)]
pub(crate) struct Parts {
    stages: Vec<Stage>,
    ended: Mutex<mpsc::UnboundedReceiver<anyhow::Error>>,
    report: mpsc::UnboundedSender<anyhow::Error>,
}

/// Parts that stop together.
#[derive(Debug)]
pub(crate) struct Stage {
    stop: Shutdown,
    tasks: Vec<JoinHandle<()>>,
    report: mpsc::UnboundedSender<anyhow::Error>,
}

impl Parts {
    /// None yet.
    pub(crate) fn new() -> Self {
        let (report, ended) = mpsc::unbounded_channel();
        Self { stages: Vec::new(), ended: Mutex::new(ended), report }
    }

    /// A new stage, which stops after all earlier ones.
    pub(crate) fn stage(&mut self) -> &mut Stage {
        let stage = Stage { stop: Shutdown::new(), tasks: Vec::new(), report: self.report.clone() };
        self.stages.push(stage);
        let last = self.stages.len() - 1;
        &mut self.stages[last]
    }

    /// Waits until a part ends that was not told to.
    pub(crate) async fn failure(&self) -> anyhow::Error {
        match self.ended.lock().await.recv().await {
            Some(error) => error,
            // there is always one sender: our own
            None => std::future::pending().await,
        }
    }

    /// Stops stage by stage. Waiting ends after a bounded time: what is not done by then goes on at the next start.
    pub(crate) async fn stop(mut self) {
        let in_order = async {
            for stage in &mut self.stages {
                stage.stop.stop();
                for task in &mut stage.tasks {
                    // a part that panicked has stopped as well
                    let _ = task.await;
                }
            }
        };
        if tokio::time::timeout(DRAIN, in_order).await.is_err() {
            output::say("Some work had not ended in time; it goes on at the next start.");
        }
    }
}

impl Stage {
    /// Runs a part. It gets its own way to be stopped: what it waits for at its end is its own work only.
    pub(crate) fn serve<Run, Running>(&mut self, name: &'static str, run: Run) -> &mut Self
    where
        Run: FnOnce(Shutdown) -> Running,
        Running: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let (own, stage, report) = (Shutdown::new(), self.stop.clone(), self.report.clone());
        let stop = own.clone();
        let part = tokio::spawn(run(own));
        self.tasks.push(tokio::spawn(async move {
            let mut part = part;
            let ended = tokio::select! {
                ended = &mut part => ended,
                () = stage.stopping() => {
                    stop.stop();
                    part.await
                }
            };
            let error = match ended {
                Ok(Ok(())) if stage.is_stopping() => return,
                Ok(Ok(())) => anyhow::anyhow!("the {name} ended by itself"),
                Ok(Err(error)) => error.context(format!("the {name} failed")),
                Err(error) => anyhow::Error::new(error).context(format!("the {name} failed")),
            };
            // nobody listens any more once everything stops
            let _ = report.send(error);
        }));
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn stages_stop_one_after_the_other() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let part = |name: &'static str| {
            let order = Arc::clone(&order);
            move |stop: Shutdown| async move {
                stop.stopping().await;
                tokio::task::yield_now().await;
                order.lock().unwrap().push(name);
                Ok(())
            }
        };
        let mut parts = Parts::new();
        parts.stage().serve("one", part("one"));
        parts.stage().serve("two", part("two"));
        parts.stage().serve("three", part("three"));
        parts.stop().await;
        assert_eq!(*order.lock().unwrap(), ["one", "two", "three"]);
    }

    #[tokio::test]
    async fn a_part_that_fails_is_named() {
        let mut parts = Parts::new();
        parts.stage().serve("fine", |stop| async move {
            stop.stopping().await;
            Ok(())
        });
        parts.stage().serve("worker", |_| async { anyhow::bail!("disk full") });
        assert_eq!(format!("{:#}", parts.failure().await), "the worker failed: disk full");
        parts.stop().await;
    }
}
