//! ETags that are the MD5 of what was stored.

use aws_sdk_s3::{
    operation::{head_object::HeadObjectOutput, put_object::PutObjectOutput},
    types::ServerSideEncryption,
};

use crate::digest::Md5Digest;

/// The MD5 of what was stored, where the answer tells it: not with a key of the customer's or of KMS, not in buckets of
/// one zone (their names end so), and not where the server has its own idea of ETags.
pub(super) fn md5_of(stored: &PutObjectOutput, bucket: &str) -> Option<Md5Digest> {
    let is_plain = is_plain(stored.server_side_encryption(), stored.sse_customer_algorithm());
    md5_in(stored.e_tag().filter(|_| is_plain), bucket)
}

/// The same for an object that is looked at.
pub(super) fn md5_of_found(found: &HeadObjectOutput, bucket: &str) -> Option<Md5Digest> {
    let is_plain = is_plain(found.server_side_encryption(), found.sse_customer_algorithm());
    md5_in(found.e_tag().filter(|_| is_plain), bucket)
}

/// The MD5 that an ETag in a list can be taken for. A list does not tell encrypted objects, whose ETags look the same:
/// whoever finds another MD5 there must read the object before it says that the bytes are others.
pub(super) fn md5_in(etag: Option<&str>, bucket: &str) -> Option<Md5Digest> {
    if bucket.ends_with("--x-s3") {
        return None;
    }
    Md5Digest::from_hex(etag?.trim_matches('"'))
}

fn is_plain(encryption: Option<&ServerSideEncryption>, customer_key: Option<&str>) -> bool {
    matches!(encryption, None | Some(ServerSideEncryption::Aes256)) && customer_key.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_etag_that_is_an_md5_is_compared() {
        let md5 = "d41d8cd98f00b204e9800998ecf8427e";
        let put = |etag: &str| PutObjectOutput::builder().e_tag(etag);
        assert!(md5_of(&put(&format!("\"{md5}\"")).build(), "b").is_some());
        assert!(md5_of(&put(&format!("\"{md5}-3\"")).build(), "b").is_none());
        assert!(md5_of(&put("W/\"5f-1\"").build(), "b").is_none());
        assert!(md5_of(&PutObjectOutput::builder().build(), "b").is_none());
        let kms = put(md5).server_side_encryption(ServerSideEncryption::AwsKms).build();
        assert!(md5_of(&kms, "b").is_none());
        assert!(md5_of(&put(md5).build(), "b--use1-az4--x-s3").is_none());
    }
}
