//! `MAX_IMAGES_PER_JOB`: what is said where there are more. Pure.

use client::import::Failure;

use crate::job::{End, Progress};

/// The code of the refusal, and the reason of a job that ends by it.
pub(crate) const TOO_MANY_IMAGES: &str = "too-many-images";
/// What a person can do.
const ADVICE: &str = "Import smaller folders one by one, or have MAX_IMAGES_PER_JOB set higher.";

/// Of a folder, and all below it where they were asked for; `found` where it was listed to its end.
pub(crate) fn in_folder(most: u64, found: Option<u64>) -> Failure {
    failure(match found {
        Some(found) => format!("There are {found} images, and one import may take {most}"),
        None => format!("There are more than {most} images, and one import may not take more"),
    })
}

/// Of what a retry would take.
pub(crate) fn in_retry(most: u64, found: u64) -> Failure {
    failure(format!("{found} images of this job failed or were cancelled, and one retry may take {most}"))
}

/// What was too much for this job, if that is how it ended.
pub(crate) fn ended(progress: &Progress) -> Option<&Failure> {
    let why = progress.failure.as_ref()?;
    (progress.end == Some(End::Failed) && why.reason == TOO_MANY_IMAGES).then_some(why)
}

/// For a person: what is wrong, and what to do.
pub(crate) fn told(why: &Failure) -> String {
    format!("{}. {}", why.message, why.advice)
}

fn failure(message: String) -> Failure {
    Failure { reason: TOO_MANY_IMAGES.to_owned(), message, advice: ADVICE.to_owned(), attempts: 1 }
}
