//! The whole table.

mod answers;

use client::drive;
use http::StatusCode;

use super::*;
use crate::listing::BadListing;

fn drive(reason: Reason) -> Trouble {
    Trouble::Drive(drive::Error { reason, status: Some(500), message: "x".into(), retry_after: None })
}

fn answered(status: u16, code: Option<&str>) -> Error {
    Error::Status {
        service: "storage-service",
        status: StatusCode::from_u16(status).unwrap(),
        message: "no".into(),
        code: code.map(str::to_owned),
        body: "{\"error\":\"no\"}\n".into(),
        retry_after: None,
    }
}

fn calm() -> Circumstances {
    Circumstances {
        millis: 1_000_000,
        drive_successes: 0,
        drive_pause: Duration::from_secs(7),
        job_silence: Duration::from_secs(60),
    }
}

/// Decides until something else than another try follows; the tries made, the time waited, and the end.
fn tries(trouble: &Trouble, at_most: u32) -> (u32, Duration, Option<Decision>) {
    let (mut progress, mut waited) = (Progress::default(), Duration::ZERO);
    for tries in 1..=at_most {
        match decide(trouble, &mut progress, calm()) {
            Decision::TryAgain { after, .. } => waited += after,
            end => return (tries, waited, Some(end)),
        }
    }
    (at_most, waited, None)
}

#[test]
fn what_our_own_services_lack_is_waited_for_without_end() {
    for trouble in [
        Trouble::Storage(answered(503, None)),
        Trouble::Metadata(answered(503, None)),
        Trouble::Metadata(answered(500, Some("database-unavailable"))),
        Trouble::Storage(answered(401, Some("internal-token"))),
        Trouble::StorageSilent,
    ] {
        let mut progress = Progress::default();
        for tries in 0..1000 {
            let Decision::TryAgain { after, waiting_for } = decide(&trouble, &mut progress, calm()) else {
                panic!("{trouble:?} must be waited for");
            };
            assert!(after <= Duration::from_secs(5), "{after:?}");
            assert_eq!(waiting_for.is_some(), tries > 0, "one time may be chance");
        }
        assert_eq!(progress.failed_tries, 0);
    }
}

#[test]
fn passing_trouble_is_tried_eight_times_over_two_minutes() {
    for (trouble, reason) in [
        (drive(Reason::ServerError), "drive-unavailable"),
        (drive(Reason::Network), "connection-broken"),
        (drive(Reason::UnexpectedBody), "unexpected-answer"),
        (drive(Reason::Unexplained), "refused-without-reason"),
        (Trouble::Storage(answered(500, None)), "storage-error"),
        (Trouble::Storage(answered(503, Some("s3-unavailable"))), "storage-error"),
        (Trouble::Storage(answered(400, Some("length-mismatch"))), "storage-error"),
        (Trouble::Metadata(answered(500, None)), "metadata-error"),
        (Trouble::ChecksumMismatch, "checksum-mismatch"),
    ] {
        let (tries, waited, end) = tries(&trouble, 20);
        assert_eq!(tries, 8, "{reason}");
        assert!(waited >= Duration::from_secs(120), "{reason}: {waited:?}");
        let Some(Decision::Fail(failure)) = end else { panic!("{reason}: {end:?}") };
        assert_eq!((failure.reason.as_str(), failure.attempts), (reason, 8));
        assert!(!failure.advice.is_empty());
    }
}

#[test]
fn what_another_try_cannot_change_fails_at_once() {
    for (trouble, reason) in [
        (drive(Reason::DownloadQuota), "download-quota-exceeded"),
        (drive(Reason::Abusive), "flagged-as-abusive"),
        (drive(Reason::NotFound), "not-found"),
        (drive(Reason::NotDownloadable), "not-downloadable"),
        (drive(Reason::DownloadForbidden), "download-forbidden"),
        (drive(Reason::Forbidden), "forbidden"),
        (Trouble::Storage(answered(400, None)), "storage-error"),
        (Trouble::Metadata(answered(400, None)), "metadata-error"),
        (Trouble::SizeMismatch { announced: 1, delivered: 2 }, "size-mismatch"),
        (Trouble::BadListing(BadListing::Missing("name")), "bad-listing"),
        (Trouble::BadListing(BadListing::UnknownId("x/y".into())), "not-found"),
        (Trouble::TooLarge { limit: 1 }, "too-large"),
        (Trouble::OverLimit { limit: 1 }, "too-large"),
    ] {
        let (tries, _, end) = tries(&trouble, 2);
        assert_eq!(tries, 1, "{reason}");
        let Some(Decision::Fail(failure)) = end else { panic!("{reason}: {end:?}") };
        assert_eq!(failure.reason, reason);
        assert!(!failure.advice.is_empty() && !failure.message.is_empty());
    }
}

