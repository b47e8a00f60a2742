//! Buckets.

use s3s::{
    S3Request,
    dto::{
        Bucket, CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput,
        GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput, GetBucketVersioningOutput,
        HeadBucketInput, HeadBucketOutput, ListBucketsInput, ListBucketsOutput,
    },
};

use super::Backend;
use crate::s3::{access::owner, change::Change, refusal::Refusal};

/// The region that everything here is in, whatever region a client signs for.
const REGION: &str = "us-east-1";

impl Backend {
    pub(super) async fn buckets(&self, _: S3Request<ListBucketsInput>) -> Result<ListBucketsOutput, Refusal> {
        let buckets = self.store.index.buckets().await?.into_iter().map(|(name, created)| Bucket {
            name: Some(name),
            creation_date: Some(std::time::SystemTime::from(created).into()),
            bucket_region: None,
        });
        Ok(ListBucketsOutput {
            buckets: Some(buckets.collect()),
            owner: Some(owner()),
            ..ListBucketsOutput::default()
        })
    }

    pub(super) async fn make_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> Result<CreateBucketOutput, Refusal> {
        let location = format!("/{}", request.input.bucket);
        self.store.change(Change::CreateBucket(request.input.bucket)).await?;
        Ok(CreateBucketOutput { location: Some(location) })
    }

    pub(super) async fn find_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> Result<HeadBucketOutput, Refusal> {
        self.store.index.require_bucket(&request.input.bucket).await?;
        Ok(HeadBucketOutput { bucket_region: Some(REGION.to_owned()), ..HeadBucketOutput::default() })
    }

    pub(super) async fn remove_bucket(
        &self,
        request: S3Request<DeleteBucketInput>,
    ) -> Result<DeleteBucketOutput, Refusal> {
        self.store.change(Change::DeleteBucket(request.input.bucket)).await?;
        Ok(DeleteBucketOutput::default())
    }

    /// For the first of all regions S3 answers with no location.
    pub(super) async fn bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> Result<GetBucketLocationOutput, Refusal> {
        self.store.index.require_bucket(&request.input.bucket).await?;
        Ok(GetBucketLocationOutput::default())
    }

    /// There are no versions, and there never were.
    pub(super) async fn bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> Result<GetBucketVersioningOutput, Refusal> {
        self.store.index.require_bucket(&request.input.bucket).await?;
        Ok(GetBucketVersioningOutput::default())
    }
}
