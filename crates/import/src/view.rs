//! A job as the outside sees it: one shape for the list, the job itself and its events. Pure.

use client::{
    drive::DriveRef,
    import::{self as wire, ListingState},
};
use url::Url;

use crate::{
    clock::rfc3339,
    job::{Listing, Progress},
    store::Job,
};

/// The job as it is at `now_ms`.
pub(crate) fn job(job: &Job, now_ms: i64) -> wire::Job {
    let progress = &job.progress;
    let state = progress.state(now_ms);
    let wait = progress.waits_at(now_ms);
    let pace = Pace::of(job, now_ms);
    wire::Job {
        job_id: job.id.clone(),
        state,
        status: status(state).to_owned(),
        listing: match progress.listing {
            Listing::Open => ListingState::InProgress,
            Listing::Done => ListingState::Done,
            Listing::Broken => ListingState::Broken,
        },
        folder_id: job.folder.id.as_str().to_owned(),
        folder_name: job.folder_name.clone(),
        folder_url: folder_url(&job.folder),
        recursive: job.recursive,
        retry_of: job.retry_of.clone(),
        created_at: rfc3339(job.created_at_ms),
        ended_at: job.ended_at_ms.and_then(rfc3339),
        total: progress.total,
        processed: progress.processed.floor(),
        failed: progress.failed.floor(),
        cancelled: progress.cancelled.floor(),
        bytes_done: progress.bytes_done,
        bytes_total: progress.bytes_total,
        images_per_second: per_second(pace.done, pace.seconds),
        bytes_per_second: per_second(progress.bytes_done, pace.seconds),
        seconds_left: pace.left(progress).filter(|_| !state.is_final() && wait.is_none()),
        error: error(progress),
        waiting_reason: wait.map(|wait| wait.reason.clone()),
        waiting_until: wait.and_then(|wait| rfc3339(wait.until_ms)),
    }
}

/// The original's word for a state.
pub(crate) fn status(state: wire::JobState) -> &'static str {
    if state.is_final() { "completed" } else { "processing" }
}

/// Why the job failed as a whole, and what to do.
pub(crate) fn error(progress: &Progress) -> Option<String> {
    let why = progress.failure.as_ref()?;
    Some(format!("{}. {}", why.message.trim_end_matches('.'), why.advice))
}

/// The page of a folder in Google Drive.
pub(crate) fn folder_url(folder: &DriveRef) -> String {
    drive_page(&["drive", "folders", folder.id.as_str()], folder.resource_key.as_deref())
}

/// The page of a file in Google Drive, whatever it is: the id may be anything that a foreign client sent.
pub(crate) fn file_url(file_id: &str) -> String {
    let mut url = drive_page(&["open"], None);
    let id: String = url::form_urlencoded::byte_serialize(file_id.as_bytes()).collect();
    url.push_str("?id=");
    url + &id
}

fn drive_page(path: &[&str], resource_key: Option<&str>) -> String {
    let Ok(mut url) = Url::parse("https://drive.google.com/") else { return String::new() };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    if let Some(key) = resource_key {
        url.query_pairs_mut().append_pair("resourcekey", key);
    }
    url.into()
}

/// How fast a job has been on average.
struct Pace {
    /// Images with an outcome.
    done: u64,
    /// Since its start, until its end.
    seconds: f64,
}

impl Pace {
    #[expect(clippy::cast_precision_loss, reason = "an average")]
    fn of(job: &Job, now_ms: i64) -> Self {
        let millis = job.ended_at_ms.unwrap_or(now_ms).saturating_sub(job.created_at_ms).max(1);
        // what was stopped took no time
        let done = (job.progress.processed + job.progress.failed).floor();
        Self { done, seconds: millis as f64 / 1000.0 }
    }

    /// By bytes where they are known, as images differ much in size; else by images.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate; saturates"
    )]
    fn left(&self, progress: &Progress) -> Option<u64> {
        let (done, all) = match (progress.bytes_done, progress.bytes_total) {
            (done, all) if done > 0 && all > done => (done, all),
            _ => (self.done, progress.total),
        };
        let is_known = progress.listing == Listing::Done && done > 0 && all > done;
        is_known.then(|| (self.seconds * (all - done) as f64 / done as f64).ceil() as u64)
    }
}

/// Two decimals; `None` when there is nothing to speak of.
#[expect(clippy::cast_precision_loss, reason = "an average")]
fn per_second(amount: u64, seconds: f64) -> Option<f64> {
    (amount > 0).then(|| (amount as f64 / seconds * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use client::ids::DriveId;

    use super::*;
    use crate::{count::Count, store::JobNo};

    fn drive_ref(id: &str, resource_key: Option<&str>) -> DriveRef {
        DriveRef { id: DriveId::parse(id).unwrap(), resource_key: resource_key.map(str::to_owned) }
    }

    fn stored(progress: Progress) -> Job {
        Job {
            number: JobNo(1),
            id: "j".into(),
            folder: drive_ref("album", None),
            folder_name: None,
            request_id: None,
            recursive: false,
            retry_of: None,
            created_at_ms: 1_000,
            ended_at_ms: None,
            listing_folder: drive_ref("album", None),
            page_token: None,
            worker_names_files: true,
            progress,
        }
    }

    #[test]
    fn rates_are_averages_and_the_time_left_goes_by_bytes() {
        let mut progress = Progress::new(0);
        progress.listed(10, 4_000, true, 0);
        progress.processed = Count::Whole(4);
        progress.failed = Count::Whole(1);
        progress.bytes_done = 1_000;
        let seen = job(&stored(progress.clone()), 11_000);
        assert_eq!((seen.images_per_second, seen.bytes_per_second), (Some(0.5), Some(100.0)));
        assert_eq!(seen.seconds_left, Some(30));
        progress.bytes_total = 0;
        progress.bytes_done = 0;
        let seen = job(&stored(progress.clone()), 11_000);
        assert_eq!((seen.bytes_per_second, seen.seconds_left), (None, Some(10)), "by images then");
        progress.wait_for(20_000, "slow".to_owned());
        assert_eq!(job(&stored(progress.clone()), 11_000).seconds_left, None, "nobody knows while it waits");
        progress.cancel();
        let mut ended = stored(progress);
        ended.ended_at_ms = Some(6_000);
        let seen = job(&ended, 99_000);
        assert_eq!((seen.images_per_second, seen.seconds_left), (Some(1.0), None), "the end stops the clock");
        assert_eq!((seen.status.as_str(), seen.cancelled), ("completed", 5));
    }

    #[test]
    fn nothing_is_promised_while_pages_are_still_to_come() {
        let mut progress = Progress::new(0);
        progress.listed(10, 0, false, 0);
        progress.processed = Count::Whole(5);
        let seen = job(&stored(progress), 2_000);
        assert_eq!((seen.listing, seen.seconds_left), (ListingState::InProgress, None));
    }

    #[test]
    fn links_open_what_they_name() {
        let plain = "https://drive.google.com/drive/folders/album";
        assert_eq!(folder_url(&drive_ref("album", None)), plain);
        assert_eq!(folder_url(&drive_ref("album", Some("0-k"))), format!("{plain}?resourcekey=0-k"));
        assert_eq!(file_url("a b&c"), "https://drive.google.com/open?id=a+b%26c");
    }
}
