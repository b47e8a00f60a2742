//! What can be mended. Images are stored anew from Drive, under another key, and only when their row names the new object
//! does the old one go. Objects without row go by the metadata service's decision, as always. Every step may run twice,
//! and may be the last one.

use std::time::Duration;

use client::{drive::File, ids::JobId, metadata::ReleaseObject, storage::DeleteObject, worker::RefreshImage};
use futures::{StreamExt as _, stream};

use super::{
    finding::{Finding, Kind, Repair, Row},
    services::Services,
};

/// Images that are stored anew at once; the worker's pacer decides how fast.
const AT_ONCE: usize = 4;
/// Released objects that are waited for.
const WAIT_FOR: usize = 16;
/// How long they are waited for, and how often looked at.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The only provider there is.
const PROVIDER: &str = "aws";

/// Why objects without row may have to stay.
const WRONG_DATABASE: &str = "no row names any of the many objects in this bucket, so this looks like the wrong bucket or \
                              the wrong database; if they are to go, empty the bucket with its own tools";

/// Mends findings.
#[derive(Debug)]
pub(super) struct Repairs {
    services: Services,
    /// Objects without row are not deleted.
    spares_orphans: bool,
    /// The newest objects that were released.
    released: Vec<String>,
}

impl Repairs {
    /// Nothing is mended yet.
    pub(super) fn new(services: Services, spares_orphans: bool) -> Self {
        Self { services, spares_orphans, released: Vec::new() }
    }

    /// Mends what can be mended, and says of each what became of it. What is no fault any more is left out.
    pub(super) async fn mend(&mut self, findings: Vec<Finding>) -> Vec<Finding> {
        let (services, spares_orphans) = (&self.services, self.spares_orphans);
        let mending = stream::iter(findings).map(|finding| async move {
            let repair = match &finding {
                Finding { kind: Kind::InProgress, .. } => return Some(finding),
                Finding { image: Some(row), .. } => refresh(services, &finding, row).await?,
                Finding { .. } if spares_orphans => not_repaired(Some("wrong-database"), WRONG_DATABASE),
                Finding { is_thumbnail: true, .. } => delete_thumbnail(services, &finding).await,
                Finding { .. } => release(services, &finding).await?,
            };
            Some(Finding { repair: Some(repair), ..finding })
        });
        let mended: Vec<_> = mending.buffered(AT_ONCE).filter_map(std::future::ready).collect().await;
        let released = mended
            .iter()
            .filter(|finding| finding.kind == Kind::Orphaned && finding.repair == Some(Repair::Repaired));
        self.released.extend(released.map(|finding| finding.key.clone()));
        let surplus = self.released.len().saturating_sub(WAIT_FOR);
        self.released.drain(..surplus);
        mended
    }

    /// Waits until the objects that were released last are gone; false when that takes too long. They go anyway.
    pub(super) async fn are_gone(self) -> bool {
        let gone = async {
            for key in &self.released {
                while !matches!(self.services.storage.stat_object(key).await, Ok(None)) {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.is_ok()
    }
}

/// None where the image has been deleted meanwhile.
async fn refresh(services: &Services, finding: &Finding, row: &Row) -> Option<Repair> {
    let md5 = finding.expected.as_ref().and_then(|expected| expected.source_md5.clone());
    let refresh = RefreshImage {
        // a name of its own: no try ever writes to the key of another
        job_id: format!("verify-{}", JobId::random()),
        file_data: File {
            id: row.google_drive_id.clone(),
            name: Some(row.name.clone()),
            mime_type: Some(row.mime_type.clone()),
            md5_checksum: md5,
            ..File::default()
        },
        refresh: true,
    };
    match services.worker.refresh_image(&refresh).await {
        Ok(done) if done.image["error"].is_string() => Some(not_repaired(
            None,
            "the row was changed meanwhile, or the worker is too old to store a known image anew; run verify again",
        )),
        Ok(_) => Some(Repair::Repaired),
        Err(error) if is_deleted(services, &error, row).await => None,
        Err(error) => Some(failed(&error)),
    }
}

async fn is_deleted(services: &Services, error: &client::Error, row: &Row) -> bool {
    error.code() == Some("not-known") && matches!(services.metadata.image(row.id).await, Ok(None))
}

/// None where a row names the object after all.
async fn release(services: &Services, finding: &Finding) -> Option<Repair> {
    let release =
        ReleaseObject { storage_path: finding.storage_path.clone(), storage_provider: PROVIDER.to_owned() };
    match services.metadata.release_object(&release).await {
        Ok(Some(done)) => done.released.then_some(Repair::Repaired),
        Ok(None) => {
            Some(not_repaired(None, "the metadata service is the original's, which never deletes objects"))
        }
        Err(error) => Some(failed(&error)),
    }
}

async fn delete_thumbnail(services: &Services, finding: &Finding) -> Repair {
    let delete = DeleteObject { file_path: finding.key.clone(), provider: PROVIDER.to_owned() };
    match services.storage.delete_object(&delete).await {
        Ok(()) => Repair::Repaired,
        Err(error) => failed(&error),
    }
}

fn failed(error: &client::Error) -> Repair {
    let message = match error {
        client::Error::Status { message, .. } => message.clone(),
        client::Error::Unreachable { .. } => {
            format!("{error}; say where it is with --port-base or its *_SERVICE_URL, and run verify again")
        }
        client::Error::Body { .. } => error.to_string(),
    };
    not_repaired(error.code(), &message)
}

fn not_repaired(code: Option<&str>, reason: &str) -> Repair {
    Repair::NotRepaired { code: code.map(str::to_owned), reason: reason.to_owned() }
}
