//! Outcomes: one call of the worker is one change, and costs by the files it names, not by those of the job.

use std::collections::HashMap;

use super::{
    Redis,
    plan::{Ask, Plan, letter},
    scripts,
    transact::Read,
};
use crate::{
    clock::now_ms,
    entry::Entry,
    outcomes::{Changes, Report},
    store::{Error, JobNo},
};

impl Redis {
    pub(crate) async fn apply_report(&self, id: &str, report: Report) -> Result<Option<JobNo>, Error> {
        let Some(job) = self.number(id).await? else { return Ok(None) };
        let ask = Ask { number: job.0, files: report.file_ids(), ..Ask::default() };
        let decide = |read: &Read| {
            let named = ask.files.iter().zip(&read.files);
            let known: HashMap<&str, _> = named.filter_map(|(id, file)| Some((*id, (*file)?))).collect();
            let mut states = known.iter().map(|(id, (state, _))| ((*id).to_owned(), *state)).collect();
            let (mut after, mut changes) = (read.progress.clone(), Changes::default());
            report.clone().apply(&mut after, &mut states, &mut changes, now_ms());
            if changes.files.is_empty() && after == read.progress {
                return Ok((None, ()));
            }
            let mut plan = Plan::new(&read.progress, &after)?;
            for (id, file) in changes.files {
                let position = known.get(id.as_str()).map_or(-1, |(_, position)| *position);
                let why = file.failure.as_ref().map(serde_json::to_string).transpose()?.unwrap_or_default();
                plan.ended_files.push((id, position, letter(file.state), why));
            }
            plan.add_imported(&changes.imported, &after);
            Ok((Some(plan), ()))
        };
        Ok(self.transact(&ask, decide).await?.map(|()| job))
    }

    pub(crate) async fn stored_since(
        &self,
        id: &str,
        after: u64,
        at_most: u32,
    ) -> Result<Vec<(u64, Entry)>, Error> {
        // a number that no entry has, from a client that makes one up
        let after = after.min(u64::from(u32::MAX)).to_string();
        let (first, entries): (u64, Vec<String>) =
            self.run(&scripts::STORED_SINCE, &[id, &after, &at_most.to_string()]).await?;
        (first..).zip(entries).map(|(number, entry)| Ok((number, serde_json::from_str(&entry)?))).collect()
    }
}
