//! Google Drive, with every call counted: what came of it, and what it cost of the quota.

use client::{
    Secret,
    drive::{self, Children, Download, DriveRef, Error, File, FilePage, Reason},
    trace::{self, Kind},
};

use super::{
    Metrics,
    catalogue::{DRIVE_CALLS, DRIVE_UNITS},
};

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A page of a folder: `files.list`.
    List,
    /// The record of one file: `files.get`.
    Record,
    /// The bytes of one: `alt=media`.
    Download,
}

impl Call {
    /// What it costs, by Google's price list.
    pub const fn units(self) -> u32 {
        match self {
            Self::List => 100,
            Self::Record => 5,
            Self::Download => 200,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Record => "record",
            Self::Download => "download",
        }
    }

    const fn span_name(self) -> &'static str {
        match self {
            Self::List => "Drive list",
            Self::Record => "Drive record",
            Self::Download => "Drive download",
        }
    }
}

/// [`drive::Client`], counted. Clones share their connections.
#[derive(Debug, Clone)]
pub struct CountedDrive {
    client: drive::Client,
    metrics: Metrics,
}

impl CountedDrive {
    /// A client of the API at `base`, as [`drive::Client::new`].
    ///
    /// # Panics
    /// Never in practice, as there.
    pub fn new(base: url::Url, key: Option<Secret>, metrics: Metrics) -> Self {
        let calls = [Call::List, Call::Record, Call::Download].map(Call::name);
        let results = ["ok"].into_iter().chain(Reason::ALL.map(Reason::code));
        metrics.from_zero(&DRIVE_CALLS, results.flat_map(|result| calls.map(|call| [call, result])));
        metrics.from_zero(&DRIVE_UNITS, calls.map(|call| [call]));
        Self { client: drive::Client::new(base, key), metrics }
    }

    /// One page of the children of `folder`, in a stable order; trashed ones never.
    pub async fn list_children(
        &self,
        folder: &DriveRef,
        children: Children,
        page_token: Option<&str>,
    ) -> Result<FilePage, Error> {
        self.count(Call::List, self.client.list_children(folder, children, page_token)).await
    }

    /// The record of one file or folder.
    pub async fn get(&self, file: &DriveRef) -> Result<File, Error> {
        self.count(Call::Record, self.client.get(file)).await
    }

    /// The bytes of a file from `offset` on. The answer is checked to start there (200 only for offset 0).
    pub async fn download(&self, file: &DriveRef, offset: u64) -> Result<Download, Error> {
        self.count(Call::Download, self.client.download(file, offset)).await
    }

    async fn count<T>(&self, call: Call, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let span = trace::child(Kind::Client, call.span_name());
        let answer = answer.await;
        let result = answer.as_ref().map_or_else(|error| error.reason.code(), |_| "ok");
        if let Some(span) = span {
            span.active().set("drive.result", result);
            if answer.is_err() {
                span.active().fail(result);
            }
        }
        self.metrics.counter(&DRIVE_CALLS, &[call.name(), result]).increment(1);
        self.metrics.counter(&DRIVE_UNITS, &[call.name()]).increment(call.units().into());
        answer
    }
}
