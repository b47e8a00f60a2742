//! Every path of the service. What is below `/objects` is internal, but for what a key is asked for by `GET`.

mod checksum_object;
mod delete;
mod get_object;
mod get_thumbnail;
mod list_objects;
mod locate_object;
mod put_object;
mod resolve_paths;
mod stat_object;
mod upload;

use axum::{
    Router,
    routing::{get, post, put},
};

use crate::App;

/// All routes but health.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/upload", post(upload::upload))
        .route("/objects", get(list_objects::list_objects))
        .route("/objects/{key}", put(put_object::put_object).get(get_object::get_object))
        .route("/objects/{key}/thumbnail", get(get_thumbnail::get_thumbnail))
        .route("/objects/checksum", post(checksum_object::checksum_object))
        .route("/objects/locate", post(locate_object::locate_object))
        .route("/objects/resolve", post(resolve_paths::resolve_paths))
        .route("/objects/stat", post(stat_object::stat_object))
        .route("/delete", post(delete::delete_object))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(app)
}
