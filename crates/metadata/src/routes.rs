//! Every path of the service.

mod all_images;
mod count_images;
mod create_image;
mod delete_images;
mod image_histogram;
mod known_images;
mod list_images;
mod look_up_objects;
mod one_image;
mod release_object;
mod stats;
mod walk_images;

use axum::{
    Router,
    routing::{get, post},
};

use crate::App;

/// The routes; `/health` and `/ready` are added outside.
pub(crate) fn router(app: App) -> Router {
    let one_image =
        get(one_image::get_image).delete(one_image::delete_image).fallback(one_image::other_method);
    Router::new()
        .route("/images", get(list_images::list_images).post(create_image::create_image))
        .route("/images/all", get(all_images::all_images))
        .route("/images/counts", get(count_images::count_images))
        .route("/images/delete", post(delete_images::delete_images))
        .route("/images/histogram", get(image_histogram::image_histogram))
        .route("/images/known", post(known_images::known_images))
        .route("/images/verify", get(walk_images::walk_images))
        .route("/images/{id}", one_image)
        .route("/objects/lookup", post(look_up_objects::look_up_objects))
        .route("/objects/release", post(release_object::release_object))
        .route("/stats", get(stats::stats))
        .with_state(app)
}
