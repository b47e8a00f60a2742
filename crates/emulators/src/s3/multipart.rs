//! Multipart uploads: the rules by which parts become an object, and the steps to it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use md5::{Digest as _, Md5};
use s3s::dto::CompletedPart;
use uuid::Uuid;

use super::{
    access::Acl,
    change::{Change, Place},
    checksum::{Algorithm, Checksum, Coverage, Plan},
    conditions::WriteCondition,
    object::{Details, Object, Part, PartDetails, Upload, UploadDetails, kept_headers, now},
    receive::{Received, blocking},
    refusal::Refusal,
    store::Store,
};

/// The highest part number.
pub(super) const MAX_PARTS: i32 = 10_000;
/// The least size of a part that is not the last.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

impl Store {
    /// Begins an upload.
    pub(super) async fn create_upload(
        &self,
        at: Place,
        headers: &HeaderMap,
        acl: Acl,
    ) -> Result<Upload, Refusal> {
        self.check_write(&at, &WriteCondition::default()).await?;
        let details =
            UploadDetails { headers: kept_headers(headers)?, acl, checksum: Plan::from_headers(headers)? };
        let id = Uuid::new_v4().simple().to_string();
        let upload = Upload { id, key: at.key, initiated: now(), details, completed: None };
        self.change(Change::CreateUpload { bucket: at.bucket, upload: upload.clone() }).await?;
        Ok(upload)
    }

    /// An upload that can still be added to.
    pub(super) async fn open_upload(&self, at: &Place, id: &str) -> Result<Upload, Refusal> {
        let upload = self.index.upload(&at.bucket, &at.key, id).await?;
        if upload.completed.is_some() { Err(Refusal::NoSuchUpload) } else { Ok(upload) }
    }

    /// Makes a received blob a part of an upload.
    pub(super) async fn put_part(
        &self,
        at: Place,
        upload: String,
        number: i32,
        received: Received,
    ) -> Result<Part, Refusal> {
        let segment = received.segment();
        let details = PartDetails { md5: hex::encode(received.md5), checksum: received.checksum, segment };
        let part = Part { number, modified: now(), details };
        self.change_with(Change::PutPart { at, upload, part: part.clone() }, vec![received.blob]).await?;
        Ok(part)
    }

    /// Makes the listed parts an object and ends the upload. Asked again, as after a lost answer, it answers again.
    pub(super) async fn complete_upload(
        &self,
        at: Place,
        id: &str,
        listed: &[CompletedPart],
        promised: Promised,
        condition: WriteCondition,
    ) -> Result<(String, Option<Checksum>), Refusal> {
        let upload = self.index.upload(&at.bucket, &at.key, id).await?;
        if let Some(etag) = upload.completed {
            return self.completed(&at, etag).await;
        }
        self.check_write(&at, &condition).await?;
        let stored = self.index.parts(id, 0, usize::try_from(MAX_PARTS).unwrap_or_default()).await?;
        let parts = choose(&stored, listed)?;
        let object = self.assemble(upload.details, &parts).await?;
        promised.check(&object)?;
        let answer = (object.etag.clone(), object.details.checksum.clone());
        self.change(Change::CompleteUpload { at, upload: id.to_owned(), object, condition }).await?;
        Ok(answer)
    }

    async fn completed(&self, at: &Place, etag: String) -> Result<(String, Option<Checksum>), Refusal> {
        match self.index.object(&at.bucket, &at.key).await {
            Ok(object) if object.etag == etag => Ok((etag, object.details.checksum)),
            Ok(_) | Err(Refusal::NoSuchKey) => Err(Refusal::NoSuchUpload),
            Err(refusal) => Err(refusal),
        }
    }

    async fn assemble(&self, upload: UploadDetails, parts: &[Part]) -> Result<Object, Refusal> {
        let checksum = match upload.checksum {
            Some(plan) => self.checksum(plan, parts).await?,
            None => None,
        };
        let segments: Vec<_> = parts.iter().map(|part| part.details.segment).collect();
        let size = segments.iter().map(|segment| segment.size).sum();
        let details = Details { headers: upload.headers, acl: upload.acl, checksum, segments };
        Ok(Object { size, etag: etag(parts)?, modified: now(), details })
    }

