//! The S3 operations: each takes what the protocol crate has read out of a request to the store, and words the answer.

mod acls;
mod buckets;
mod listings;
mod objects;
mod uploads;

use s3s::{
    S3, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput,
        CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput,
        DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput,
        GetBucketAclInput, GetBucketAclOutput, GetBucketLocationInput, GetBucketLocationOutput,
        GetBucketVersioningInput, GetBucketVersioningOutput, GetObjectAclInput, GetObjectAclOutput,
        HeadBucketInput, HeadBucketOutput, ListBucketsInput, ListBucketsOutput, ListMultipartUploadsInput,
        ListMultipartUploadsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
        ListObjectsV2Output, ListPartsInput, ListPartsOutput, PostObjectInput, PostObjectOutput,
        PutObjectAclInput, PutObjectAclOutput, PutObjectInput, PutObjectOutput, UploadPartCopyInput,
        UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
    },
};

use super::{access::Rules, change::Place, refusal::Refusal, store::Store};

/// The operations over a store.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) store: Store,
    pub(super) rules: Rules,
}

/// Declares the operations: the name that the protocol crate gives each, its types, and the method that does it.
macro_rules! operations {
    ($($name:ident($input:ident) -> $output:ident: $method:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for Backend {
            $(async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                Ok(S3Response::new(self.$method(request).await?))
            })*
        }
    };
}

operations! {
    list_buckets(ListBucketsInput) -> ListBucketsOutput: buckets;
    create_bucket(CreateBucketInput) -> CreateBucketOutput: make_bucket;
    head_bucket(HeadBucketInput) -> HeadBucketOutput: find_bucket;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput: remove_bucket;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput: bucket_location;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput: bucket_versioning;

    put_object(PutObjectInput) -> PutObjectOutput: put;
    post_object(PostObjectInput) -> PostObjectOutput: put_by_form;
    copy_object(CopyObjectInput) -> CopyObjectOutput: copy;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput: delete;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput: delete_many;

    list_objects(ListObjectsInput) -> ListObjectsOutput: list;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output: list_v2;

    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput: begin_upload;
    upload_part(UploadPartInput) -> UploadPartOutput: put_part;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput: copy_part;
    list_parts(ListPartsInput) -> ListPartsOutput: parts;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput: uploads;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput: complete_upload;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput: abort_upload;

    get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput: bucket_acl;
    get_object_acl(GetObjectAclInput) -> GetObjectAclOutput: object_acl;
    put_object_acl(PutObjectAclInput) -> PutObjectAclOutput: set_object_acl;
}

fn place(bucket: String, key: String) -> Place {
    Place { bucket, key }
}

/// The most entries of a page that a client asks for, within what S3 allows.
fn page_size(asked: Option<i32>) -> Result<usize, Refusal> {
    let asked = asked.unwrap_or(1000).min(1000);
    usize::try_from(asked).map_err(|_| Refusal::InvalidArgument("the page size must not be negative"))
}
