//! Access control lists, as far as one owner and the public need them.

use s3s::{
    S3Request,
    dto::{
        GetBucketAclInput, GetBucketAclOutput, GetObjectAclInput, GetObjectAclOutput, PutObjectAclInput,
        PutObjectAclOutput,
    },
};

use super::{Backend, place};
use crate::s3::{
    access::{Acl, AclMode, acl_of_policy, grants_of, owner},
    change::Change,
    refusal::Refusal,
};

impl Backend {
    pub(super) async fn bucket_acl(
        &self,
        request: S3Request<GetBucketAclInput>,
    ) -> Result<GetBucketAclOutput, Refusal> {
        self.store.index.require_bucket(&request.input.bucket).await?;
        Ok(GetBucketAclOutput { grants: Some(grants_of(Acl::Private)), owner: Some(owner()) })
    }

    pub(super) async fn object_acl(
        &self,
        request: S3Request<GetObjectAclInput>,
    ) -> Result<GetObjectAclOutput, Refusal> {
        let object = self.store.index.object(&request.input.bucket, &request.input.key).await?;
        let acl = match self.rules.acls {
            AclMode::Honour | AclMode::BlockPublic => object.details.acl,
            AclMode::Refuse => Acl::Private,
        };
        Ok(GetObjectAclOutput {
            grants: Some(grants_of(acl)),
            owner: Some(owner()),
            ..GetObjectAclOutput::default()
        })
    }

    pub(super) async fn set_object_acl(
        &self,
        request: S3Request<PutObjectAclInput>,
    ) -> Result<PutObjectAclOutput, Refusal> {
        let asked = self.rules.requested_acl(&request.headers)?;
        let acl = match &request.input.access_control_policy {
            Some(_) if self.rules.acls == AclMode::Refuse => return Err(Refusal::AclsRefused),
            Some(policy) => acl_of_policy(policy),
            None => asked,
        };
        if self.rules.acls == AclMode::BlockPublic && acl == Acl::PublicRead {
            return Err(Refusal::AccessDenied);
        }
        let at = place(request.input.bucket, request.input.key);
        self.store.change(Change::SetAcl { at, acl }).await?;
        Ok(PutObjectAclOutput::default())
    }
}
