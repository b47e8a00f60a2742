//! The gallery from behind: what rows say, the bytes and thumbnails through the gateway, and that nothing stays of what
//! is deleted.

mod content;
mod counting;
mod deleting;
mod pictures;
mod rows;
mod thumbnails;

pub(crate) use self::pictures::Album;

use client::metadata::Image;
use reqwest::{Response, header::HeaderMap};
use tests::{Stack, StackBuilder, database::Database};

/// A stack before it starts, with a new database.
pub(crate) async fn on(stack: StackBuilder, database: Database) -> (StackBuilder, Vec<(String, String)>) {
    let settings = database.settings().await;
    (settings.iter().fold(stack, |stack, (name, value)| stack.set(name, value)), settings)
}

/// The whole album in a running stack.
pub(crate) async fn imported(stack: StackBuilder, album: &Album) -> Stack {
    let stack = stack.start().await;
    let job = stack.import_whole(Album::FOLDER).await;
    tests::audit::assert_all_stored(&job, album.files.len());
    stack
}

/// The row of a file.
pub(crate) async fn row(stack: &Stack, name: &str) -> Image {
    let mut images = stack.images().await.into_iter();
    images.find(|image| image.name == name).unwrap_or_else(|| panic!("{name} is stored"))
}

/// A path of a row, as a browser asks for it.
pub(crate) async fn get(stack: &Stack, path: &str, headers: &[(&'static str, &str)]) -> Response {
    ask(stack, reqwest::Method::GET, path, headers).await
}

async fn ask(
    stack: &Stack,
    method: reqwest::Method,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Response {
    let url = stack.api.join(path).expect("paths of rows join the API's origin");
    let mut request = stack.http.request(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("the gateway answers")
}

/// A header as text, empty where there is none.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Where the bytes of a row are.
pub(crate) fn content_url(image: &Image) -> &str {
    image.content_url.as_deref().unwrap_or_else(|| panic!("{} has a content_url", image.name))
}

/// Where a small picture of a row is.
pub(crate) fn thumbnail_url(image: &Image) -> &str {
    image.thumbnail_url.as_deref().unwrap_or_else(|| panic!("{} has a thumbnail_url", image.name))
}
