//! Questions about the bucket that nobody but a check of the configuration asks. None is tried again.

use super::{Bucket, S3Error, ask, connect};
use crate::config::BucketConfig;

/// What S3 says when it is asked for the bucket itself.
#[derive(Debug)]
pub(crate) struct Look {
    /// The HTTP status; the answer to `HeadBucket` has no body that could say more.
    pub(crate) status: Option<u16>,
    /// The region that the bucket is in, where S3 tells it. It does so even when it refuses everything else.
    pub(crate) region: Option<String>,
    /// What is wrong, unless nothing is.
    pub(crate) error: Option<S3Error>,
}

impl Bucket {
    /// Asks for the bucket itself.
    pub(crate) async fn look(&self) -> Look {
        let request = self.client.head_bucket().bucket(&self.name).send();
        match Box::pin(request).await {
            Ok(answer) => Look {
                status: Some(200),
                region: answer.bucket_region().filter(|region| !region.is_empty()).map(str::to_owned),
                error: None,
            },
            Err(error) => {
                let raw = error.raw_response();
                let status = raw.map(|answer| answer.status().as_u16());
                let region = raw.and_then(|answer| answer.headers().get("x-amz-bucket-region"));
                let region = region.map(str::to_owned);
                Look { status, region, error: Some(S3Error::of("HeadBucket", error)) }
            }
        }
    }

    /// Asks for the first key, and for the first unfinished upload.
    pub(crate) async fn may_list(&self) -> Result<(), S3Error> {
        let keys = self.client.list_objects_v2().bucket(&self.name).max_keys(1).send();
        ask("ListObjectsV2", keys).await?;
        let uploads = self.client.list_multipart_uploads().bucket(&self.name).max_uploads(1).send();
        ask("ListMultipartUploads", uploads).await?;
        Ok(())
    }

    /// Where the AWS SDK finds credentials, if it finds any.
    pub(crate) async fn source_of_credentials(config: &BucketConfig) -> Option<String> {
        connect::source_of_credentials(config).await
    }

    /// Once a write went through: whether it carried the ACL `public-read`.
    pub(crate) fn writes_acls(&self) -> bool {
        self.acl.wanted().is_some()
    }
}