#[test]
fn a_bad_key_fails_the_job() {
    for reason in [Reason::KeyInvalid, Reason::KeyMissing, Reason::KeyRestricted, Reason::ApiDisabled] {
        let end = decide(&drive(reason), &mut Progress::default(), calm());
        assert!(matches!(&end, Decision::FailJob(failure) if failure.reason == reason.code()), "{end:?}");
    }
}

#[test]
fn rate_answers_count_only_while_others_succeed() {
    let trouble = drive(Reason::RateLimited);
    let mut progress = Progress::default();
    for _ in 0..100 {
        let again = decide(&trouble, &mut progress, calm());
        assert_eq!(again, Decision::TryAgain { after: Duration::from_secs(7), waiting_for: None });
    }
    assert_eq!(progress.rate_refusals, 0);
    let mut waited = Duration::ZERO;
    for drive_successes in 1..10 {
        let now = Circumstances { drive_successes, drive_pause: Duration::ZERO, ..calm() };
        let Decision::TryAgain { after, .. } = decide(&trouble, &mut progress, now) else {
            panic!("too soon: {progress:?}");
        };
        waited += after;
    }
    assert!(waited >= Duration::from_secs(30), "others go first: {waited:?}");
    let now = Circumstances { drive_successes: 10, ..calm() };
    let end = decide(&trouble, &mut progress, now);
    assert!(matches!(&end, Decision::Fail(failure) if failure.reason == "rate-limited"), "{end:?}");
}

#[test]
fn an_image_that_is_refused_alone_is_checked_but_not_too_often() {
    let trouble = drive(Reason::RateLimited);
    let mut progress = Progress::default();
    let mut checks = 0;
    for second in 0..60 {
        let now = Circumstances { millis: 1_000_000 + second * 1000, ..calm() };
        decide(&trouble, &mut progress, now);
        checks += u32::from(std::mem::take(&mut progress.check_rate));
    }
    assert_eq!(checks, 3);
    assert!(checks < MAX_RATE_REFUSALS, "one window of a quota fails no image");
    assert_eq!(progress.rate_refusals, 0);
}

#[test]
fn a_person_is_told_what_does_not_answer() {
    for (trouble, what) in [
        (Trouble::Storage(answered(503, None)), "The storage service"),
        (Trouble::StorageSilent, "The storage service"),
        (Trouble::Metadata(answered(503, None)), "The metadata service"),
        (Trouble::Metadata(answered(503, Some("database-unavailable"))), "The database"),
    ] {
        let mut progress = Progress { waits: 1, ..Progress::default() };
        let Decision::TryAgain { waiting_for: Some(text), .. } = decide(&trouble, &mut progress, calm())
        else {
            panic!("{trouble:?} must be waited for");
        };
        assert!(text.starts_with(what), "{text}");
    }
}

#[test]
fn a_blocked_address_is_waited_for_without_end_and_other_workers_may_try() {
    let (_, waited, end) = tries(&drive(Reason::AutomatedQueries), 50);
    assert_eq!((waited, end), (50 * HELD_BACK, None));
}

#[test]
fn a_job_without_any_outcome_for_a_day_fails() {
    let now = Circumstances { job_silence: LONGEST_SILENCE, ..calm() };
    for trouble in [Trouble::Storage(answered(503, None)), drive(Reason::AutomatedQueries)] {
        let end = decide(&trouble, &mut Progress::default(), now);
        assert!(matches!(&end, Decision::FailJob(failure) if failure.reason == "no-progress"), "{end:?}");
    }
}

#[test]
fn messages_begin_as_the_originals_do() {
    for (trouble, message) in [
        (drive(Reason::ServerError), "Error downloading from Google Drive: 500 x (drive-unavailable)"),
        (Trouble::Storage(answered(400, None)), "Storage upload failed: {\"error\":\"no\"}\n"),
        (Trouble::Metadata(answered(400, None)), "Metadata save failed: {\"error\":\"no\"}\n"),
    ] {
        assert_eq!(trouble.message(), message);
    }
}