    async fn checksum(&self, plan: Plan, parts: &[Part]) -> Result<Option<Checksum>, Refusal> {
        if plan.coverage == Coverage::Composite {
            return composite(plan.algorithm, parts);
        }
        let segments: Vec<_> = parts.iter().map(|part| part.details.segment).collect();
        let store = self.clone();
        let value = blocking(move || {
            let mut hasher = plan.algorithm.hasher();
            for segment in segments {
                store.hash_segment(segment, |bytes| hasher.update(bytes))?;
            }
            Ok(plan.algorithm.value(hasher))
        })
        .await?;
        Ok(Some(Checksum { algorithm: plan.algorithm, coverage: Coverage::Full, value }))
    }
}

/// What the request that completes an upload says about the object.
pub(super) struct Promised {
    /// `x-amz-mp-object-size`.
    pub(super) size: Option<u64>,
    /// The value of an `x-amz-checksum-` header.
    pub(super) checksum: Option<String>,
}

impl Promised {
    /// Reads the promises out of the request's headers.
    pub(super) fn from_headers(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let checksums = Algorithm::ALL.into_iter().find_map(|algorithm| text(algorithm.header()));
        Self {
            size: text("x-amz-mp-object-size").and_then(|size| size.parse().ok()),
            checksum: checksums.map(str::to_owned),
        }
    }

    fn check(&self, object: &Object) -> Result<(), Refusal> {
        if self.size.is_some_and(|size| size != object.size) {
            return Err(Refusal::InvalidRequest(
                "The provided x-amz-mp-object-size does not match the parts.",
            ));
        }
        let bare = |value: &str| value.split('-').next().unwrap_or_default().to_owned();
        match (&self.checksum, &object.details.checksum) {
            (Some(promised), Some(found)) if bare(promised) != bare(&found.value) => {
                Err(Refusal::BadDigest(found.algorithm.name()))
            }
            _ => Ok(()),
        }
    }
}

/// The stored parts that a completion lists, checked by S3's rules.
fn choose(stored: &[Part], listed: &[CompletedPart]) -> Result<Vec<Part>, Refusal> {
    if listed.is_empty() {
        return Err(Refusal::InvalidRequest("You must specify at least one part"));
    }
    let mut chosen: Vec<Part> = Vec::with_capacity(listed.len());
    for wanted in listed {
        let number = wanted.part_number.ok_or(Refusal::InvalidPart)?;
        if chosen.last().is_some_and(|last| last.number >= number) {
            return Err(Refusal::InvalidPartOrder);
        }
        let found =
            stored.binary_search_by_key(&number, |part| part.number).map_err(|_| Refusal::InvalidPart)?;
        let part = &stored[found];
        let same_etag = wanted.e_tag.as_ref().is_none_or(|etag| etag.value() == part.details.md5);
        if !same_etag || !same_checksum(wanted, part) {
            return Err(Refusal::InvalidPart);
        }
        chosen.push(part.clone());
    }
    let (_, all_but_last) = chosen.split_last().ok_or(Refusal::InvalidPart)?;
    if all_but_last.iter().any(|part| part.details.segment.size < MIN_PART_BYTES) {
        return Err(Refusal::EntityTooSmall);
    }
    Ok(chosen)
}

fn same_checksum(wanted: &CompletedPart, part: &Part) -> bool {
    let Some(checksum) = &part.details.checksum else { return true };
    let wanted = match checksum.algorithm {
        Algorithm::Crc32 => &wanted.checksum_crc32,
        Algorithm::Crc32c => &wanted.checksum_crc32c,
        Algorithm::Crc64nvme => &wanted.checksum_crc64nvme,
        Algorithm::Sha1 => &wanted.checksum_sha1,
        Algorithm::Sha256 => &wanted.checksum_sha256,
    };
    wanted.as_ref().is_none_or(|value| *value == checksum.value)
}

