//! Pages of a folder, of which some are on their way while others are being written down: Drive lists one, metadata is
//! asked about the one before it.

use std::time::Duration;

use client::drive::{self, FilePage};
use futures::{StreamExt, stream, stream::BoxStream};

use super::{ask::too_late, is_in_top_folder, left_out::why_empty, tree};
use crate::{
    App,
    store::{Job, Page},
};

/// How long one page of a running job may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(90);
/// Pages that are held besides the one that is being written down.
const HELD: usize = 1;

/// The pages of one folder, from one on.
pub(super) struct Ahead {
    /// Where the next page of the folder is.
    token: Option<String>,
    /// That page, if it is here.
    next: Option<Result<Page, drive::Error>>,
    pages: BoxStream<'static, Result<Page, drive::Error>>,
}

impl Ahead {
    /// The pages from where the listing of `job` is.
    pub(super) fn of(app: &App, job: &Job) -> Self {
        let (lists, asks) = (app.clone(), app.clone());
        let listed = stream::unfold(Some(job.clone()), move |job| {
            let app = lists.clone();
            async move {
                let job = job?;
                let page = drive_page(&app, &job).await;
                let token = page.as_ref().ok().and_then(|page| page.next_page_token.clone());
                let next = token.map(|token| Job { page_token: Some(token), ..job });
                Some((page, next))
            }
        });
        let sorted = listed.map(move |page| {
            let app = asks.clone();
            async move { Ok(tree::sorted(&app, page?).await) }
        });
        Self { token: job.page_token.clone(), next: None, pages: sorted.buffered(HELD).boxed() }
    }

    /// True when the page that comes next is the one that `job` needs.
    pub(super) fn fits(&self, job: &Job) -> bool {
        self.token == job.page_token
    }

    /// The next page, which may be waited for.
    pub(super) async fn next(&mut self) -> Result<Page, drive::Error> {
        match self.next.take() {
            Some(page) => page,
            None => self.pages.next().await.unwrap_or_else(|| Err(too_late())),
        }
    }

    /// Waits for the page at `token`, which is the one that comes next.
    pub(super) async fn bring(&mut self, token: String) {
        self.token = Some(token);
        self.next = self.pages.next().await;
    }
}

async fn drive_page(app: &App, job: &Job) -> Result<FilePage, drive::Error> {
    let token = job.page_token.as_deref();
    let call = app.drive.list_children(&job.listing_folder, tree::children(job.recursive), token);
    let page =
        tree::useful(tokio::time::timeout(PAGE_TIMEOUT, call).await.unwrap_or_else(|_| Err(too_late()))?);
    let is_all = token.is_none() && page.next_page_token.is_none();
    if page.files.is_empty() && is_all && !is_in_top_folder(job) {
        tracing::debug!(folder = %job.listing_folder.id, "a subfolder without images");
        why_empty(app, &job.listing_folder).await?;
    }
    Ok(page)
}
