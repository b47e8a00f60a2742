//! Outcomes: one call of the worker is one change, and costs by the files it names, not by those of the job.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    Redis,
    plan::{Ask, Plan, letter},
    scripts,
    transact::Read,
};
use crate::{
    clock::now_ms,
    job::MAX_IMPORTED,
    outcomes::{Changes, Report},
    store::{Error, JobNo},
};

impl Redis {
    pub(crate) async fn apply_report(&self, id: &str, report: &Report) -> Result<Option<JobNo>, Error> {
        let Some(job) = self.number(id).await? else { return Ok(None) };
        let ask = Ask { number: job.0, files: report.file_ids(), ..Ask::default() };
        let decide = |read: &Read| {
            let named = ask.files.iter().zip(&read.files);
            let known: HashMap<&str, _> = named.filter_map(|(id, file)| Some((*id, (*file)?))).collect();
            let states = known.iter().map(|(id, (state, _))| ((*id).to_owned(), *state)).collect();
            let mut after = read.progress.clone();
            let Changes { files, imported } = report.clone().apply(&mut after, &states, now_ms());
            if files.is_empty() && after == read.progress {
                return Ok((None, ()));
            }
            let mut plan = Plan::new(&read.progress, &after)?;
            for file in files {
                let position = known.get(file.file_id.as_str()).map_or(-1, |(_, position)| *position);
                let why = file.failure.as_ref().map(serde_json::to_string).transpose()?.unwrap_or_default();
                plan.ended_files.push((file.file_id, position, letter(file.state), why));
            }
            if !imported.is_empty() {
                let kept = imported.len().min(usize::try_from(MAX_IMPORTED).unwrap_or(usize::MAX));
                plan.imported = imported[imported.len() - kept..].iter().map(Value::to_string).collect();
                plan.set.insert("imported", after.imported.to_string());
            }
            Ok((Some(plan), ()))
        };
        Ok(self.transact(&ask, decide).await?.map(|()| job))
    }

    pub(crate) async fn stored_since(
        &self,
        id: &str,
        after: u64,
        at_most: u32,
    ) -> Result<Vec<(u64, Value)>, Error> {
        // a number that no entry has, from a client that makes one up
        let after = after.min(u64::from(u32::MAX)).to_string();
        let (first, entries): (u64, Vec<String>) =
            self.run(&scripts::STORED_SINCE, &[id, &after, &at_most.to_string()]).await?;
        (first..).zip(entries).map(|(number, entry)| Ok((number, serde_json::from_str(&entry)?))).collect()
    }
}
