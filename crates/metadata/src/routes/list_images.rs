//! `GET /images`: one page of rows, newest first unless another order is asked for.

use axum::{extract::State, response::Response};
use service::{ApiError, extract::Query, page::Page};

use crate::{
    App, cursor,
    filters::{self, Filters},
    listing::{self, Listing, Sent},
    search::Search,
    store::{Order, Start},
};

/// Streams one page. With `cursor`, it is the one behind that place; else the one of that number.
pub(crate) async fn list_images(State(app): State<App>, query: Query) -> Result<Response, ApiError> {
    let page = Page::of(&query);
    let filters = Filters::of(&query);
    let order = filters::order_of(&query)?;
    let start = match query.get("cursor").filter(|cursor| !cursor.is_empty()) {
        Some(text) => Start::After(cursor::read(&filters, order, text)?),
        None => Start::Offset(page.offset()),
    };
    let store = app.store().await?;
    let total = if filters.part.is_none() { store.count(filters.equal.filter()).await? } else { None };
    let is_beyond = matches!((&start, total), (Start::Offset(offset), Some(total)) if *offset >= total);
    let limit = if is_beyond { 0 } else { page.rows() };
    let search = Search::open(store, filters.clone(), order, start.clone()).await?;
    let urls = app.urls.clone();
    listing::answer(Listing { search, limit, urls }, move |sent| {
        let total = total.or_else(|| counted_by_reading(&start, sent));
        members(&page, total, &filters, order, sent)
    })
    .await
}

/// The number of rows, where the last page was read and it is known how many came before it.
fn counted_by_reading(start: &Start, sent: &Sent) -> Option<u64> {
    match start {
        Start::Offset(before) if sent.next.is_none() && (*before == 0 || sent.rows > 0) => {
            Some(before.saturating_add(sent.rows))
        }
        _ => None,
    }
}

fn members(page: &Page, total: Option<u64>, filters: &Filters, order: Order, sent: &Sent) -> String {
    let numbers = page.members_of(total);
    let next = sent.next.as_ref().map(|at| cursor::write(filters, order, at));
    // base64: nothing in it needs escaping
    let next = next.map_or("null".to_owned(), |cursor| format!(r#""{cursor}""#));
    format!(r#"{numbers},"total_is_exact":{},"next_cursor":{next}"#, total.is_some())
}
