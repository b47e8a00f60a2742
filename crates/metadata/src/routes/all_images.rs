//! `GET /images/all`: every row, newest first.

use axum::{extract::State, response::Response};
use service::ApiError;

use crate::{
    App,
    filters::Filters,
    listing::{self, Listing},
    search::Search,
    store::{Order, Start},
};

/// Streams all rows; `total` is the number of rows sent.
pub(crate) async fn all_images(State(app): State<App>) -> Result<Response, ApiError> {
    stream(app).await.map_err(|error| error.with("success", false))
}

async fn stream(app: App) -> Result<Response, ApiError> {
    let store = app.store().await?;
    let search = Search::open(store, Filters::default(), Order::NEWEST_FIRST, Start::Offset(0)).await?;
    let all = Listing { search, limit: u64::MAX, urls: app.urls };
    listing::answer(all, |sent| format!(r#""success":true,"total":{}"#, sent.rows)).await
}
