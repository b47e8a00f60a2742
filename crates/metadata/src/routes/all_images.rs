//! `GET /images/all`: every row, newest first.

use axum::{extract::State, response::Response};
use service::ApiError;

use crate::{
    App,
    listing::{self, Listing},
};

/// Streams all rows; `total` is the number of rows sent.
pub(crate) async fn all_images(State(app): State<App>) -> Result<Response, ApiError> {
    let all = Listing { provider: None, offset: 0, limit: u64::MAX };
    let answer = async {
        listing::answer(app.store().await?, all, |sent| format!(r#""success":true,"total":{sent}"#)).await
    };
    answer.await.map_err(|error| error.with("success", false))
}
