//! Reports that come while a transaction runs go into the next one together: a commit costs the same for one as for many,
//! and nobody waits for company.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::{Sqlite, reports::apply_all};
use crate::{
    outcomes::Report,
    store::{Error, JobNo},
};

/// What becomes of a report.
type Applied = Result<Option<JobNo>, Error>;

/// Reports that wait for the transaction that runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Together(Arc<Mutex<Vec<Waiting>>>);

#[derive(Debug)]
struct Waiting {
    id: String,
    report: Report,
    answer: oneshot::Sender<Applied>,
}

impl Together {
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.waiting().len()
    }
}

impl Sqlite {
    /// Applies a report in one transaction with all that come before it begins.
    pub(super) async fn together(&self, id: String, report: Report) -> Applied {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = self.together.waiting();
            waiting.push(Waiting { id, report, answer });
            waiting.len() == 1
        };
        if is_first {
            let store = self.clone();
            // whoever is first may hang up: the others must not
            tokio::spawn(async move { store.apply_waiting().await });
        }
        answered.await.unwrap_or(Err(Error::Closing))
    }

    async fn apply_waiting(&self) {
        // others join until it is this one's turn to write
        let begun = self.write().await;
        let waiting = std::mem::take(&mut *self.together.waiting());
        let (reports, answers): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|one| ((one.id, one.report), one.answer)).unzip();
        let applied = match begun {
            Ok(transaction) => apply_all(transaction, &reports).await,
            Err(error) => Err(error),
        };
        match applied {
            Ok(jobs) => answers.into_iter().zip(jobs).for_each(|(answer, job)| tell(answer, Ok(job))),
            Err(error) if is_by_content(&error) && reports.len() > 1 => {
                tracing::debug!(error = %service::error::chain(&error), "apply reports one by one");
                for (answer, report) in answers.into_iter().zip(reports) {
                    // the fault of one is not that of the others
                    tell(answer, self.apply_alone(report).await);
                }
            }
            // one by one, each would wait in its turn; and if it was the answer of the commit that got lost, count twice
            Err(error) => {
                let error = Arc::new(error);
                for answer in answers {
                    tell(answer, Err(Error::Together(error.clone())));
                }
            }
        }
    }

    async fn apply_alone(&self, report: (String, Report)) -> Applied {
        let jobs = apply_all(self.write().await?, &[report]).await?;
        Ok(jobs.into_iter().next().flatten())
    }
}

/// True when the same will fail again, and other reports need not: what is stored cannot be read, a general error, too
/// long, a constraint, a wrong type.
fn is_by_content(error: &Error) -> bool {
    use sqlx::Error::{ColumnDecode, Database, Decode, Encode};
    match error {
        Error::Content(_) | Error::Database(ColumnDecode { .. } | Decode(_) | Encode(_)) => true,
        Error::Database(Database(error)) => {
            let primary = error.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
            matches!(primary, Some(1 | 18 | 19 | 20))
        }
        _ => false,
    }
}

fn tell(answer: oneshot::Sender<Applied>, applied: Applied) {
    // whoever asked may be gone
    let _ = answer.send(applied);
}
