//! What an import of a folder would do, without doing it: bounded in time and memory, whatever is in the folder.

mod tally;

use client::{
    drive::{self, Children, DriveRef, File, FilePage, Reason},
    import::ImportPreview,
};
use tokio::time::Instant;

use self::tally::Tally;
use crate::{
    App,
    listing::{self, Course, Error, Located, locate, tree, with_retries},
    too_many_images,
};

/// Looks at a folder for as long as an import waits for its listing.
pub(crate) async fn look(app: &App, folder: DriveRef, recursive: bool) -> Result<ImportPreview, Error> {
    tokio::select! {
        preview = within_time(app, folder, recursive) => preview,
        () = app.shutdown.stopping() => Err(Error::Stopping),
    }
}

async fn within_time(app: &App, folder: DriveRef, recursive: bool) -> Result<ImportPreview, Error> {
    let preview = looked(app, folder, recursive).await?;
    let too_many = app.config.max_images.filter(|most| preview.images > *most).map(|most| {
        let why = too_many_images::in_folder(most, preview.complete.then_some(preview.images));
        format!("An import is refused. {}", too_many_images::told(&why))
    });
    Ok(ImportPreview { hint: too_many.or(preview.hint), ..preview })
}

async fn looked(app: &App, folder: DriveRef, recursive: bool) -> Result<ImportPreview, Error> {
    let deadline = Instant::now() + app.config.list_wait;
    match locate(app, folder, Children::All).await? {
        Located::Nothing(folder, hint) => {
            let preview = Tally::new(&folder, recursive).finish(name(app, &folder, deadline).await);
            Ok(ImportPreview { hint, ..preview })
        }
        Located::Folder(folder, first) => {
            let look = Look { app, deadline, tally: Tally::new(&folder, recursive) };
            let (name, tally) = tokio::join!(name(app, &folder, deadline), look.at_tree(&folder, first));
            Ok(tally.map_err(Error::Drive)?.finish(name))
        }
    }
}

async fn name(app: &App, folder: &DriveRef, deadline: Instant) -> Option<String> {
    with_retries(app, deadline, || app.drive.get(folder)).await.ok()?.name
}

/// A look at a folder and, perhaps, those below it.
struct Look<'a> {
    app: &'a App,
    deadline: Instant,
    tally: Tally,
}

/// How a look at one folder ended.
enum Seen {
    /// All of it was seen.
    All,
    /// The time was up.
    Some,
}

impl Look<'_> {
    async fn at_tree(mut self, top: &DriveRef, first: FilePage) -> Result<Tally, drive::Error> {
        let mut seen = self.at_folder(top, Some(first)).await?;
        while matches!(seen, Seen::All)
            && let Some(folder) = self.tally.next_folder()
        {
            seen = match self.at_folder(&folder, None).await {
                Ok(seen) => seen,
                Err(error) if error.reason.is_configuration() => return Err(error),
                Err(error) => {
                    tracing::info!(%error, folder = %folder.id, "a subfolder cannot be looked at");
                    self.tally.leave_out();
                    Seen::All
                }
            };
        }
        if matches!(seen, Seen::Some) {
            self.tally.time_is_up();
        }
        Ok(self.tally)
    }

    async fn at_folder(&mut self, folder: &DriveRef, first: Option<FilePage>) -> Result<Seen, drive::Error> {
        let mut token = match first {
            Some(page) => self.add(page).await,
            None => match self.first_page(folder).await? {
                Some(page) => self.add(page).await,
                None => return Ok(Seen::Some),
            },
        };
        let mut course = Course::default();
        while let Some(next) = token {
            let seen = self.tally.seen();
            match self.page(folder, Some(&next)).await? {
                Some(page) => token = self.add(page).await,
                None => return Ok(Seen::Some),
            }
            let after = self.tally.seen();
            if course.follow(token.as_deref(), after > seen, after).is_err() {
                return Ok(Seen::Some);
            }
        }
        self.tally.folder_is_done();
        Ok(Seen::All)
    }

    /// The first page of a subfolder, which may be none that everybody may see.
    async fn first_page(&self, folder: &DriveRef) -> Result<Option<FilePage>, drive::Error> {
        let page = self.page(folder, None).await?;
        if page.as_ref().is_some_and(|page| page.files.is_empty() && page.next_page_token.is_none()) {
            match listing::why_empty(self.app, folder).await {
                Err(error) if error.reason.is_retryable() => return Ok(None),
                empty => empty?,
            }
        }
        Ok(page)
    }

    /// `None` when the time is up, or Drive will not answer before it is.
    async fn page(&self, folder: &DriveRef, token: Option<&str>) -> Result<Option<FilePage>, drive::Error> {
        if Instant::now() >= self.deadline {
            return Ok(None);
        }
        let list = || self.app.drive.list_children(folder, Children::All, token);
        match with_retries(self.app, self.deadline, list).await {
            Ok(page) => Ok(Some(tree::useful(page))),
            // somebody waits for the answer: what is known is better than an error
            Err(error) if error.reason.is_retryable() || error.reason == Reason::PageTokenRefused => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Counts a page; where the next one is.
    async fn add(&mut self, page: FilePage) -> Option<String> {
        let images = self.tally.add(page.files);
        self.compare(&images).await;
        page.next_page_token
    }

    /// Asks metadata which images are there already.
    async fn compare(&mut self, images: &[File]) {
        if images.is_empty() || !self.tally.compares() {
            return;
        }
        let ids: Vec<&str> = images.iter().map(|image| image.id.as_str()).collect();
        let asked = tokio::time::timeout_at(self.deadline, self.app.metadata.known_images(&ids)).await;
        match asked {
            Ok(Ok(Some(rows))) => self.tally.add_known(images, &rows),
            // the original's, which cannot tell
            Ok(Ok(None)) => self.tally.cannot_compare(),
            Ok(Err(error)) => {
                tracing::warn!(%error, "metadata does not say which images are known");
                self.tally.cannot_compare();
            }
            Err(_) => self.tally.cannot_compare(),
        }
    }
}
