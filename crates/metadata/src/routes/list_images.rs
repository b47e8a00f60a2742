//! `GET /images`: one page of rows, newest first.

use axum::{extract::State, response::Response};
use service::{ApiError, extract::Query, page::Page};

use crate::{
    App,
    listing::{self, Listing},
};

/// Streams one page, of one provider or of all.
pub(crate) async fn list_images(State(app): State<App>, query: Query) -> Result<Response, ApiError> {
    let page = Page::of(&query);
    let provider = query.get("storage_provider").filter(|provider| !provider.is_empty()).map(str::to_owned);
    let store = app.store().await?;
    let total = store.count(provider.as_deref()).await?;
    // beyond the end nothing needs to be read, however far it is
    let limit = if page.offset() < total { page.rows() } else { 0 };
    let listing = Listing { provider, offset: page.offset(), limit };
    listing::answer(store, listing, move |_| page.members(total)).await
}
