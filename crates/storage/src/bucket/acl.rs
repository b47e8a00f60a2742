//! Whether objects are written with the ACL `public-read`.
//!
//! The original sent it always, and buckets made since April 2023 refuse it. `auto` sends it until the first time that
//! the bucket says it has no ACLs, and none from then on. A plain `AccessDenied` is not taken for that: it can mean many
//! things, and to hide one of them would make objects private for a passing trouble. Its answer tells what to set.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use aws_sdk_s3::types::ObjectCannedAcl;

use super::S3Error;
use crate::config::ObjectAcl;

/// Unknown yet: ACLs are tried.
const TRYING: u8 = 0;
/// The bucket takes ACLs.
const TAKEN: u8 = 1;
/// The bucket refuses ACLs: none is sent.
const REFUSED: u8 = 2;

/// What the setting says, and what the bucket has answered so far.
#[derive(Debug)]
pub(super) struct AclChoice {
    setting: ObjectAcl,
    state: AtomicU8,
}

impl AclChoice {
    pub(super) fn new(setting: ObjectAcl) -> Self {
        Self { setting, state: AtomicU8::new(TRYING) }
    }

    /// The ACL to send now.
    pub(super) fn wanted(&self) -> Option<ObjectCannedAcl> {
        match self.setting {
            ObjectAcl::None => None,
            ObjectAcl::Auto if self.state.load(Relaxed) == REFUSED => None,
            ObjectAcl::Auto | ObjectAcl::PublicRead => Some(ObjectCannedAcl::PublicRead),
        }
    }

    /// False while a request may yet be refused for its ACL and have to be sent again.
    pub(super) fn is_settled(&self) -> bool {
        self.setting != ObjectAcl::Auto || self.state.load(Relaxed) != TRYING
    }

    /// A write went through.
    pub(super) fn accepted(&self) {
        // a refusal that came meanwhile stands
        let _ = self.state.compare_exchange(TRYING, TAKEN, Relaxed, Relaxed);
    }

    /// True when `error` is about the ACL that was sent, and it can be left out: from now on it is.
    pub(super) fn gives_way_to(&self, error: &S3Error) -> bool {
        if self.setting != ObjectAcl::Auto || !is_about_acls(error) {
            return false;
        }
        if self.state.swap(REFUSED, Relaxed) != REFUSED {
            tracing::warn!(
                "the bucket refuses ACLs: objects are written without; make them readable by a bucket policy, or through the gateway"
            );
        }
        true
    }

    /// The same for a body that is gone: if the ACL alone was refused, the next try will work.
    pub(super) fn explain_streamed(&self, error: S3Error, had_acl: bool) -> S3Error {
        if had_acl && self.gives_way_to(&error) { S3Error::AclsTurnedOff } else { explain(error, had_acl) }
    }
}

/// Adds what to do to an error that the ACL may be the reason of.
pub(super) fn explain(mut error: S3Error, had_acl: bool) -> S3Error {
    if let S3Error::Refused(refusal) = &mut error
        && had_acl
        && refusal.code == "AccessDenied"
    {
        refusal.hint = Some(
            "If the bucket blocks public ACLs, or the key may not set them, set S3_OBJECT_ACL=none; otherwise check the key's right to s3:PutObject.",
        );
    }
    error
}

/// AWS has a code for it. Others call the header unknown, or not implemented, and name it in their words.
fn is_about_acls(error: &S3Error) -> bool {
    let S3Error::Refused(refusal) = error else { return false };
    let names_it = || refusal.message.to_ascii_lowercase().contains("acl");
    match refusal.code.as_str() {
        "AccessControlListNotSupported" => true,
        "NotImplemented" | "InvalidArgument" | "InvalidRequest" | "UnsupportedArgument" => names_it(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::Refusal;

    fn refused(code: &str, message: &str) -> S3Error {
        S3Error::Refused(Refusal {
            operation: "PutObject",
            status: 400,
            code: code.to_owned(),
            message: message.to_owned(),
            retries: 0,
            hint: None,
        })
    }

    #[test]
    fn auto_sends_the_acl_until_it_is_refused() {
        let acl = AclChoice::new(ObjectAcl::Auto);
        assert!(acl.wanted().is_some() && !acl.is_settled());
        assert!(!acl.gives_way_to(&refused("AccessDenied", "Access Denied")));
        assert!(
            acl.gives_way_to(&refused("AccessControlListNotSupported", "The bucket does not allow ACLs"))
        );
        acl.accepted();
        assert!(acl.wanted().is_none() && acl.is_settled());
    }

    #[test]
    fn other_servers_say_it_in_other_words() {
        for (code, message, gives_way) in [
            ("NotImplemented", "Header 'x-amz-acl' with value 'public-read' not implemented", true),
            ("InvalidArgument", "Cannot insert legacy ACL for an object", true),
            ("NotImplemented", "A header you provided is not implemented", false),
            ("InvalidArgument", "Invalid Argument", false),
        ] {
            let acl = AclChoice::new(ObjectAcl::Auto);
            assert_eq!(acl.gives_way_to(&refused(code, message)), gives_way, "{message}");
        }
    }

    #[test]
    fn a_fixed_setting_never_changes() {
        let always = AclChoice::new(ObjectAcl::PublicRead);
        assert!(!always.gives_way_to(&refused("AccessControlListNotSupported", "")));
        assert!(always.wanted().is_some() && always.is_settled());
        assert!(AclChoice::new(ObjectAcl::None).wanted().is_none());
    }

    #[test]
    fn a_denial_that_the_acl_may_have_caused_says_what_to_set() {
        assert!(explain(refused("AccessDenied", ""), true).hint().is_some());
        assert!(explain(refused("AccessDenied", ""), false).hint().is_none());
        assert!(explain(refused("NoSuchBucket", ""), true).hint().is_none());
    }
}
