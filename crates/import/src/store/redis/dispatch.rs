//! Files on their way to the worker.

use std::time::Duration;

use super::{
    Redis,
    plan::{Ask, Plan},
    record, scripts,
    transact::Read,
};
use crate::{
    file_state::FileState,
    store::{Batch, Error, Held, JobNo},
};

impl Redis {
    pub(crate) async fn next_batch(&self, job: JobNo, at_most: usize) -> Result<Option<Batch>, Error> {
        let arguments = [job.0.to_string(), at_most.to_string()];
        loop {
            let (more, positions, records): (i64, Vec<i64>, Vec<String>) =
                self.run(&scripts::NEXT_BATCH, &arguments.each_ref().map(String::as_str)).await?;
            if let (Some(&first), Some(&last)) = (positions.first(), positions.last()) {
                let files = records.iter().map(|record| record::unpack(record)).collect::<Result<_, _>>()?;
                return Ok(Some(Batch { first, last, files }));
            }
            if more == 0 {
                return Ok(None);
            }
        }
    }

    pub(crate) async fn mark_sent(&self, held: &Held, batch: &Batch, names_files: bool) -> Result<(), Error> {
        let files = batch.files.iter().map(|file| file.id.as_str()).collect();
        let ask = Ask { number: held.job.0, held: Some(held.into()), files, ..Ask::default() };
        let decide = |read: &Read| {
            // an outcome may have been faster than this: such a file is no longer pending
            let is_pending = |file: &(FileState, i64)| file.0 == FileState::Pending;
            let sent: Vec<i64> =
                read.files.iter().flatten().filter(|file| is_pending(file)).map(|file| file.1).collect();
            let mut after = read.progress.clone();
            after.sent(sent.len() as u64);
            let mut plan = Plan::new(&read.progress, &after)?;
            plan.set.insert("names_files", i32::from(names_files).to_string());
            // what is pending from here on is later in the listing
            plan.sent_until = (after.end.is_none()).then_some(batch.last + 1);
            plan.sent = sent;
            Ok((Some(plan), ()))
        };
        self.transact(&ask, decide).await?.ok_or(Error::LeaseLost)
    }

    pub(crate) async fn take_back(
        &self,
        held: &Held,
        sent_for: Duration,
        forget_anonymous: bool,
    ) -> Result<u64, Error> {
        let sent_for = i64::try_from(sent_for.as_millis()).unwrap_or(i64::MAX / 2);
        let ask =
            Ask { number: held.job.0, held: Some(held.into()), sent_for: Some(sent_for), ..Ask::default() };
        let mut sum = 0;
        loop {
            let forget_anonymous = forget_anonymous && sum == 0;
            let decide = |read: &Read| {
                let taken = read.overdue.len() as u64;
                if taken == 0 || read.progress.end.is_some() {
                    return Ok((None, 0));
                }
                let mut after = read.progress.clone();
                after.taken_back(taken);
                if forget_anonymous {
                    after.forget_anonymous();
                }
                let plan = Plan { again: read.overdue.clone(), ..Plan::new(&read.progress, &after)? };
                Ok((Some(plan), taken))
            };
            let taken = self.transact(&ask, decide).await?.ok_or(Error::LeaseLost)?;
            sum += taken;
            if taken == 0 {
                return Ok(sum);
            }
        }
    }
}
