//! The description itself.
#![expect(dead_code, reason = "operations are documentation; what answers is the router")]

/// This document
///
/// OpenAPI 3.1, made of the code that answers.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "system",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json"))
)]
fn openapi_document() {}

/// This document as a page
///
/// To read, and to try the API. It needs no other host.
#[utoipa::path(
    get,
    path = "/api/docs",
    tag = "system",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
fn openapi_page() {}

/// A file of the page
#[utoipa::path(
    get,
    path = "/api/docs/{file}",
    tag = "system",
    params(("file" = String, Path, description = "Its name.", example = "swagger-ui.css")),
    responses((status = 200, description = "The file.", content(
        (String = "text/css"),
        (String = "text/javascript"),
        ("image/png"),
    )))
)]
fn openapi_page_file() {}
