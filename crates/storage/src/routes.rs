//! Every path of the service.

mod delete;
mod put_object;
mod upload;

use axum::{
    Router,
    routing::{post, put},
};

use crate::App;

/// All routes but health.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/upload", post(upload::upload))
        .route("/objects/{uuid}", put(put_object::put_object))
        .route("/delete", post(delete::delete_object))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(app)
}
