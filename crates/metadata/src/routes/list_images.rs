//! `GET /images`: one page of rows, newest first unless another order is asked for.

use axum::{body::Bytes, extract::State, response::Response};
use service::{ApiError, extract::Query, page::Page};

use crate::{
    App, cursor,
    filters::{self, Filters},
    listing::{self, ListError, Listing, Sent},
    search::Search,
    store::{Order, Start, StoreError},
};

/// What is asked for.
#[derive(Debug, Clone)]
struct Asked {
    page: Page,
    filters: Filters,
    order: Order,
    start: Start,
}

/// Streams one page. With `cursor`, it is the one behind that place; else the one of that number.
pub(crate) async fn list_images(State(app): State<App>, query: Query) -> Result<Response, ApiError> {
    let asked = Asked::of(&query)?;
    if !asked.is_what_everybody_asks() {
        let (listing, total) = asked.open(&app).await?;
        return listing::answer(listing, move |sent| asked.members(total, sent)).await;
    }
    let (pages, page) = (app.pages.clone(), asked.page.clone());
    let whole = pages.of(page, move || read(app.clone(), asked.clone())).await;
    let gave_up = || ApiError::internal("internal", "The page could not be read.");
    Ok(listing::json(whole.ok_or_else(gave_up)??.into()))
}

async fn read(app: App, asked: Asked) -> Result<Bytes, ListError> {
    let (listing, total) = asked.open(&app).await?;
    listing::whole(listing, |sent| asked.members(total, sent)).await
}

impl Asked {
    fn of(query: &Query) -> Result<Self, ApiError> {
        let page = Page::of(query);
        let filters = Filters::of(query);
        let order = filters::order_of(query)?;
        let start = match query.get("cursor").filter(|cursor| !cursor.is_empty()) {
            Some(text) => Start::After(cursor::read(&filters, order, text)?),
            None => Start::Offset(page.offset()),
        };
        Ok(Self { page, filters, order, start })
    }

    /// True for a page of the whole list, short enough to be held: the page alone tells what is read.
    fn is_what_everybody_asks(&self) -> bool {
        self.filters == Filters::default()
            && self.order == Order::NEWEST_FIRST
            && matches!(self.start, Start::Offset(_))
            && self.page.rows() < listing::BATCH
    }

    /// The list, and how many rows it has where that is counted.
    async fn open(&self, app: &App) -> Result<(Listing, Option<u64>), StoreError> {
        let store = app.store().await?;
        let total =
            if self.filters.part.is_none() { store.count(self.filters.equal.filter()).await? } else { None };
        let is_beyond =
            matches!((&self.start, total), (Start::Offset(offset), Some(total)) if *offset >= total);
        let limit = if is_beyond { 0 } else { self.page.rows() };
        let search = Search::open(store, self.filters.clone(), self.order, self.start.clone()).await?;
        Ok((Listing { search, limit, urls: app.urls.clone() }, total))
    }

    /// What stands behind the rows.
    fn members(&self, total: Option<u64>, sent: &Sent) -> String {
        let total = total.or_else(|| self.counted_by_reading(sent));
        let numbers = self.page.members_of(total);
        let next = sent.next.as_ref().map(|at| cursor::write(&self.filters, self.order, at));
        // base64: nothing in it needs escaping
        let next = next.map_or("null".to_owned(), |cursor| format!(r#""{cursor}""#));
        format!(r#"{numbers},"total_is_exact":{},"next_cursor":{next}"#, total.is_some())
    }

    /// The number of rows, where the last page was read and it is known how many came before it.
    fn counted_by_reading(&self, sent: &Sent) -> Option<u64> {
        match self.start {
            Start::Offset(before) if sent.next.is_none() && (before == 0 || sent.rows > 0) => {
                Some(before.saturating_add(sent.rows))
            }
            _ => None,
        }
    }
}
