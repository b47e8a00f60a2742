//! The whole truth after a run: what Drive holds, what the rows say, what lies in the bucket, what the jobs counted, and
//! what is still in the queue.

mod left_over;

use std::{collections::BTreeMap, time::Duration};

use client::import::{JobState, JobStatus};
use md5::{Digest, Md5};

use crate::{Stack, bucket::BUCKET, wait_for};

/// How long objects that were released may stay: a delete that a killed metadata service had in hand is somebody else's
/// after two minutes.
const CLEAN_UP: Duration = Duration::from_secs(180);

impl Stack {
    /// Checks that rows and objects are exactly `expected` (Drive id → bytes): each file one row and one object with
    /// equal bytes, and no object without a row.
    ///
    /// # Panics
    /// When anything is missing, damaged, doubled or left over.
    pub async fn assert_stored_exactly(&self, expected: &BTreeMap<String, Vec<u8>>) {
        let expected = expected.iter().map(|(id, bytes)| (id.clone(), Sum::of(bytes))).collect();
        self.assert_stored(&expected).await;
    }

    /// The same by length and MD5.
    ///
    /// # Panics
    /// When anything is missing, damaged, doubled or left over.
    pub async fn assert_stored(&self, expected: &BTreeMap<String, Sum>) {
        let images = self.images().await;
        let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
        for image in &images {
            *rows.entry(&image.google_drive_id).or_default() += 1;
        }
        let missing: Vec<_> = expected.keys().filter(|id| !rows.contains_key(id.as_str())).collect();
        let unexpected: Vec<_> = rows.keys().filter(|id| !expected.contains_key(**id)).collect();
        let doubled: Vec<_> = rows.iter().filter(|(_, count)| **count > 1).collect();
        assert!(
            missing.is_empty() && unexpected.is_empty() && doubled.is_empty(),
            "rows missing: {missing:?}, unexpected: {unexpected:?}, doubled: {doubled:?}"
        );
        let mut keys = Vec::new();
        for image in &images {
            let answer = self.http.get(&image.storage_path).send().await.expect("the bucket answers");
            assert_eq!(answer.status().as_u16(), 200, "{} ({})", image.storage_path, image.google_drive_id);
            let stored = Sum::of(&answer.bytes().await.expect("the bucket answers whole"));
            assert_eq!(stored, expected[&image.google_drive_id], "{}: stored bytes differ", image.name);
            assert_eq!(image.size_bytes(), Some(stored.size_bytes), "{}", image.name);
            keys.push(key_of(&image.storage_path));
        }
        // rows of equal bytes may share an object; any others cannot, for each was compared with its own
        keys.sort();
        keys.dedup();
        let look = || async { self.bucket.objects().await.into_keys().collect::<Vec<_>>() };
        let is_exact = |seen: &Vec<String>| *seen == keys;
        let orphans = || async {
            let left: Vec<_> =
                look().await.into_iter().filter(|key| keys.binary_search(key).is_err()).collect();
            left
        };
        wait_for("no object is left without a row", CLEAN_UP, orphans, Vec::is_empty).await;
        wait_for("the bucket holds the rows' objects", CLEAN_UP, look, is_exact).await;
    }

    /// What Drive holds now, by id, of these files: as any client downloads it.
    ///
    /// # Panics
    /// When Drive does not hand one out.
    pub async fn truth<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> BTreeMap<String, Sum> {
        let mut truth = BTreeMap::new();
        for id in ids {
            let url = format!("{}/files/{id}?alt=media", self.drive.url);
            let request = self.http.get(url).header("x-goog-api-key", super::stack::API_KEY);
            let answer = request.send().await.expect("Drive answers");
            assert_eq!(answer.status().as_u16(), 200, "{id}");
            truth.insert(id.clone(), Sum::of(&answer.bytes().await.expect("Drive answers whole")));
        }
        truth
    }
}

/// Length and MD5 of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The length.
    pub size_bytes: u64,
    /// In hexadecimal.
    pub md5: String,
}

impl Sum {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { size_bytes: bytes.len() as u64, md5: hex::encode(Md5::digest(bytes)) }
    }
}

/// Checks that a job has completed, that all of its `total` images are stored, and that its counters say so.
///
/// # Panics
/// When one failed, was cancelled, or was counted wrongly.
pub fn assert_all_stored(job: &JobStatus, total: usize) {
    assert_counted(job);
    let counts = (job.total, job.processed.as_u64(), job.failed.as_u64(), job.cancelled);
    assert_eq!(counts, (total as u64, Some(total as u64), Some(0), 0), "{:?}", job.failures);
    assert_eq!(job.state, Some(JobState::Completed));
}

/// Checks that every image of a job that has ended is counted once.
///
/// # Panics
/// When the sum is wrong.
pub fn assert_counted(job: &JobStatus) {
    let (processed, failed) = (job.processed.as_u64(), job.failed.as_u64());
    let sum = processed.expect("whole") + failed.expect("whole") + job.cancelled;
    assert_eq!(sum, job.total, "processed {processed:?}, failed {failed:?}, cancelled {}", job.cancelled);
    assert!(job.state.is_some_and(JobState::is_final), "{:?}", job.state);
    assert_eq!(job.status, "completed");
}

/// The key in a public URL of the test bucket.
fn key_of(storage_path: &str) -> String {
    let path = url::Url::parse(storage_path).expect("rows hold URLs").path().to_owned();
    let encoded = path.strip_prefix(&format!("/{BUCKET}/")).expect("URLs name the bucket");
    percent_encoding::percent_decode_str(encoded).decode_utf8().expect("keys are Unicode").into_owned()
}
