//! Files of a job that are not stored: for the list of failures and for a retry.

use client::{drive::File, import::ImageFailure};

use super::{Redis, record, scripts};
use crate::{
    job::Progress,
    store::{Error, Failures, FailuresFrom, JobNo, failure_of},
};

/// Part of the failed, or of the cancelled files.
struct Part {
    progress: Progress,
    total: u64,
    /// Position, record, reason.
    files: Vec<(i64, String, Option<String>)>,
}

impl Redis {
    pub(crate) async fn failures(
        &self,
        id: &str,
        from: FailuresFrom,
        at_most: u32,
    ) -> Result<Option<Failures>, Error> {
        let Some(part) = self.unstored(id, "failed", from, at_most).await? else { return Ok(None) };
        let page = part
            .files
            .iter()
            .map(|(position, record, why)| Ok((*position, failure(record, why.as_deref(), &part.progress)?)));
        Ok(Some(Failures { total: part.total, page: page.collect::<Result<_, Error>>()? }))
    }

    pub(crate) async fn retryable(
        &self,
        id: &str,
        after: i64,
        at_most: u32,
    ) -> Result<Vec<(i64, File)>, Error> {
        let from = FailuresFrom::After(after);
        let failed = self.unstored(id, "failed", from, at_most).await?;
        let cancelled = self.unstored(id, "cancelled", from, at_most).await?;
        let mut files: Vec<_> =
            [failed, cancelled].into_iter().flatten().flat_map(|part| part.files).collect();
        files.sort_unstable_by_key(|(position, ..)| *position);
        files.truncate(at_most as usize);
        files.into_iter().map(|(position, record, _)| Ok((position, record::unpack(&record)?))).collect()
    }

    async fn unstored(
        &self,
        id: &str,
        kind: &str,
        from: FailuresFrom,
        at_most: u32,
    ) -> Result<Option<Part>, Error> {
        type Found = (i64, i64, String, u64, Vec<i64>, Vec<Option<String>>, Vec<Option<String>>);
        let (from, start) = match from {
            FailuresFrom::After(position) => ("after", position.to_string()),
            FailuresFrom::Offset(offset) => ("offset", offset.min(u64::from(u32::MAX)).to_string()),
        };
        loop {
            let found: Option<Found> =
                self.run(&scripts::UNSTORED, &[id, kind, from, &start, &at_most.to_string()]).await?;
            let Some((untidy, number, progress, total, positions, records, why)) = found else {
                return Ok(None);
            };
            // files that ended with their job are not among them yet
            if untidy == 1 {
                self.tidy_job(JobNo(number)).await?;
                continue;
            }
            let files = positions.into_iter().zip(records).zip(why);
            let files =
                files.filter_map(|((position, record), why)| Some((position, record?, why))).collect();
            return Ok(Some(Part { progress: serde_json::from_str(&progress)?, total, files }));
        }
    }
}

/// A failed file with its reason.
pub(super) fn failure(record: &str, why: Option<&str>, progress: &Progress) -> Result<ImageFailure, Error> {
    let file = record::unpack(record)?;
    let own = why.map(serde_json::from_str).transpose()?;
    Ok(ImageFailure {
        file_id: file.id,
        name: file.name.unwrap_or_default(),
        failure: failure_of(own, progress),
    })
}
