//! Who may do what: one owner who signs requests, and the public, who may read what is public.

use std::fmt;

use client::secret::Secret;
use http::HeaderMap;
use s3s::{
    S3Result,
    access::{S3Access, S3AccessContext},
    auth::{S3Auth, SecretKey},
    dto::{AccessControlPolicy, Grant, Grantee, Owner, Permission, Type},
    s3_error,
};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const OWNER: &str = "owner";

/// What the server does with access control lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AclMode {
    /// `public-read` makes an object public.
    #[default]
    Honour,
    /// A write that asks for an ACL is refused, as by every bucket made since April 2023.
    Refuse,
    /// A write that would make an object public is denied, as by a bucket whose public access is blocked.
    BlockPublic,
}

/// Who may read an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Acl {
    #[default]
    Private,
    PublicRead,
}

/// The rules of this server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Whether everybody may read every object.
    pub(super) anonymous_reads: bool,
    /// What becomes of ACLs.
    pub(super) acls: AclMode,
}

impl Rules {
    /// The ACL that a write asks for.
    pub(super) fn requested_acl(self, headers: &HeaderMap) -> Result<Acl, Refusal> {
        let canned = headers.get("x-amz-acl").map(|value| value.to_str().unwrap_or_default());
        let grants = headers.iter().any(|(name, _)| name.as_str().starts_with("x-amz-grant-"));
        if self.acls == AclMode::Refuse {
            return match canned {
                None | Some("bucket-owner-full-control") if !grants => Ok(Acl::Private),
                _ => Err(Refusal::AclsRefused),
            };
        }
        let acl = match canned {
            Some("public-read" | "public-read-write") => Acl::PublicRead,
            Some(
                "private"
                | "authenticated-read"
                | "aws-exec-read"
                | "bucket-owner-read"
                | "bucket-owner-full-control",
            ) => Acl::Private,
            Some(_) => return Err(Refusal::InvalidArgument("x-amz-acl names no canned ACL")),
            None => granted(headers),
        };
        if self.acls == AclMode::BlockPublic && acl == Acl::PublicRead {
            return Err(Refusal::AccessDenied);
        }
        Ok(acl)
    }

    /// Whether the public may read an object with this ACL.
    pub(super) fn public_may_read(self, acl: Acl) -> bool {
        self.anonymous_reads || (self.acls == AclMode::Honour && acl == Acl::PublicRead)
    }
}

fn granted(headers: &HeaderMap) -> Acl {
    let to_all = |name| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|who| who.contains(ALL_USERS))
    };
    if to_all("x-amz-grant-read") || to_all("x-amz-grant-full-control") {
        Acl::PublicRead
    } else {
        Acl::Private
    }
}

/// The ACL that a list of grants amounts to.
pub(super) fn acl_of_policy(policy: &AccessControlPolicy) -> Acl {
    let public = policy.grants.iter().flatten().any(|grant| {
        let everybody = grant.grantee.as_ref().and_then(|grantee| grantee.uri.as_deref()) == Some(ALL_USERS);
        let reads = grant
            .permission
            .as_ref()
            .is_some_and(|permission| matches!(permission.as_str(), "READ" | "FULL_CONTROL"));
        everybody && reads
    });
    if public { Acl::PublicRead } else { Acl::Private }
}

/// The list of grants that an ACL stands for.
pub(super) fn grants_of(acl: Acl) -> Vec<Grant> {
    let grant = |grantee: Grantee, permission| Grant {
        grantee: Some(grantee),
        permission: Some(Permission::from_static(permission)),
    };
    let nobody = Grantee {
        display_name: None,
        email_address: None,
        id: None,
        type_: Type::from_static(Type::GROUP),
        uri: None,
    };
    let owner = Grantee {
        id: Some(OWNER.to_owned()),
        type_: Type::from_static(Type::CANONICAL_USER),
        ..nobody.clone()
    };
    let mut grants = vec![grant(owner, Permission::FULL_CONTROL)];
    if acl == Acl::PublicRead {
        grants.push(grant(Grantee { uri: Some(ALL_USERS.to_owned()), ..nobody }, Permission::READ));
    }
    grants
}

/// The one owner of everything.
pub(super) fn owner() -> Owner {
    Owner { display_name: Some(OWNER.to_owned()), id: Some(OWNER.to_owned()) }
}

/// Knows the one access key.
pub(super) struct KeyRing {
    pub(super) access_key: String,
    pub(super) secret_key: Secret,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl S3Auth for KeyRing {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == self.access_key {
            Ok(SecretKey::from(self.secret_key.expose()))
        } else {
            Err(s3_error!(
                InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            ))
        }
    }
}

/// Lets only signed requests in. Reading an object is decided where the object is known.
pub(super) struct SignedOnly;

#[async_trait::async_trait]
impl S3Access for SignedOnly {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_some() { Ok(()) } else { Err(Refusal::AccessDenied.into()) }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{Acl, AclMode, Rules, acl_of_policy, grants_of};

    fn asked(acls: AclMode, name: &'static str, value: &str) -> Option<Acl> {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        Rules { anonymous_reads: false, acls }.requested_acl(&headers).ok()
    }

    #[test]
    fn a_bucket_without_acls_takes_only_the_owners_full_control() {
        for canned in ["public-read", "private", "nonsense"] {
            assert_eq!(asked(AclMode::Refuse, "x-amz-acl", canned), None, "{canned}");
        }
        assert_eq!(asked(AclMode::Refuse, "x-amz-grant-read", "id=x"), None);
        assert_eq!(asked(AclMode::Refuse, "x-amz-acl", "bucket-owner-full-control"), Some(Acl::Private));
        assert_eq!(asked(AclMode::Refuse, "x-other", "public-read"), Some(Acl::Private));
    }

    #[test]
    fn a_bucket_that_blocks_public_access_takes_private_objects_only() {
        assert_eq!(asked(AclMode::BlockPublic, "x-amz-acl", "public-read"), None);
        assert_eq!(asked(AclMode::BlockPublic, "x-amz-acl", "private"), Some(Acl::Private));
        assert_eq!(asked(AclMode::BlockPublic, "x-other", "public-read"), Some(Acl::Private));
    }

    #[test]
    fn public_objects_are_told_from_private_ones() {
        assert_eq!(asked(AclMode::Honour, "x-amz-acl", "public-read"), Some(Acl::PublicRead));
        assert_eq!(asked(AclMode::Honour, "x-amz-acl", "private"), Some(Acl::Private));
        assert_eq!(asked(AclMode::Honour, "x-amz-acl", "nonsense"), None);
        let everybody = "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"";
        assert_eq!(asked(AclMode::Honour, "x-amz-grant-read", everybody), Some(Acl::PublicRead));
    }

    #[test]
    fn an_old_public_acl_opens_nothing_once_acls_are_refused() {
        let rules = |anonymous_reads, acls| Rules { anonymous_reads, acls };
        assert!(rules(false, AclMode::Honour).public_may_read(Acl::PublicRead));
        assert!(!rules(false, AclMode::Honour).public_may_read(Acl::Private));
        assert!(!rules(false, AclMode::Refuse).public_may_read(Acl::PublicRead));
        assert!(rules(true, AclMode::Refuse).public_may_read(Acl::Private));
    }

    #[test]
    fn grants_and_acl_say_the_same() {
        for acl in [Acl::Private, Acl::PublicRead] {
            let policy = s3s::dto::AccessControlPolicy { grants: Some(grants_of(acl)), owner: None };
            assert_eq!(acl_of_policy(&policy), acl);
        }
    }
}
