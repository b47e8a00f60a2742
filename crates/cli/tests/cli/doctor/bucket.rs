//! The bucket, the rights of the key, and the clock.

#[cfg(unix)]
use std::{
    process::Command,
    time::{Duration, Instant},
};

use emulators::s3::{AclMode, FaultKind, FaultRule, Manners};
use serde_json::Value;

use super::world::World;

#[test]
fn a_bucket_that_is_not_there_or_not_ours_is_told() {
    let world = World::new();
    let told = world.told(&[("AWS_BUCKET_NAME", "other")], &[]);
    assert!(
        told.about("bucket.exists") == "failed" && told.words("bucket.exists").contains("AWS_BUCKET_NAME")
    );
    for (name, value) in [("AWS_SECRET_ACCESS_KEY", "canary-wrong"), ("AWS_ACCESS_KEY_ID", "canary-nobody")] {
        let told = world.told(&[(name, value)], &[]);
        assert_eq!(
            (told.about("bucket.credentials"), told.about("bucket.put")),
            ("failed".into(), String::new())
        );
        assert!(told.words("bucket.credentials").contains("AWS_ACCESS_KEY_ID"), "{}", told.0);
    }
    let told = world.told(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")], &[]);
    assert_eq!(told.about("bucket.reach"), "failed");
    let elsewhere = World::with(|s3| s3.manners.region = Some("eu-north-1".into()));
    let told = elsewhere.told(&[], &[]);
    assert!(told.words("bucket.exists").contains("AWS_REGION=eu-north-1"), "{}", told.0);
    assert_eq!(elsewhere.told(&[("AWS_REGION", "eu-north-1")], &[]).about("bucket.put"), "ok");
}

#[test]
fn a_bucket_without_acls_works_and_a_private_one_comes_with_a_policy_to_paste() {
    let world = World::with(|s3| {
        s3.acls = AclMode::Refuse;
        s3.anonymous_reads = true;
    });
    let told = world.told(&[], &[]);
    assert_eq!(
        (told.about("bucket.put"), told.about("bucket.public")),
        ("ok".into(), "ok".into()),
        "{}",
        told.0
    );
    assert!(told.words("bucket.acls").contains("without an ACL"), "{}", told.0);
    let private = World::with(|s3| s3.acls = AclMode::Refuse);
    let told = private.told(&[], &[]);
    assert_eq!((told.about("bucket.public"), told.about("bucket.delete")), ("ok".into(), "ok".into()));
    let public =
        told.0["checks"].as_array().unwrap().iter().find(|finding| finding["check"] == "bucket.public");
    let words = public.unwrap()["found"].as_str().unwrap();
    assert!(words.contains("through the gateway"), "{words}");
    let policy = &words[words.find('{').unwrap()..=words.rfind('}').unwrap()];
    let policy: Value = serde_json::from_str(policy).unwrap();
    assert_eq!(policy["Statement"][0]["Resource"], "arn:aws:s3:::images/*");
}

#[test]
fn a_denied_acl_is_told_from_a_denied_write() {
    let world = World::with(|s3| s3.acls = AclMode::BlockPublic);
    let told = world.told(&[], &[]);
    assert_eq!((told.about("bucket.put"), told.about("bucket.acls")), ("ok".into(), "failed".into()));
    assert!(told.words("bucket.acls").contains("S3_OBJECT_ACL=none"), "{}", told.0);
    assert_eq!(told.about("bucket.delete"), "ok");
    let told = world.told(&[("S3_OBJECT_ACL", "none")], &[]);
    assert_eq!((told.about("bucket.acls"), told.all("failed")), ("ok".into(), vec![]), "{}", told.0);
}

#[test]
fn each_right_that_the_key_lacks_is_told_and_what_was_written_goes() {
    let told = World::with(|s3| s3.manners.read_only = true).told(&[], &[]);
    assert_eq!((told.about("bucket.put"), told.about("bucket.delete")), ("failed".into(), "failed".into()));
    assert!(told.words("bucket.put").contains("s3:PutObject"), "{}", told.0);
    for (operation, check, verdict) in [
        ("GetObject", "bucket.get", "failed"),
        ("ListObjectsV2", "bucket.list", "warning"),
        ("DeleteObject", "bucket.delete", "failed"),
    ] {
        let world = World::new();
        world.faults.add(FaultRule::new(FaultKind::AccessDenied).on(operation));
        let told = world.told(&[], &[]);
        assert_eq!(told.about(check), verdict, "{operation}: {}", told.0);
        assert_eq!(world.faults.stats().requests["DeleteObject"], 1, "{operation}");
    }
    let world = World::new();
    world.faults.add(FaultRule::new(FaultKind::AccessDenied).on("DeleteObject"));
    assert!(world.told(&[], &[]).words("bucket.delete").contains("remove it by hand"));
}

#[test]
fn a_lost_reply_to_the_write_leaves_nothing_behind() {
    let world = World::new();
    world.faults.add(FaultRule::new(FaultKind::LostReply).on("PutObject"));
    let told = world.told(&[], &[]);
    assert_eq!(
        (told.about("bucket.put"), told.about("bucket.delete")),
        ("failed".into(), "ok".into()),
        "{}",
        told.0
    );
    assert!(world.faults.stats().requests["DeleteObject"] > 0);
}

#[test]
fn a_clock_that_is_off_is_told() {
    for ahead in [600, -3600] {
        let manners = Manners { clock_ahead_secs: ahead, ..Manners::default() };
        let told = World::with(|s3| s3.manners = manners).told(&[], &[]);
        assert_eq!(told.about("bucket.clock"), "failed", "{ahead}: {}", told.0);
        assert!(told.words("bucket.clock").contains("NTP"));
        assert_eq!(told.about("drive.clock"), "ok");
    }
}

#[cfg(unix)]
#[test]
fn a_doctor_that_is_stopped_in_the_middle_removes_what_it_wrote() {
    let world = World::new();
    world.faults.add(FaultRule::new(FaultKind::SlowAnswer).on("PutObject").seconds(2.0));
    let mut doctor = world.start(&[]);
    let deadline = Instant::now() + Duration::from_secs(30);
    while !world.faults.stats().requests.contains_key("PutObject") {
        assert!(Instant::now() < deadline, "nothing is written");
        std::thread::sleep(Duration::from_millis(10));
    }
    let asked = Command::new("kill").args(["-INT", &doctor.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(doctor.wait().unwrap().code(), Some(1));
    assert_eq!(world.faults.stats().requests["DeleteObject"], 1);
}
