//! Several rows that go in one transaction.

use super::{Change, Delete, ObjectFate, Outcome, Steps};
use crate::store::Result;

/// Drops rows.
#[derive(Debug, Clone)]
pub(crate) struct DeleteMany {
    /// Their numbers, ascending: two who drop the same rows then wait for one another in turn.
    pub(crate) ids: Vec<i64>,
    /// What becomes of their objects.
    pub(crate) object: ObjectFate,
}

/// The numbers of the rows that were there.
#[derive(Debug)]
pub(crate) struct Deleted(pub(crate) Vec<i64>);

impl Outcome for Deleted {
    fn is_to_be_kept(&self) -> bool {
        !self.0.is_empty()
    }
}

impl Change for DeleteMany {
    type Done = Deleted;

    async fn apply<S: Steps>(&self, steps: &mut S) -> Result<Deleted> {
        let mut deleted = Vec::new();
        for &id in &self.ids {
            if (Delete { id, object: self.object }).apply(steps).await? {
                deleted.push(id);
            }
        }
        Ok(Deleted(deleted))
    }
}
