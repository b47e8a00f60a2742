//! The id of the import job that a call is made for, which travels beside the id of the request, so that the logs of all
//! services say what belongs to a job. It is for people who read logs: nothing is decided by it.

use crate::request_id::is_safe;

/// Name of the header that tells our own services.
pub const JOB_ID: &str = "x-job-id";

tokio::task_local! {
    static CURRENT: Option<String>;
}

/// Runs `work` for the job `id`, if it is for one.
pub async fn scope<F: Future>(id: Option<String>, work: F) -> F::Output {
    CURRENT.scope(id, work).await
}

/// The id of the job in hand, if any.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// `given` if it can be trusted in logs and headers. The clients of an original may name jobs as they like.
pub fn accept(given: Option<&str>) -> Option<String> {
    given.filter(|text| is_safe(text)).map(str::to_owned)
}