/// `<MD5 of the parts' MD5s>-<number of parts>`.
fn etag(parts: &[Part]) -> Result<String, Refusal> {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(hex::decode(&part.details.md5).map_err(|error| Refusal::Internal(error.into()))?);
    }
    Ok(format!("{}-{}", hex::encode(md5.finalize()), parts.len()))
}

/// The checksum of the parts' checksums, if every part has one.
fn composite(algorithm: Algorithm, parts: &[Part]) -> Result<Option<Checksum>, Refusal> {
    let mut hasher = algorithm.hasher();
    for part in parts {
        let Some(checksum) = part.details.checksum.as_ref().filter(|sum| sum.algorithm == algorithm) else {
            return Ok(None);
        };
        hasher.update(&STANDARD.decode(&checksum.value).map_err(|error| Refusal::Internal(error.into()))?);
    }
    let value = format!("{}-{}", algorithm.value(hasher), parts.len());
    Ok(Some(Checksum { algorithm, coverage: Coverage::Composite, value }))
}

#[cfg(test)]
mod tests {
    use s3s::dto::{CompletedPart, ETag};

    use super::{MIN_PART_BYTES, Part, PartDetails, Refusal, choose, etag};
    use crate::s3::object::{Segment, now};

    fn part(number: i32, size: u64) -> Part {
        let blob = serde_json::from_str("\"00000000000000000000000000000000\"").unwrap();
        let md5 = format!("{number:032x}");
        Part {
            number,
            modified: now(),
            details: PartDetails { md5, checksum: None, segment: Segment { blob, size } },
        }
    }

    fn listed(numbers: &[i32]) -> Vec<CompletedPart> {
        let entry = |number: &i32| CompletedPart {
            part_number: Some(*number),
            e_tag: Some(ETag::Strong(format!("{number:032x}"))),
            ..CompletedPart::default()
        };
        numbers.iter().map(entry).collect()
    }

    #[test]
    fn parts_are_taken_as_listed_and_no_others() {
        let stored = [part(1, MIN_PART_BYTES), part(2, MIN_PART_BYTES), part(7, 1)];
        let chosen = choose(&stored, &listed(&[1, 7])).unwrap();
        assert_eq!(chosen.iter().map(|part| part.number).collect::<Vec<_>>(), [1, 7]);
    }

    #[test]
    fn lists_that_break_the_rules_are_refused() {
        let stored = [part(1, MIN_PART_BYTES), part(2, MIN_PART_BYTES - 1), part(3, 1)];
        assert!(matches!(choose(&stored, &listed(&[])), Err(Refusal::InvalidRequest(_))));
        assert!(matches!(choose(&stored, &listed(&[2, 1])), Err(Refusal::InvalidPartOrder)));
        assert!(matches!(choose(&stored, &listed(&[1, 1])), Err(Refusal::InvalidPartOrder)));
        assert!(matches!(choose(&stored, &listed(&[1, 4])), Err(Refusal::InvalidPart)));
        assert!(matches!(choose(&stored, &listed(&[1, 2, 3])), Err(Refusal::EntityTooSmall)));
        let mut wrong = listed(&[1]);
        wrong[0].e_tag = Some(ETag::Strong("other".into()));
        assert!(matches!(choose(&stored, &wrong), Err(Refusal::InvalidPart)));
        assert!(choose(&stored, &listed(&[1, 2])).is_ok());
    }

    #[test]
    fn the_etag_is_the_md5_of_the_md5s() {
        // printf '%032x' 1 | xxd -r -p | md5sum
        let expected: [u8; 16] =
            <md5::Md5 as md5::Digest>::digest(hex::decode(format!("{:032x}", 1)).unwrap()).into();
        assert_eq!(etag(&[part(1, 5)]).unwrap(), format!("{}-1", hex::encode(expected)));
    }
}
