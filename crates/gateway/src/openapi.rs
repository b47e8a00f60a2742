//! The API as a document: OpenAPI 3.1 of everything under `/api`, made of the wire types and of one documented operation
//! per route, and a page to read and try it.
//!
//! An operation is a function without a body: what answers is the service that the route goes to. What all operations
//! answer alike stands in [`answers`] alone. A test holds document and routes together.

mod answers;
mod codes;
mod images;
mod import;
mod objects;
mod page;
mod stats;
mod system;
mod tidy;

use std::sync::LazyLock;

use axum::{
    Router,
    body::Bytes,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use service::extract::Path;
use utoipa::OpenApi;

use self::{answers::Common, codes::Codes, tidy::AbsentIsNotNull};

/// Where the document is.
const DOCUMENT_PATH: &str = "/api/openapi.json";
/// Where the page is.
const PAGE_PATH: &str = "/api/docs";
/// Where the files of the page are.
const FILE_PATH: &str = "/api/docs/{file}";

/// What the system is, for who reads the document.
const DESCRIPTION: &str = "Copies the images of public Google Drive folders to S3, records them in a database, and \
    serves them.\n\nStart with `POST /api/import/google-drive`: it answers with a job, which \
    `GET /api/import/jobs/{job_id}` and `GET /api/import/events/{job_id}` follow to its end. Its images are in \
    `GET /api/images`.\n\nEvery error has the same body: `error` for a person, `code` for programs, `request_id` to find \
    it in the logs, as in the header `X-Request-Id`. Every `GET` answers `HEAD` too, and every path `OPTIONS`. Fields, parameters and paths may be added: \
    ignore what you do not know.";

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Image Import System", description = DESCRIPTION),
    tags(
        (name = "import", description = "Imports, and the jobs that do them."),
        (name = "images", description = "What was imported: rows of the database."),
        (name = "objects", description = "The images themselves, and small pictures of them."),
        (name = "stats", description = "Numbers over all images."),
        (name = "system", description = "This description."),
    ),
    paths(
        import::start_import,
        import::preview_import,
        import::job_status,
        import::job_events,
        import::list_jobs,
        import::show_job,
        import::cancel_job,
        import::retry_job,
        import::list_failures,
        images::list_images,
        images::all_images,
        images::count_images,
        images::image_histogram,
        images::delete_images,
        images::get_image,
        images::delete_image,
        objects::get_object,
        objects::get_thumbnail,
        stats::stats,
        system::openapi_document,
        system::openapi_page,
        system::openapi_page_file,
    ),
    components(schemas(client::ErrorBody)),
    modifiers(&Common, &Codes, &AbsentIsNotNull)
)]
struct Document;

/// The document as JSON, written once.
static JSON: LazyLock<Bytes> = LazyLock::new(|| {
    let text = Document::openapi().to_pretty_json();
    (text.expect("a document of texts and numbers is JSON") + "\n").into()
});

/// Whether a path is that of the page, or of a file of it.
pub(crate) fn is_page(path: &str) -> bool {
    let rest = path.strip_prefix(PAGE_PATH);
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('/').is_some_and(|name| !name.contains('/')))
}

/// The routes of the document and of its page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(DOCUMENT_PATH, get(document))
        .route(PAGE_PATH, get(async || page::page()))
        .route(FILE_PATH, get(async |Path(name): Path<String>| page::file(&name)))
}

async fn document() -> Response {
    let head = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (head, JSON.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::PathBuf};

    use axum::routing::MethodFilter;
    use serde_json::Value;

    use super::*;
    use crate::routes;

    fn document() -> Value {
        serde_json::from_slice(&JSON).unwrap()
    }

    /// Every operation as its method and path.
    fn operations(document: &Value) -> Vec<(String, String, Value)> {
        let paths = document["paths"].as_object().unwrap();
        let of_path = |(path, item): (&String, &Value)| {
            let item = item.as_object().unwrap().clone();
            item.into_iter().map(|(method, operation)| (method, path.clone(), operation)).collect::<Vec<_>>()
        };
        paths.iter().flat_map(of_path).collect()
    }

    #[test]
    fn every_route_has_one_operation_and_every_operation_a_route() {
        let own = [DOCUMENT_PATH, PAGE_PATH, FILE_PATH].map(|path| ("get".to_owned(), path.to_owned()));
        let routes: BTreeSet<_> = routes::table()
            .map(|route| {
                let known = [MethodFilter::GET, MethodFilter::POST, MethodFilter::DELETE];
                let place = known.iter().position(|known| *known == route.method).unwrap();
                (["get", "post", "delete"][place].to_owned(), route.path.to_owned())
            })
            .chain(own)
            .collect();
        let documented: BTreeSet<_> =
            operations(&document()).into_iter().map(|(method, path, _)| (method, path)).collect();
        assert_eq!(documented, routes);
    }

    #[test]
    fn every_operation_says_what_it_is_and_has_a_name_of_its_own() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0");
        let mut names = BTreeSet::new();
        for (method, path, operation) in operations(&document) {
            let text = |name: &str| operation[name].as_str().unwrap_or_default().to_owned();
            assert!(!text("summary").is_empty(), "{method} {path}");
            assert!(names.insert(text("operationId")), "{method} {path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{method} {path} {parameter}");
            }
            let placeholders = path.matches('{').count();
            let in_path = operation["parameters"].as_array().into_iter().flatten();
            assert_eq!(in_path.filter(|one| one["in"] == "path").count(), placeholders, "{method} {path}");
            let with_body: &[&str] = if method == "post" { &["408", "413", "415"] } else { &[] };
            for status in ["400", "401", "405", "414", "429", "431", "503"].iter().chain(with_body) {
                assert!(operation["responses"][*status].is_object(), "{method} {path} {status}");
            }
        }
    }

    #[test]
    fn what_may_be_absent_is_never_null() {
        let document = document();
        let image = &document["components"]["schemas"]["Image"];
        assert_eq!(image["properties"]["md5"]["type"], "string");
        assert_eq!(image["properties"]["created_at"]["type"], serde_json::json!(["string", "null"]));
        let required = image["required"].as_array().unwrap();
        assert!(required.contains(&"created_at".into()) && !required.contains(&"md5".into()));
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(fields) => {
                    found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    fields.values().for_each(|value| references(value, found));
                }
                Value::Array(items) => items.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let place = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(place).is_some(), "{reference}");
        }
    }

    /// The copy that the web UI makes its types of.
    fn copy() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../frontend/src/lib/openapi.json")
    }

    #[test]
    fn the_copy_of_the_web_page_is_current() {
        let copy = std::fs::read_to_string(copy()).unwrap_or_default().replace("\r\n", "\n");
        let how = "write it anew: cargo test -p gateway --lib -- --ignored write_the_copy; then npm run types:api in \
                   frontend/";
        assert!(
            copy.as_bytes() == &**JSON,
            "frontend/src/lib/openapi.json is not the API of this code; {how}"
        );
    }

    #[test]
    #[ignore = "writes frontend/src/lib/openapi.json"]
    fn write_the_copy() {
        std::fs::write(copy(), &**JSON).unwrap();
    }
}
